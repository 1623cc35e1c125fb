//! Speaking while muted, and push to talk.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

use wimpex_e2e::{BrowserOptions, CallKind, Peer, Role, Scenario, wait_until};

use crate::device_lab::no_longer_says;
use crate::shared::{connect, hang_up, scenarios, wav};

scenarios! {
    // Only Chromium's flag has the microphone hear a file.
    Chromium: report_30_who_speaks_while_muted_is_told,
    Chromium: push_to_talk_is_heard_while_the_key_is_held,
}

/// In Hz.
const RATE: u32 = 16_000;

/// Four seconds of a voice that says two syllables a second, as a WAV file.
fn voice(directory: &Path) -> PathBuf {
    let mut phase = 0.0;
    let mut data = Vec::new();
    for at in 0..RATE * 4 {
        let time = f64::from(at) / f64::from(RATE);
        // It sings, so that nobody takes it for a fan.
        phase += TAU * (120.0 + 20.0 * (TAU * 0.7 * time).sin()) / f64::from(RATE);
        let sound: f64 = (1..=12)
            .map(|n| (phase * f64::from(n)).sin() / f64::from(n))
            .sum();
        let level = if time % 0.5 < 0.38 { 0.25 } else { 0.0 };
        let sample = (sound * level).clamp(-1.0, 1.0) * 32_000.0;
        data.push(sample as i16);
    }
    let path = directory.join("voice.wav");
    std::fs::write(&path, wav(RATE, data)).expect("a place for the voice");
    path
}

/// Alice, who never stops speaking, and Bob.
async fn alice_speaks(scenario: &Scenario<'_>, voice: PathBuf) -> (Peer, Peer) {
    let options = BrowserOptions {
        microphone_file: Some(voice),
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", options).await;
    alice.open().await;
    let bob = scenario.peer("Bob").await;
    connect(&alice, &bob, CallKind::Video).await;
    bob.hears().await;
    (alice, bob)
}

const YOU_ARE_MUTED: &str = "You’re muted";

/// Whether the line is there; the hint of push to talk has the same words.
async fn is_told(alice: &Peer) -> bool {
    let told = alice.page.texts(Role::Status).await;
    told.iter().any(|text| text.trim() == YOU_ARE_MUTED)
}

async fn report_30_who_speaks_while_muted_is_told(scenario: &Scenario<'_>) {
    let place = tempfile::tempdir().expect("a directory");
    let (alice, bob) = alice_speaks(scenario, voice(place.path())).await;
    assert!(!is_told(&alice).await, "she is heard");
    alice.page.click(Role::Button, "Mute").await;
    wait_until("the word that she is muted", async || {
        let told = is_told(&alice).await;
        told.then_some(()).ok_or_else(|| "nothing".to_owned())
    })
    .await;
    bob.page.wait_for_text(&["“Alice” is muted"]).await;
    alice.page.click(Role::Button, "Unmute").await;
    wait_until("the word to go", async || {
        let told = is_told(&alice).await;
        (!told).then_some(()).ok_or_else(|| "it stays".to_owned())
    })
    .await;
    no_longer_says(&bob, "“Alice” is muted").await;
    hang_up(&alice, &bob).await;
}

async fn push_to_talk_is_heard_while_the_key_is_held(scenario: &Scenario<'_>) {
    let place = tempfile::tempdir().expect("a directory");
    let (alice, bob) = alice_speaks(scenario, voice(place.path())).await;
    alice.page.click(Role::Button, "Devices").await;
    alice.page.click(Role::Checkbox, "Push to talk").await;
    alice.page.find(Role::Button, "Unmute").await;
    bob.page.wait_for_text(&["“Alice” is muted"]).await;
    alice.page.click(Role::Button, "Close").await;
    alice.page.wait_until_gone(Role::Region, "Devices").await;
    for lets_go in [true, false] {
        alice.page.hold(' ').await;
        alice.page.find(Role::Button, "Mute").await;
        no_longer_says(&bob, "“Alice” is muted").await;
        if lets_go {
            alice.page.let_go(' ').await;
        } else {
            // The key is let go in another window.
            let away = "window.dispatchEvent(new Event('blur')); return true";
            let _: bool = alice.page.evaluate(away).await;
        }
        alice.page.find(Role::Button, "Unmute").await;
        bob.page.wait_for_text(&["“Alice” is muted"]).await;
    }
    alice.page.let_go(' ').await;
    // Who means to be muted is not told of it.
    assert!(!is_told(&alice).await);
    // Elsewhere the key does what it does there.
    alice.page.click(Role::Button, "Devices").await;
    alice.page.click(Role::Checkbox, "Push to talk").await;
    alice.page.press(' ').await;
    let is_on = "return document.activeElement.checked";
    wait_until("push to talk to be on again", async || {
        let on: bool = alice.page.evaluate(is_on).await;
        on.then_some(()).ok_or_else(|| "it is off".to_owned())
    })
    .await;
    alice.page.find(Role::Button, "Unmute").await;
    hang_up(&alice, &bob).await;
}
