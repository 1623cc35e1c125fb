//! A browser that has several devices, and lets a scene take them away.

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use wimpex_e2e::{BrowserOptions, CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::connect;

/// Alice, who has three of each device, and Bob in a video call.
pub(crate) async fn alice_has_a_choice(scenario: &Scenario<'_>) -> (Peer, Peer) {
    alice_has_a_choice_and(scenario, "").await
}

/// [`alice_has_a_choice`], and what this script makes of her browser.
pub(crate) async fn alice_has_a_choice_and(scenario: &Scenario<'_>, script: &str) -> (Peer, Peer) {
    let options = BrowserOptions {
        several_devices: true,
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", options).await;
    alice
        .page
        .before_each_load(&format!("{WATCH}{script}"))
        .await;
    alice.open().await;
    let bob = scenario.peer("Bob").await;
    connect(&alice, &bob, CallKind::Video).await;
    bob.sees().await;
    (alice, bob)
}

/// Keeps the tracks that are sent, and can take a device away as a system does: its tracks end,
/// it is listed no longer, and the browser says that the devices have changed.
const WATCH: &str = "
    const sent = {};
    const gone = new Set();
    const busy = new Set();
    const replace = RTCRtpSender.prototype.replaceTrack;
    RTCRtpSender.prototype.replaceTrack = function (track) {
        if (track) sent[track.kind] = track;
        return replace.call(this, track);
    };
    let descriptions = 0;
    for (const name of ['setLocalDescription', 'setRemoteDescription']) {
        const set = RTCPeerConnection.prototype[name];
        RTCPeerConnection.prototype[name] = function (...description) {
            descriptions += 1;
            return set.apply(this, description);
        };
    }
    const enumerate = MediaDevices.prototype.enumerateDevices;
    MediaDevices.prototype.enumerateDevices = async function () {
        const all = await enumerate.call(this);
        // One of depth (Y16), which nothing can encode.
        return all.filter(({ deviceId, label }) =>
            !gone.has(deviceId) && !gone.has(label) && label !== 'fake_device_1');
    };
    const get = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (constraints) {
        const stream = await get.call(this, constraints);
        for (const track of stream.getTracks()) {
            if (gone.has(track.getSettings().deviceId)) {
                stream.getTracks().forEach((track) => track.stop());
                throw new DOMException('gone', 'NotFoundError');
            }
            if (busy.has(track.label)) {
                stream.getTracks().forEach((track) => track.stop());
                throw new DOMException('busy', 'NotReadableError');
            }
        }
        return stream;
    };
    const changed = () => navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    window.__devices = {
        descriptions: () => descriptions,
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
        hide: (label) => { gone.add(label); return true; },
        occupy: (label) => { busy.add(label); return true; },
        burst: () => { for (let at = 0; at < 10; at += 1) setTimeout(changed, 20 * at); return true; },
        take: (kind, muted) => {
            Object.defineProperty(sent[kind], 'muted', { value: muted, configurable: true });
            sent[kind].dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
            return true;
        },
    };";

/// How often a description was set so far: a change of devices must not negotiate anything.
pub(crate) async fn descriptions(peer: &Peer) -> u32 {
    devices(peer, "descriptions()").await
}

pub(crate) async fn sent_label(peer: &Peer, kind: &str) -> String {
    let script = format!("return window.__devices.label({kind:?})");
    peer.page.evaluate(&script).await
}

/// Waits until a device is sent that `is_it`; says how long that took.
pub(crate) async fn sends(peer: &Peer, kind: &str, is_it: impl Fn(&str) -> bool) -> Duration {
    let begun = Instant::now();
    wait_until(&format!("another {kind} to be sent"), async || {
        let label = sent_label(peer, kind).await;
        is_it(&label).then_some(()).ok_or(label)
    })
    .await;
    begun.elapsed()
}

/// Chooses the entry at this place of a combobox.
pub(crate) async fn choose(peer: &Peer, name: &str, at: usize) {
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

/// Calls a function of [`WATCH`].
pub(crate) async fn devices<T: DeserializeOwned>(peer: &Peer, call: &str) -> T {
    let script = format!("return window.__devices.{call}");
    peer.page.evaluate(&script).await
}

/// Waits until no visible text has this part.
pub(crate) async fn no_longer_says(peer: &Peer, words: &str) {
    wait_until(&format!("{words:?} to go"), async || {
        let text = peer.page.visible_text().await;
        (!text.contains(words)).then_some(()).ok_or(text)
    })
    .await;
}
