//! Microphone, camera and speaker: chosen, unplugged and plugged in again.

use std::time::{Duration, Instant};

use wimpex_e2e::{BrowserOptions, CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{connect, hang_up, measured, scenarios};

scenarios! {
    Chromium: report_4_a_second_camera_and_microphone_are_sent,
    Chromium: report_5_a_lost_microphone_is_replaced_by_itself,
    Chromium: report_17_a_lost_camera_is_not_shown,
    Chromium: report_18_a_camera_that_the_system_takes_is_said,
    AnyBrowsers: devices_are_looked_at_before_a_call,
}

/// Alice, who has three of each device, and Bob in a video call.
async fn alice_has_a_choice(scenario: &Scenario<'_>) -> (Peer, Peer) {
    let options = BrowserOptions {
        several_devices: true,
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", options).await;
    alice.open().await;
    let bob = scenario.peer("Bob").await;
    let _: bool = alice.page.evaluate(WATCH).await;
    connect(&alice, &bob, CallKind::Video).await;
    bob.sees().await;
    (alice, bob)
}

/// Keeps the tracks that are sent, and can take a device away as a system does: its tracks end,
/// it is listed no longer, and the browser says that the devices have changed.
const WATCH: &str = "
    const sent = {};
    const gone = new Set();
    const replace = RTCRtpSender.prototype.replaceTrack;
    RTCRtpSender.prototype.replaceTrack = function (track) {
        if (track) sent[track.kind] = track;
        return replace.call(this, track);
    };
    const enumerate = MediaDevices.prototype.enumerateDevices;
    MediaDevices.prototype.enumerateDevices = async function () {
        const all = await enumerate.call(this);
        // One of depth (Y16), which nothing can encode.
        return all.filter(({ deviceId, label }) => !gone.has(deviceId) && label !== 'fake_device_1');
    };
    const get = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (constraints) {
        const stream = await get.call(this, constraints);
        for (const track of stream.getTracks()) {
            if (gone.has(track.getSettings().deviceId)) {
                stream.getTracks().forEach((track) => track.stop());
                throw new DOMException('gone', 'NotFoundError');
            }
        }
        return stream;
    };
    const changed = () => navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    window.__devices = {
        label: (kind) => sent[kind]?.readyState === 'live' ? sent[kind].label : 'none',
        unplug: (kind) => {
            const track = sent[kind];
            gone.add(track.getSettings().deviceId);
            track.stop();
            track.dispatchEvent(new Event('ended'));
            changed();
            return track.label;
        },
        plug: () => { gone.clear(); changed(); return true; },
        take: (kind, muted) => {
            Object.defineProperty(sent[kind], 'muted', { value: muted, configurable: true });
            sent[kind].dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
            return true;
        },
    };
    return true;";

async fn sent_label(peer: &Peer, kind: &str) -> String {
    let script = format!("return window.__devices.label({kind:?})");
    peer.page.evaluate(&script).await
}

/// Waits until a device is sent that `is_it`; says how long that took.
async fn sends(peer: &Peer, kind: &str, is_it: impl Fn(&str) -> bool) -> Duration {
    let begun = Instant::now();
    wait_until(&format!("another {kind} to be sent"), async || {
        let label = sent_label(peer, kind).await;
        is_it(&label).then_some(()).ok_or(label)
    })
    .await;
    begun.elapsed()
}

/// Chooses the entry at this place of a combobox.
async fn choose(peer: &Peer, name: &str, at: usize) {
    peer.page.find(Role::Combobox, name).await;
    let script = format!(
        "const select = [...document.querySelectorAll('select')]
             .find((it) => it.labels[0].innerText.trim().startsWith({name:?}));
         if (select.options.length <= {at}) return false;
         select.selectedIndex = {at};
         select.dispatchEvent(new Event('change', {{ bubbles: true }}));
         return true;"
    );
    wait_until(&format!("the choice of {name}"), async || {
        let done: bool = peer.page.evaluate(&script).await;
        done.then_some(())
            .ok_or_else(|| "it has no such entry".to_owned())
    })
    .await;
}

async fn offers(peer: &Peer) -> usize {
    let sent = peer.page.snapshot().await.sent;
    let is_offer = |kind: &str| kind == "call-offer" || kind == "call-answer";
    sent.iter().filter(|it| is_offer(&it.r#type)).count()
}

async fn report_4_a_second_camera_and_microphone_are_sent(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    let before = offers(&alice).await;
    alice.page.click(Role::Button, "Devices").await;
    alice.page.find(Role::Region, "Devices").await;
    alice.page.find(Role::Meter, "Microphone level").await;
    alice.page.find(Role::Button, "Test speaker").await;
    alice.page.find(Role::Video, "Preview of your camera").await;
    for (name, kind, at) in [("Camera", "video", 2), ("Microphone", "audio", 2)] {
        let first = sent_label(&alice, kind).await;
        choose(&alice, name, at).await;
        let took = sends(&alice, kind, |label| label != "none" && label != first).await;
        assert!(took < Duration::from_secs(1), "{name} took {took:?}");
        measured(&format!("another {name} after {} ms", took.as_millis()));
    }
    tokio::join!(bob.sees(), bob.hears());
    assert_eq!(offers(&alice).await, before, "nothing is negotiated anew");
    alice.page.click(Role::Button, "Devices").await;
    alice.page.wait_until_gone(Role::Region, "Devices").await;
    hang_up(&alice, &bob).await;
}

async fn report_5_a_lost_microphone_is_replaced_by_itself(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    alice.page.click(Role::Button, "Devices").await;
    choose(&alice, "Microphone", 2).await;
    let chosen = {
        sends(&alice, "audio", |label| {
            label != "none" && !label.contains("Default")
        })
        .await;
        sent_label(&alice, "audio").await
    };
    let unplug = "return window.__devices.unplug('audio')";
    let lost: String = alice.page.evaluate(unplug).await;
    assert_eq!(lost, chosen);
    let took = sends(&alice, "audio", |label| label != "none" && label != chosen).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    measured(&format!(
        "the next microphone after {} ms",
        took.as_millis()
    ));
    bob.hears().await;
    alice.page.find(Role::Button, "Undo").await;
    alice.page.wait_for_text(&["was disconnected"]).await;
    alice.page.find(Role::Button, "Mute").await;
    // It is used again when it is back.
    let _: bool = alice.page.evaluate("return window.__devices.plug()").await;
    sends(&alice, "audio", |label| label == chosen).await;
    alice.page.wait_for_text(&["is back"]).await;
    bob.hears().await;
    hang_up(&alice, &bob).await;
}

async fn report_17_a_lost_camera_is_not_shown(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    // One after the other goes, until none is left.
    let unplug = "return window.__devices.unplug('video')";
    for left in [1, 0] {
        let lost: String = alice.page.evaluate(unplug).await;
        if left > 0 {
            sends(&alice, "video", |label| label != "none" && label != lost).await;
            bob.sees().await;
        }
    }
    alice.page.wait_until_gone(Role::Video, "Your camera").await;
    alice.page.find(Role::Button, "Turn camera on").await;
    alice.page.wait_for_text(&["camera was disconnected"]).await;
    let _: bool = alice.page.evaluate("return window.__devices.plug()").await;
    alice.page.find(Role::Video, "Your camera").await;
    alice.page.find(Role::Button, "Turn camera off").await;
    bob.sees().await;
    hang_up(&alice, &bob).await;
}

async fn report_18_a_camera_that_the_system_takes_is_said(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    alice.page.find(Role::Video, "Your camera").await;
    let take = "return window.__devices.take('video', true)";
    let _: bool = alice.page.evaluate(take).await;
    alice.page.wait_for_text(&["has taken the camera"]).await;
    alice.page.wait_until_gone(Role::Video, "Your camera").await;
    let give = "return window.__devices.take('video', false)";
    let _: bool = alice.page.evaluate(give).await;
    alice.page.find(Role::Video, "Your camera").await;
    wait_until("the words to go", async || {
        let text = alice.page.visible_text().await;
        (!text.contains("has taken the camera"))
            .then_some(())
            .ok_or(text)
    })
    .await;
    hang_up(&alice, &bob).await;
}

async fn devices_are_looked_at_before_a_call(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let quiet = alice.page.snapshot().await;
    assert_eq!(
        quiet.live_tracks, 0,
        "nothing is captured until it is opened"
    );
    alice
        .page
        .click(Role::Button, "Check camera and microphone")
        .await;
    alice.page.find(Role::Region, "Devices").await;
    alice.page.find(Role::Video, "Preview of your camera").await;
    wait_until("a level of the microphone", async || {
        let script = "return Number(document.querySelector('[role=meter]').ariaValueNow)";
        let level: f64 = alice.page.evaluate(script).await;
        (level > 0.0).then_some(()).ok_or_else(|| level.to_string())
    })
    .await;
    alice.page.click(Role::Button, "Close").await;
    alice.page.wait_until_gone(Role::Region, "Devices").await;
    alice.left_nothing().await;
}
