//! A screen that is shown in a call, beside the camera, or in its place to who knows no better.

use wimpex_e2e::{BrowserKind, CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{connect, hang_up, in_a_call, scenarios};
use crate::waiting::carol_waits;

scenarios! {
    AnyBrowsers: a_screen_is_seen_beside_the_camera,
    // Firefox lets no tab be chosen without its user.
    Chromium: the_viewer_points_and_so_does_who_shows,
    // A script of the scene's runs before the page's own, which only DevTools can.
    Chromium: captions_are_written_for_who_asks,
    AnyBrowsers: a_screen_that_ends_by_itself_is_gone,
    AnyBrowsers: a_screen_is_shown_in_an_audio_call,
    // Firefox lets no tab be chosen without its user.
    Chromium: both_show_a_screen_at_once,
    Chromium: a_screen_goes_on_over_another_connection,
    Chromium: the_bare_page_sees_a_screen,
    Chromium: a_bare_page_that_is_called_sees_a_screen,
    // Firefox runs a scene's script in a realm of its own, whose promises are none to the page.
    Chromium: who_changes_their_mind_shows_nothing,
    Chromium: a_screen_is_shown_in_the_call_it_was_chosen_in,
    AnyBrowsers: a_screen_is_looked_at_closely,
    AnyBrowsers: a_call_takes_the_whole_screen,
    // Firefox has no `documentPictureInPicture`.
    Chromium: a_call_goes_on_in_a_window_on_top,
}

/// Keeps what is captured, to end it as the browser's own bar does.
const WATCH: &str = "const capture = MediaDevices.prototype.getDisplayMedia;
    window.__screens = [];
    MediaDevices.prototype.getDisplayMedia = async function (options) {
        window.__asked = options;
        const stream = await capture.call(this, options);
        window.__screens.push(...stream.getTracks());
        return stream;
    };
    return true";

/// Which of the two shows something: Firefox lets nobody choose by themselves.
fn who_shows<'a>(alice: &'a Peer, bob: &'a Peer) -> Option<(&'a Peer, &'a Peer)> {
    let [first, second] = [alice, bob].map(|peer| peer.page.kind() == BrowserKind::Chromium);
    if first {
        Some((alice, bob))
    } else {
        second.then_some((bob, alice))
    }
}

async fn shows(peer: &Peer) {
    let _: bool = peer.page.evaluate(WATCH).await;
    peer.page.click(Role::Button, "Share screen").await;
    peer.page.find(Role::Button, "Stop sharing").await;
    peer.page.find(Role::Region, "Your shared screen").await;
}

async fn is_shown(peer: &Peer) {
    peer.page.wait_for_text(&["is sharing their screen"]).await;
    peer.sees().await;
}

async fn is_shown_no_longer(peer: &Peer) {
    wait_until("the screen to go", async || {
        let text = peer.page.visible_text().await;
        let is_gone = !text.contains("is sharing their screen");
        is_gone.then_some(()).ok_or(text)
    })
    .await;
}

/// How many of the tracks that were captured still run.
async fn live_screens(peer: &Peer) -> usize {
    let live = "return window.__screens.filter((it) => it.readyState === 'live').length";
    peer.page.evaluate(live).await
}

/// What the video is that leaves: the track's own description of its source.
async fn sent_hint(peer: &Peer) -> String {
    let hint = "return window.__screens.find((it) => it.kind === 'video').contentHint";
    peer.page.evaluate(hint).await
}

/// Whether the video of that label shows something, and is the large one.
async fn shows_video(peer: &Peer, label: &str, large: bool) {
    let look = format!(
        "const it = document.querySelector('video[aria-label=\"{label}\"]');
        return [it !== null && it.videoWidth > 0 && !it.paused, it?.classList.contains('large') ?? false]"
    );
    wait_until(label, async || {
        let found: (bool, bool) = peer.page.evaluate(&look).await;
        (found == (true, large))
            .then_some(())
            .ok_or_else(|| format!("plays, is large: {found:?}"))
    })
    .await;
}

const SHARED: &str = "Shared screen";
const FACE: &str = "Remote video";

/// Whether its second video takes part in what the network carries.
async fn screen_is_sent(peer: &Peer, sent: bool) {
    // Firefox takes no parameters of a sender before its description is agreed; without a track it
    // sends nothing all the same.
    if peer.page.kind() == BrowserKind::Firefox {
        return;
    }
    wait_until("the second video", async || {
        let found: Vec<bool> = peer
            .page
            .evaluate("return window.__probe.sendsScreen()")
            .await;
        (found == [sent])
            .then_some(())
            .ok_or_else(|| format!("{found:?}"))
    })
    .await;
}

async fn a_screen_is_seen_beside_the_camera(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    tokio::join!(screen_is_sent(&alice, false), screen_is_sent(&bob, false));
    let Some((shower, viewer)) = who_shows(&alice, &bob) else {
        return;
    };
    shows(shower).await;
    is_shown(viewer).await;
    shows_video(viewer, SHARED, true).await;
    shows_video(viewer, FACE, false).await;
    tokio::join!(screen_is_sent(shower, true), screen_is_sent(viewer, false));
    let text = shower.page.visible_text().await;
    assert!(text.contains("sees your screen."), "{text}");
    // Either can be the large one, by a click or a key.
    viewer
        .page
        .click(Role::Button, "Show the camera large")
        .await;
    shows_video(viewer, FACE, true).await;
    shows_video(viewer, SHARED, false).await;
    viewer
        .page
        .click(Role::Button, "Show the shared screen large")
        .await;
    shows_video(viewer, SHARED, true).await;
    let focus = "document.querySelector('video.shared').focus(); return true";
    let _: bool = viewer.page.evaluate(focus).await;
    viewer.page.press('s').await;
    shows_video(viewer, FACE, true).await;
    viewer.page.press('s').await;
    shows_video(viewer, SHARED, true).await;
    // The camera goes its own way meanwhile.
    shower.page.click(Role::Button, "Turn camera off").await;
    viewer.page.wait_for_text(&["camera is off"]).await;
    shows_video(viewer, SHARED, true).await;
    shower.page.click(Role::Button, "Turn camera on").await;
    shows_video(viewer, FACE, false).await;
    let asked: serde_json::Value = shower.page.evaluate("return window.__asked").await;
    assert_eq!(asked["systemAudio"], "include");
    assert_eq!(asked["selfBrowserSurface"], "exclude");
    assert_eq!(asked["surfaceSwitching"], "include");
    // The sharer says what matters of it.
    for (choice, hint) in [("Film", "motion"), ("Text", "text")] {
        shower.page.click(Role::Button, choice).await;
        wait_until("the content hint", async || {
            let found = sent_hint(shower).await;
            (found == hint).then_some(()).ok_or(found)
        })
        .await;
    }
    tokio::join!(viewer.sees(), viewer.hears(), shower.sees());
    shower.page.click(Role::Button, "Stop sharing").await;
    shower.page.find(Role::Button, "Share screen").await;
    is_shown_no_longer(viewer).await;
    assert_eq!(live_screens(shower).await, 0);
    screen_is_sent(shower, false).await;
    shows_video(viewer, FACE, true).await;
    tokio::join!(viewer.sees(), viewer.hears());
    let (a, b) = tokio::join!(alice.page.snapshot(), bob.page.snapshot());
    let offers = a.sent_count("call-offer") + b.sent_count("call-offer");
    assert_eq!(offers, 1, "nothing is negotiated");
    // Once more, and the end of the call is its end too.
    shows(shower).await;
    is_shown(viewer).await;
    hang_up(&alice, &bob).await;
    assert_eq!(live_screens(shower).await, 0);
}

/// The browser's own bar, or a window that is closed.
async fn a_screen_that_ends_by_itself_is_gone(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    let Some((shower, viewer)) = who_shows(&alice, &bob) else {
        return;
    };
    shows(shower).await;
    is_shown(viewer).await;
    let end = "for (const track of window.__screens) { track.stop(); track.dispatchEvent(new Event('ended')); }
        return true";
    let _: bool = shower.page.evaluate(end).await;
    shower.page.find(Role::Button, "Share screen").await;
    is_shown_no_longer(viewer).await;
    viewer.sees().await;
    hang_up(&alice, &bob).await;
}

async fn a_screen_is_shown_in_an_audio_call(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    let Some((shower, viewer)) = who_shows(&alice, &bob) else {
        return;
    };
    shows(shower).await;
    shower.page.wait_for_text(&["has to accept video"]).await;
    viewer.page.click(Role::Button, "Stay unseen").await;
    is_shown(viewer).await;
    assert_eq!(shower.page.snapshot().await.live_cameras, 0);
    shower.page.click(Role::Button, "Stop sharing").await;
    is_shown_no_longer(viewer).await;
    viewer.hears().await;
    hang_up(&alice, &bob).await;
}

async fn both_show_a_screen_at_once(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(shows(&alice), shows(&bob));
    tokio::join!(is_shown(&alice), is_shown(&bob));
    for peer in [&alice, &bob] {
        shows_video(peer, SHARED, true).await;
        shows_video(peer, "What you share, as it is seen", false).await;
        peer.page.find(Role::Button, "Show your screen large").await;
    }
    alice.page.click(Role::Button, "Stop sharing").await;
    is_shown_no_longer(&bob).await;
    is_shown(&alice).await;
    bob.sees().await;
    hang_up(&alice, &bob).await;
}

async fn a_screen_goes_on_over_another_connection(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    shows(&alice).await;
    is_shown(&bob).await;
    shows_video(&bob, SHARED, true).await;
    // What can be heard too begins as a film.
    alice.page.click(Role::Button, "Text").await;
    let close = "window.__probe.closeConnections(); return true";
    let _: bool = bob.page.evaluate(close).await;
    wait_until("another connection", async || {
        let made: u32 = alice
            .page
            .evaluate("return window.__probe.snapshot().connectionsMade")
            .await;
        (made == 2).then_some(()).ok_or_else(|| made.to_string())
    })
    .await;
    alice.is_connected().await;
    is_shown(&bob).await;
    shows_video(&bob, SHARED, true).await;
    shows_video(&bob, FACE, false).await;
    assert_eq!(sent_hint(&alice).await, "text");
    hang_up(&alice, &bob).await;
}

/// It knows nothing of screens, and sees one where the camera was.
async fn the_bare_page_sees_a_screen(scenario: &Scenario<'_>) {
    let bare = scenario.bare_peer("Bare").await;
    let alice = scenario.peer("Alice").await;
    bare.call(&alice.id().await, CallKind::Video).await;
    alice.accept().await;
    alice.is_connected().await;
    bare.peer().sees().await;
    shows(&alice).await;
    alice.page.wait_for_text(&["not your camera"]).await;
    tokio::join!(bare.peer().sees(), bare.peer().hears());
    alice.page.click(Role::Button, "Stop sharing").await;
    alice.page.find(Role::Button, "Share screen").await;
    bare.peer().sees().await;
    alice.end().await;
    alice.call_is_over(&["ended"]).await;
}

/// The offer has a second video, of which it is not told.
async fn a_bare_page_that_is_called_sees_a_screen(scenario: &Scenario<'_>) {
    let bare = scenario.bare_peer("Bare").await;
    let alice = scenario.peer("Alice").await;
    alice.call(&bare.id().await, CallKind::Video).await;
    bare.accept().await;
    alice.is_connected().await;
    tokio::join!(bare.peer().sees(), alice.sees());
    let tracks = "return document.querySelector('#remote').srcObject.getVideoTracks().length";
    let tracks: usize = bare.peer().page.evaluate(tracks).await;
    assert_eq!(tracks, 1, "one picture of the peer");
    shows(&alice).await;
    alice.page.wait_for_text(&["not your camera"]).await;
    bare.peer().sees().await;
    alice.page.click(Role::Button, "Stop sharing").await;
    alice.page.find(Role::Button, "Share screen").await;
    bare.peer().sees().await;
    alice.end().await;
    alice.call_is_over(&["ended"]).await;
}

/// Moves the mouse over a picture, or out of it.
async fn points(peer: &Peer, label: &str, part: Option<(f64, f64)>) {
    let (kind, x, y) = match part {
        Some((x, y)) => ("pointermove", x, y),
        None => ("pointerleave", 0.0, 0.0),
    };
    let script = format!(
        "const it = document.querySelector('video[aria-label=\"{label}\"]');
        const place = it.getBoundingClientRect();
        it.closest('.picture').dispatchEvent(new PointerEvent('{kind}', {{
            clientX: place.x + place.width * {x}, clientY: place.y + place.height * {y}, bubbles: true,
        }}));
        return true"
    );
    let _: bool = peer.page.evaluate(&script).await;
}

/// Where the other's pointer lies over a picture, in parts of a hundred.
async fn is_pointed_at(peer: &Peer, label: &str, part: Option<(i64, i64)>) {
    let script = format!(
        "const it = document.querySelector('video[aria-label=\"{label}\"] ~ .pointer');
        return it === null || it.hidden ? [] : [Math.round(parseFloat(it.style.left)), Math.round(parseFloat(it.style.top))]"
    );
    let wanted: Vec<i64> = part.map_or_else(Vec::new, |(x, y)| vec![x, y]);
    wait_until("the other's pointer", async || {
        let found: Vec<i64> = peer.page.evaluate(&script).await;
        (found == wanted)
            .then_some(())
            .ok_or_else(|| format!("{found:?}"))
    })
    .await;
}

async fn the_viewer_points_and_so_does_who_shows(scenario: &Scenario<'_>) {
    const OWN: &str = "What you share, as it is seen";
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    shows(&alice).await;
    is_shown(&bob).await;
    shows_video(&bob, SHARED, true).await;
    shows_video(&alice, OWN, false).await;
    // Nobody's pointer is seen before they say so.
    points(&bob, SHARED, Some((0.5, 0.5))).await;
    bob.page.click(Role::Button, "Point").await;
    is_pointed_at(&alice, OWN, None).await;
    for (x, y) in [(0.25, 0.75), (0.9, 0.1)] {
        points(&bob, SHARED, Some((x, y))).await;
        #[allow(clippy::cast_possible_truncation, reason = "parts of a hundred")]
        let part = ((x * 100.0) as i64, (y * 100.0) as i64);
        is_pointed_at(&alice, OWN, Some(part)).await;
    }
    // It means the same however closely it is looked at.
    let close = "document.querySelector('video.shared').closest('.picture')
            .dispatchEvent(new WheelEvent('wheel', { deltaY: -100, clientX: 300, clientY: 300 }));
        return true";
    let _: bool = bob.page.evaluate(close).await;
    points(&bob, SHARED, Some((0.4, 0.6))).await;
    is_pointed_at(&alice, OWN, Some((40, 60))).await;
    points(&bob, SHARED, None).await;
    is_pointed_at(&alice, OWN, None).await;
    // And back, over one's own picture of it.
    alice
        .page
        .click(Role::Button, "Show your screen large")
        .await;
    alice.page.click(Role::Button, "Point").await;
    points(&alice, OWN, Some((0.2, 0.3))).await;
    is_pointed_at(&bob, SHARED, Some((20, 30))).await;
    alice.page.click(Role::Button, "Point").await;
    is_pointed_at(&bob, SHARED, None).await;
    alice.page.click(Role::Button, "Stop sharing").await;
    is_shown_no_longer(&bob).await;
    bob.page.wait_until_gone(Role::Button, "Point").await;
    hang_up(&alice, &bob).await;
}

/// Recognises what a test says: no browser here has a language to do it with.
const RECOGNISER: &str = "window.SpeechRecognition = class extends EventTarget {
        static async available(options) { return options.processLocally ? 'available' : 'unavailable'; }
        start(track) {
            if (track.kind !== 'audio' || !this.processLocally) throw new Error('not on this device');
            window.__hears = (text, isFinal) => {
                const result = Object.assign([{ transcript: text }], { isFinal });
                this.dispatchEvent(Object.assign(new Event('result'), { resultIndex: 0, results: [result] }));
            };
            window.__ends = () => this.dispatchEvent(new Event('end'));
        }
        abort() { window.__hears = undefined; }
    };
    window.webkitSpeechRecognition = window.SpeechRecognition;";

async fn captions_are_written_for_who_asks(scenario: &Scenario<'_>) {
    let alice = scenario.unopened_peer("Alice").await;
    let bob = scenario.unopened_peer("Bob").await;
    tokio::join!(alice.open(), bob.open());
    alice.page.before_each_load(RECOGNISER).await;
    alice.page.reload().await;
    alice.at_home().await;
    connect(&alice, &bob, CallKind::Video).await;
    // Bob's browser cannot, so that Alice is offered none; and nobody listens unasked.
    bob.page.find(Role::Button, "Captions").await;
    assert!(
        alice
            .page
            .find_now(Role::Button, "Captions")
            .await
            .is_none()
    );
    let listens = "return window.__hears !== undefined";
    assert!(!alice.page.evaluate::<bool>(listens).await);
    bob.page.click(Role::Button, "Captions").await;
    alice.page.wait_for_text(&["is reading captions"]).await;
    let until = async |listening: bool| {
        wait_until("the recognition", async || {
            let found: bool = alice.page.evaluate(listens).await;
            (found == listening)
                .then_some(())
                .ok_or_else(|| found.to_string())
        })
        .await;
    };
    until(true).await;
    let hears = async |text: &str, is_final: bool| {
        let script = format!("window.__hears({text:?}, {is_final}); return true");
        let _: bool = alice.page.evaluate(&script).await;
    };
    hears("See you", false).await;
    bob.page.find(Role::Region, "Captions").await;
    bob.page.wait_for_text(&["See you"]).await;
    hears("See you on <b>Monday</b>", true).await;
    bob.page.wait_for_text(&["See you on <b>Monday</b>"]).await;
    // The browser ends it, and it begins anew.
    let _: bool = alice
        .page
        .evaluate("const ends = window.__ends; window.__hears = undefined; ends(); return true")
        .await;
    until(true).await;
    hears("at nine", true).await;
    bob.page.wait_for_text(&["at nine"]).await;
    bob.page.click(Role::Button, "Captions").await;
    bob.page.wait_until_gone(Role::Region, "Captions").await;
    until(false).await;
    hang_up(&alice, &bob).await;
}

async fn who_changes_their_mind_shows_nothing(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    for (error, words) in [
        ("NotAllowedError", ""),
        ("NotReadableError", "screen recording"),
    ] {
        let refuse = format!(
            "MediaDevices.prototype.getDisplayMedia = async () => {{ throw new DOMException('', '{error}'); }};
            return true"
        );
        let _: bool = alice.page.evaluate(&refuse).await;
        alice.page.click(Role::Button, "Share screen").await;
        alice.page.wait_for_text(&[words]).await;
        assert!(
            alice
                .page
                .find_now(Role::Button, "Stop sharing")
                .await
                .is_none()
        );
    }
    bob.sees().await;
    hang_up(&alice, &bob).await;
}

/// The browser's picker is still open when another call takes the place of the first.
async fn a_screen_is_shown_in_the_call_it_was_chosen_in(scenario: &Scenario<'_>) {
    let (_alice, bob, carol) = carol_waits(scenario).await;
    let keeps_open = "window.__screens = [];
        MediaDevices.prototype.getDisplayMedia = () => new Promise((resolve) => {
            window.choose = () => {
                const stream = document.createElement('canvas').captureStream(1);
                window.__screens = stream.getTracks();
                resolve(stream);
            };
        });
        return true";
    let _: bool = bob.page.evaluate(keeps_open).await;
    bob.page.click(Role::Button, "Share screen").await;
    wait_until("the picker", async || {
        let is_open: bool = bob.page.evaluate("return 'choose' in window").await;
        is_open.then_some(()).ok_or_else(String::new)
    })
    .await;
    bob.page.click(Role::Button, "Hold and answer").await;
    tokio::join!(bob.is_connected(), carol.sees());
    let _: bool = bob.page.evaluate("choose(); return true").await;
    wait_until("the screen to be let go of", async || {
        let live = live_screens(&bob).await;
        (live == 0).then_some(()).ok_or(format!("{live} live"))
    })
    .await;
    bob.page.find(Role::Button, "Share screen").await;
}

async fn a_screen_is_looked_at_closely(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    let Some((shower, viewer)) = who_shows(&alice, &bob) else {
        return;
    };
    let focus = "document.querySelector('video.shared').focus(); return true";
    let transform = "return document.querySelector('.picture')?.style.transform
        ?? document.querySelector('video.remote')?.style.transform";
    let is_close = async |close: bool| {
        wait_until("how closely it is looked at", async || {
            let found: Option<String> = viewer.page.evaluate(transform).await;
            let is_close = found.as_ref().map(|it| it.contains("scale"));
            (is_close == Some(close))
                .then_some(())
                .ok_or_else(|| format!("{found:?}"))
        })
        .await;
    };
    // A face is not.
    let wheel = "(document.querySelector('.picture') ?? document.querySelector('video.remote'))
            .dispatchEvent(new WheelEvent('wheel', { deltaY: -100, clientX: 300, clientY: 300 }));
        return true";
    let _: bool = viewer.page.evaluate(wheel).await;
    is_close(false).await;
    shows(shower).await;
    is_shown(viewer).await;
    shows_video(viewer, SHARED, true).await;
    let _: bool = viewer.page.evaluate(wheel).await;
    is_close(true).await;
    let _: bool = viewer.page.evaluate(focus).await;
    viewer.page.press('0').await;
    is_close(false).await;
    viewer.page.press('+').await;
    is_close(true).await;
    shower.page.click(Role::Button, "Stop sharing").await;
    is_close(false).await;
    hang_up(&alice, &bob).await;
}

async fn a_call_takes_the_whole_screen(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    // When the window has its new size too: a click would miss a button that still moves.
    let look =
        "await new Promise((look) => requestAnimationFrame(() => requestAnimationFrame(look)));
        return [document.fullscreenElement !== null, innerWidth, innerHeight]";
    let is_whole = async |whole: bool| {
        let mut before = (!whole, 0, 0);
        wait_until("the whole screen", async || {
            let found: (bool, u32, u32) = alice.page.evaluate(look).await;
            let stands = found == before;
            before = found;
            (stands && found.0 == whole)
                .then_some(())
                .ok_or_else(|| format!("{found:?}"))
        })
        .await;
    };
    for whole in [true, false, true] {
        alice.page.click(Role::Button, "Full screen").await;
        is_whole(whole).await;
    }
    hang_up(&bob, &alice).await;
    is_whole(false).await;
}

async fn a_call_goes_on_in_a_window_on_top(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    let name = "Picture in picture";
    alice.page.click(Role::Button, name).await;
    let plays = "const top = documentPictureInPicture.window;
        const video = top?.document.querySelector('video');
        return (video?.videoWidth ?? 0) > 0 && !video.paused";
    wait_until("the picture on top", async || {
        let plays: bool = alice.page.evaluate(plays).await;
        plays.then_some(()).ok_or_else(|| "none".to_owned())
    })
    .await;
    let press = async |label: &str| {
        let press = format!(
            "const top = documentPictureInPicture.window?.document;
            const button = top?.querySelector('[aria-label=\"{label}\"]');
            button?.click(); return !!button"
        );
        wait_until(&format!("{label:?} on top"), async || {
            let pressed: bool = alice.page.evaluate(&press).await;
            pressed.then_some(()).ok_or_else(|| "not there".to_owned())
        })
        .await;
    };
    press("Mute").await;
    alice.page.find(Role::Button, "Unmute").await;
    press("Unmute").await;
    press("Turn camera off").await;
    alice.page.find(Role::Button, "Turn camera on").await;
    // Closed by its button, opened anew, and gone with the call.
    let is_open = async |open: bool| {
        wait_until("the window on top", async || {
            let found: bool = alice
                .page
                .evaluate("return documentPictureInPicture.window !== null")
                .await;
            (found == open)
                .then_some(())
                .ok_or_else(|| found.to_string())
        })
        .await;
    };
    alice.page.click(Role::Button, name).await;
    is_open(false).await;
    alice.page.click(Role::Button, name).await;
    is_open(true).await;
    press("End call").await;
    alice.call_is_over(&["call ended"]).await;
    is_open(false).await;
    bob.call_is_over(&["hung up"]).await;
}
