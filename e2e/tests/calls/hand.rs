//! The page in the hand: keys, notches, cameras on both sides, phones that may not ring. Each scene
//! says by which public reports people have suffered of it.

use std::time::{Duration, Instant};

use wimpex_e2e::{CallKind, Peer, Role, Scenario, holds_for, wait_until};

use crate::device_lab::no_longer_says;
use crate::shared::{alice_and_bob, hang_up, in_a_call, scenarios, unfold};

scenarios! {
    FirefoxToo: report_1_a_key_meant_for_something_else_answers_nothing,
    AnyBrowsers: report_16_keys_that_mute_can_be_turned_off,
    AnyBrowsers: a_key_is_changed_and_stays_so,
    // DevTools set what Firefox's driver cannot: the size of a phone.
    Chromium: a_keyboard_covers_nothing_that_is_written,
    // DevTools set what Firefox's driver cannot: notches.
    Chromium: report_19_nothing_lies_under_a_notch,
    // A script of the scene's runs before the page's own, which only DevTools can.
    Chromium: report_20_the_self_view_shows_all_that_is_sent,
    Chromium: the_other_camera_of_a_telephone_is_used,
    Chromium: report_13_a_service_worker_tells_where_the_page_may_not,
    Chromium: report_13_a_page_that_may_not_sound_says_so,
    Chromium: report_22_a_missing_api_is_not_called_insecure,
    FirefoxToo: report_24_a_file_is_saved_after_the_click_is_over,
}

const ENTER: char = '\u{e007}';

/// RocketChat/Rocket.Chat #3470, EionRobb/skype4pidgin #158, nextcloud/spreed #6226.
async fn report_1_a_key_meant_for_something_else_answers_nothing(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    bob.page.fill("Call link or ID", "half a sentence").await;
    let caret = "const box = document.getElementById('whom');
        box.focus(); box.setSelectionRange(4, 4); return true";
    let _: bool = bob.page.evaluate(caret).await;
    alice.call(&link, CallKind::Video).await;
    bob.is_called().await;
    let until = Instant::now() + Duration::from_millis(1500);
    while Instant::now() < until {
        for key in [ENTER, ' '] {
            bob.page.press(key).await;
        }
    }
    bob.is_called().await;
    let now = bob.page.snapshot().await;
    assert_eq!(
        (
            now.captures,
            now.sent_count("call-answer"),
            now.sent_count("call-reject")
        ),
        (0, 0, 0)
    );
    bob.decline().await;
    bob.back_home().await;
    wait_until("the text, with the caret in it", async || {
        let typed = "const box = document.activeElement;
            return [box.id, box.value ?? '', box.selectionStart ?? -1]";
        let found: (String, String, i32) = bob.page.evaluate(typed).await;
        if found == ("whom".to_owned(), "half a sentence".to_owned(), 4) {
            Ok(())
        } else {
            Err(format!("{found:?}"))
        }
    })
    .await;
}

/// jitsi/jitsi-meet #7550, element-hq/element-call PR #749, w3c/wcag21 #69.
async fn report_16_keys_that_mute_can_be_turned_off(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    alice.page.press('?').await;
    alice.page.find(Role::Dialog, "Keyboard shortcuts").await;
    alice
        .page
        .click(Role::Checkbox, "Use single keys in a call")
        .await;
    alice.page.click(Role::Button, "Close").await;
    for key in "maybe video?".chars() {
        alice.page.press(key).await;
    }
    holds_for(Duration::from_millis(500), "nothing is muted", async || {
        let muted = alice.page.find_now(Role::Button, "Unmute").await;
        let off = alice.page.find_now(Role::Button, "Turn camera on").await;
        match (muted, off) {
            (None, None) => Ok(()),
            _ => Err("a key did something".to_owned()),
        }
    })
    .await;
    hang_up(&alice, &bob).await;
    // The choice is this device's, and can be taken back without a call.
    alice.back_home().await;
    unfold(&alice, "Keyboard shortcuts").await;
    let is_on: bool = alice
        .page
        .evaluate("return document.getElementById('shortcuts-on').checked")
        .await;
    assert!(!is_on);
}

/// As on an iPhone, where a keyboard covers the page and nothing is laid out anew.
async fn a_keyboard_covers_nothing_that_is_written(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    alice.page.show_on(390, 844, "light").await;
    alice.page.click(Role::Button, "Chat").await;
    alice.page.find(Role::Textbox, "Message").await;
    let bottom = async |shown: u32| -> f64 {
        let script = format!(
            "Object.defineProperty(visualViewport, 'height', {{ configurable: true, get: () => {shown} }});
             visualViewport.dispatchEvent(new Event('resize'));
             return document.querySelector('textarea').getBoundingClientRect().bottom"
        );
        alice.page.evaluate(&script).await
    };
    let before = bottom(844).await;
    assert!(bottom(508).await < 508.0);
    // It goes as it came.
    assert_eq!(bottom(844).await, before);
    assert!(before > 508.0, "the scene tells nothing");
    hang_up(&alice, &bob).await;
}

/// WCAG 2.1.4: a single key can be another one.
async fn a_key_is_changed_and_stays_so(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    alice.page.press('?').await;
    alice.page.find(Role::Dialog, "Keyboard shortcuts").await;
    alice.page.fill("Key to mute or unmute", "x").await;
    alice.page.click(Role::Button, "Close").await;
    alice
        .page
        .wait_until_gone(Role::Dialog, "Keyboard shortcuts")
        .await;
    alice.page.press('m').await;
    alice.page.press('x').await;
    alice.page.find(Role::Button, "Unmute").await;
    // Had the old one counted too, this would be the second change.
    alice.page.press('x').await;
    alice.page.find(Role::Button, "Mute").await;
    hang_up(&alice, &bob).await;
    alice.page.reload().await;
    alice.at_home().await;
    unfold(&alice, "Keyboard shortcuts").await;
    let kept = alice.page.value("Key to mute or unmute").await;
    assert_eq!(kept.to_lowercase(), "x");
}

/// element-hq/element-ios #1668, element-hq/element-call PR #3903, Techiebutler/freeframe PR #347.
async fn report_19_nothing_lies_under_a_notch(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let ways = [(390, 844, [47, 0, 34, 0]), (844, 390, [0, 47, 21, 47])];
    for (width, height, [top, right, bottom, left]) in ways {
        bob.page.show_on(width, height, "dark").await;
        bob.page.set_safe_area(top, right, bottom, left).await;
        is_safe(
            &bob.page,
            "button, input, h1, h2, .card",
            [top, right, 0, left],
        )
        .await;
    }
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    for (width, height, insets) in ways {
        bob.page.show_on(width, height, "dark").await;
        let [top, right, bottom, left] = insets;
        bob.page.set_safe_area(top, right, bottom, left).await;
        is_safe(&bob.page, "dialog button, dialog h2", insets).await;
    }
    bob.accept().await;
    bob.is_connected().await;
    bob.sees().await;
    for (width, height, insets) in ways {
        bob.page.show_on(width, height, "dark").await;
        let [top, right, bottom, left] = insets;
        bob.page.set_safe_area(top, right, bottom, left).await;
        bob.page.keep_awake().await;
        is_safe(&bob.page, ".caption > *, .own, .round", insets).await;
        let overlap = "const box = (it) => document.querySelector(it).getBoundingClientRect();
            return box('.own').bottom - box('.round').top";
        let overlap: f64 = bob.page.evaluate(overlap).await;
        assert!(
            overlap <= 0.0,
            "the self-view lies {overlap} over the controls"
        );
    }
    hang_up(&alice, &bob).await;
}

/// Each thing that is shown is inside of what a notch leaves of the screen; insets clockwise.
async fn is_safe(page: &wimpex_e2e::Page, things: &str, insets: [u32; 4]) {
    let [top, right, bottom, left] = insets;
    let outside = format!(
        "return [...document.querySelectorAll({things:?})]
            .filter((it) => it.checkVisibility() && it.getBoundingClientRect().width > 0)
            .map((it) => [it.className || it.textContent || it.tagName, it.getBoundingClientRect()])
            .filter(([, box]) => box.left < {left} || box.right > innerWidth - {right} || box.top < {top}
                || ({bottom} > 0 && box.bottom > innerHeight - {bottom}))
            .map(([what, box]) => what + ' ' + JSON.stringify(box))"
    );
    wait_until("everything to be clear of notches", async || {
        let outside: Vec<String> = page.evaluate(&outside).await;
        if outside.is_empty() {
            Ok(())
        } else {
            Err(format!("{outside:#?}"))
        }
    })
    .await;
}

/// A camera of a page's own making, upright as a telephone's.
const UPRIGHT_CAMERA: &str = "
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [360, 640];
    setInterval(() => {
        const paint = canvas.getContext('2d');
        paint.fillStyle = `hsl(${Date.now() / 20 % 360} 60% 50%)`;
        paint.fillRect(0, 0, 360, 640);
    }, 50);
    const native = MediaDevices.prototype.getUserMedia;
    window.asked = [];
    MediaDevices.prototype.getUserMedia = async function (constraints) {
        const facing = constraints.video?.facingMode ?? null;
        if (constraints.video) window.asked.push(facing);
        const stream = await native.call(this, constraints);
        for (const track of stream.getVideoTracks()) {
            stream.removeTrack(track);
            track.stop();
            const upright = canvas.captureStream(20).getVideoTracks()[0];
            upright.getSettings = () => ({ facingMode: facing ?? 'user' });
            stream.addTrack(upright);
        }
        return stream;
    };";

/// deltachat/calls-webapp PR #12, element-hq/element-call #664, nextcloud/talk-android #389.
async fn report_20_the_self_view_shows_all_that_is_sent(scenario: &Scenario<'_>) {
    let (alice, bob) = (
        scenario.peer("Alice").await,
        scenario.unopened_peer("Bob").await,
    );
    bob.page.before_each_load(UPRIGHT_CAMERA).await;
    bob.open().await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.accept().await;
    bob.is_connected().await;
    wait_until("an upright self-view", async || {
        let shape = "const video = document.querySelector('.own video');
            if (!video?.videoWidth) return [0, 9, 0];
            const { width, height } = video.getBoundingClientRect();
            return [width / height, video.videoWidth / video.videoHeight, width]";
        let (shown, sent, width): (f64, f64, f64) = bob.page.evaluate(shape).await;
        if sent < 1.0 && (shown - sent).abs() < 0.02 && width > 60.0 {
            Ok(())
        } else {
            Err(format!("{shown} of {sent}, {width} wide"))
        }
    })
    .await;
    hang_up(&alice, &bob).await;
}

/// InnovateAsterisk/Browser-Phone #346.
async fn the_other_camera_of_a_telephone_is_used(scenario: &Scenario<'_>) {
    let (alice, bob) = (
        scenario.peer("Alice").await,
        scenario.unopened_peer("Bob").await,
    );
    let two_sides = "
        MediaDevices.prototype.enumerateDevices = async () => ['user', 'environment'].map((side) => ({
            kind: 'videoinput', label: '', getCapabilities: () => ({ facingMode: [side] }),
        }));";
    bob.page
        .before_each_load(&format!("{UPRIGHT_CAMERA}{two_sides}"))
        .await;
    bob.open().await;
    alice.call(&bob.link().await, CallKind::Video).await;
    assert!(
        alice
            .page
            .find_now(Role::Button, "Switch camera")
            .await
            .is_none()
    );
    bob.accept().await;
    bob.is_connected().await;
    bob.page.click(Role::Button, "Switch camera").await;
    wait_until("the back camera, unmirrored", async || {
        let state = "return [window.asked, document.querySelector('.own')?.className ?? '']";
        let (asked, class): (Vec<Option<String>>, String) = bob.page.evaluate(state).await;
        let is_back = asked.last() == Some(&Some("environment".to_owned()));
        if is_back && !class.is_empty() && !class.contains("mirrored") {
            Ok(())
        } else {
            Err(format!("{asked:?}, {class}"))
        }
    })
    .await;
    alice.sees().await;
    hang_up(&alice, &bob).await;
}

/// anomalyco/opencode #49961, iccanobif/gikopoi2 #485.
async fn report_13_a_service_worker_tells_where_the_page_may_not(scenario: &Scenario<'_>) {
    let (alice, bob) = (
        scenario.peer("Alice").await,
        scenario.unopened_peer("Bob").await,
    );
    // As Chromium on Android has it, with a worker that only notes what it is to show.
    bob.page
        .before_each_load(
            "window.told = []; window.shut = 0;
            window.Notification = class { constructor() { throw new TypeError('Illegal constructor'); }
                static permission = 'granted'; };
            Object.defineProperty(Document.prototype, 'visibilityState', { get: () => 'hidden' });
            ServiceWorkerContainer.prototype.getRegistration = async () => ({
                showNotification: async (title, { tag }) => { window.told.push([title, tag]); },
                getNotifications: async ({ tag }) => [{ close: () => { window.shut += 1; } }],
            });",
        )
        .await;
    bob.open().await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    wait_until("the notice", async || {
        let told: Vec<(String, String)> = bob.page.evaluate("return window.told").await;
        match &told[..] {
            [(title, tag)] if title.contains("Alice") && tag == "wimpex-call" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    alice.cancel().await;
    wait_until("the notice to go", async || {
        let closed: u32 = bob.page.evaluate("return window.shut").await;
        (closed > 0)
            .then_some(())
            .ok_or_else(|| "it stays".to_owned())
    })
    .await;
}

/// The autoplay policy, since the driver's own scripts count as a touch of the page.
const UNTOUCHED: &str = "
    let touched = false;
    addEventListener('keydown', () => { touched = true; }, true);
    Object.defineProperty(UserActivation.prototype, 'hasBeenActive', { get: () => touched });
    const state = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'state').get;
    Object.defineProperty(BaseAudioContext.prototype, 'state', {
        get() { return touched ? state.call(this) : 'suspended'; },
    });
    const resume = AudioContext.prototype.resume;
    AudioContext.prototype.resume = function () {
        return touched ? resume.call(this) : new Promise(() => {});
    };";

/// amazon-connect/amazon-connect-streams #81 and #837, InnovateAsterisk/Browser-Phone #577.
async fn report_13_a_page_that_may_not_sound_says_so(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    const HINT: &str = "so that this page can ring";
    assert!(!bob.page.visible_text().await.contains(HINT));
    // As a tab that the browser has restored, and nobody has touched.
    bob.page.goto("about:blank").await;
    let bob = scenario.second_tab_of("Bob").await;
    bob.page.before_each_load(UNTOUCHED).await;
    bob.visit("/").await;
    bob.at_home().await;
    bob.page.wait_for_text(&[HINT]).await;
    alice.call(&link, CallKind::Video).await;
    bob.is_called().await;
    assert_eq!(
        bob.page.snapshot().await.sounding,
        0,
        "the scenario is not what it says"
    );
    bob.page.press('x').await;
    wait_until("the tone to begin with the first touch", async || match bob
        .page
        .snapshot()
        .await
        .sounding
    {
        1 => Ok(()),
        other => Err(format!("{other} sound")),
    })
    .await;
    no_longer_says(&bob, HINT).await;
    bob.decline().await;
    wait_until("silence", async || {
        match bob.page.snapshot().await.sounding {
            0 => Ok(()),
            other => Err(format!("{other} sound")),
        }
    })
    .await;
}

/// philnash/mediadevices-camera-selection #3, webrtc/samples #1273, mozmorris/react-webcam #235.
async fn report_22_a_missing_api_is_not_called_insecure(scenario: &Scenario<'_>) {
    let (alice, bob) = (
        scenario.peer("Alice").await,
        scenario.unopened_peer("Bob").await,
    );
    bob.page
        .before_each_load("delete Navigator.prototype.mediaDevices")
        .await;
    bob.open().await;
    bob.page
        .wait_for_text(&["No camera or microphone here"])
        .await;
    assert!(!bob.page.visible_text().await.contains("https"));
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.accept().await;
    bob.page
        .wait_for_text(&["This browser gives pages no microphone"])
        .await;
    alice.end().await;
}

/// mattgodbolt/jsbeeb PR #741, Mozilla bug 1282407.
async fn report_24_a_file_is_saved_after_the_click_is_over(scenario: &Scenario<'_>) {
    saves_a_file(&scenario.peer("Alice").await).await;
}

/// The contacts, while it is watched when the file is there, and for how long.
pub(crate) async fn saves_a_file(alice: &Peer) {
    let watch = "window.saved = [];
        const native = HTMLAnchorElement.prototype.click;
        HTMLAnchorElement.prototype.click = function () {
            const { isConnected, href } = this;
            native.call(this);
            setTimeout(async () => {
                const text = await new Promise((done) => {
                    const request = new XMLHttpRequest();
                    request.onloadend = () => done(request.responseText);
                    request.onerror = () => done('');
                    try { request.open('GET', href); request.send(); } catch { done('refused'); }
                });
                window.saved.push([isConnected, text.length]);
            }, 100);
        };
        const revoke = URL.revokeObjectURL;
        window.revoked = 0;
        URL.revokeObjectURL = (url) => { window.revoked += 1; return revoke.call(URL, url); };
        return true";
    let _: bool = alice.page.evaluate(watch).await;
    crate::shared::opens_the_book(alice).await;
    alice
        .page
        .click(Role::Button, "Save contacts to a file")
        .await;
    wait_until("a file", async || {
        let saved: (Vec<(bool, u32)>, u32) = alice
            .page
            .evaluate("return [window.saved, window.revoked]")
            .await;
        match &saved {
            (files, 0) if files.len() == 1 && files[0].0 => Ok(()),
            other => Err(format!("(in the document, bytes), revoked: {other:?}")),
        }
    })
    .await;
}
