//! Microphones and speakers of a sound server, plugged and pulled while they are in use.

use std::time::Instant;

use wimpex_e2e::{
    BrowserKind, BrowserOptions, CallKind, Peer, Played, Role, Scenario, SoundServer, wait_until,
};

use crate::device_lab::no_longer_says;
use crate::shared::{connect, hang_up, measured, scenarios};

scenarios! {
    RealDevices: report_5_a_real_microphone_is_pulled_and_plugged,
    RealDevices: a_real_default_that_goes_is_replaced,
    RealDevices: a_real_default_that_changes_is_followed,
    RealDevices: report_4_a_real_speaker_is_pulled_and_plugged,
}

/// Alice, with the devices of this server, and Bob in an audio call.
async fn in_a_call(scenario: &Scenario<'_>, sound: &SoundServer) -> (Peer, Peer) {
    let options = BrowserOptions {
        sound_server: Some(sound.address()),
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", options).await;
    alice.open().await;
    let bob = scenario.peer("Bob").await;
    connect(&alice, &bob, CallKind::Audio).await;
    bob.hears().await;
    (alice, bob)
}

/// Chooses the device of this name from the combobox of that one.
async fn choose(alice: &Peer, kind: &str, name: &str) {
    let script = format!(
        "const select = [...document.querySelectorAll('select')]
             .find((it) => it.labels[0].innerText.trim().startsWith({kind:?}));
         const at = [...(select?.options ?? [])].findIndex((it) => it.innerText.includes({name:?}));
         if (at < 0) return [...(select?.options ?? [])].map((it) => it.innerText).join();
         select.selectedIndex = at;
         select.dispatchEvent(new Event('change', {{ bubbles: true }}));
         return '';"
    );
    wait_until(&format!("{name} among the {kind}s"), async || {
        let others: String = alice.page.evaluate(&script).await;
        others.is_empty().then_some(()).ok_or(others)
    })
    .await;
}

async fn report_5_a_real_microphone_is_pulled_and_plugged(scenario: &Scenario<'_>) {
    let sound = SoundServer::start();
    let _lid = sound.plug("Lid", 300);
    let headset = sound.plug("Headset", 500);
    sound.set_default("Lid");
    let (alice, bob) = in_a_call(scenario, &sound).await;
    alice.page.click(Role::Button, "Devices").await;
    choose(&alice, "Microphone", "Headset").await;
    bob.hears().await;

    let pulled = Instant::now();
    sound.pull(headset);
    alice
        .page
        .wait_for_text(&["Headset was disconnected"])
        .await;
    measured(&format!(
        "taken over after {} ms",
        pulled.elapsed().as_millis()
    ));
    bob.hears().await;
    alice.page.find(Role::Button, "Undo").await;
    alice.page.find(Role::Button, "Mute").await;

    let plugged = Instant::now();
    let _headset = sound.plug("Headset", 500);
    alice
        .page
        .wait_for_text(&["is back and in use again"])
        .await;
    measured(&format!("back after {} ms", plugged.elapsed().as_millis()));
    bob.hears().await;

    // Another one is offered, and not grabbed.
    let _desk = sound.plug("Desk", 700);
    alice.page.wait_for_text(&["Desk is connected"]).await;
    alice.page.click(Role::Button, "Dismiss").await;
    no_longer_says(&alice, "Desk is connected").await;
    bob.hears().await;
    hang_up(&alice, &bob).await;
}

async fn a_real_default_that_goes_is_replaced(scenario: &Scenario<'_>) {
    let sound = SoundServer::start();
    let lid = sound.plug("Lid", 300);
    let _headset = sound.plug("Headset", 500);
    sound.set_default("Lid");
    let (alice, bob) = in_a_call(scenario, &sound).await;
    // The system's default goes while it is in use: what is the default then is.
    sound.pull(lid);
    // Chromium captures what is PulseAudio's default: that is another one now, and no news.
    if alice.page.kind() == BrowserKind::Firefox {
        alice.page.wait_for_text(&["was disconnected"]).await;
    }
    captures(&sound, "Headset").await;
    bob.hears().await;
    alice.page.find(Role::Button, "Mute").await;
    hang_up(&alice, &bob).await;
}

/// Waits until this microphone is captured, and no other.
async fn captures(sound: &SoundServer, name: &str) {
    wait_until(&format!("{name} to be captured"), async || {
        let captured = sound.captured();
        let is_it = !captured.is_empty() && captured.iter().all(|it| it == name);
        is_it.then_some(()).ok_or_else(|| format!("{captured:?}"))
    })
    .await;
}

async fn a_real_default_that_changes_is_followed(scenario: &Scenario<'_>) {
    let sound = SoundServer::start();
    let _lid = sound.plug("Lid", 300);
    let _headset = sound.plug("Headset", 500);
    sound.set_default("Lid");
    let (alice, bob) = in_a_call(scenario, &sound).await;
    captures(&sound, "Lid").await;
    let changed = Instant::now();
    sound.set_default("Headset");
    if alice.page.kind() == BrowserKind::Firefox {
        // Firefox 140 looks at the default again only when a device comes or goes
        // (https://github.com/mozilla/cubeb/pull/819 mends that).
        let _desk = sound.plug("Desk", 700);
        alice
            .page
            .wait_for_text(&["Your system switched to Headset"])
            .await;
        captures(&sound, "Headset").await;
        measured(&format!(
            "followed after {} ms",
            changed.elapsed().as_millis()
        ));
        bob.hears().await;
        alice.page.click(Role::Button, "Undo").await;
        captures(&sound, "Lid").await;
    } else {
        captures(&sound, "Headset").await;
        measured(&format!(
            "followed after {} ms",
            changed.elapsed().as_millis()
        ));
    }
    bob.hears().await;
    hang_up(&alice, &bob).await;
}

/// Waits until a speaker plays something that `is_it`.
async fn plays(sound: &SoundServer, speaker: &str, is_it: impl Fn(&Played) -> bool) {
    wait_until(&format!("what {speaker} plays"), async || {
        let played = sound.listen(speaker);
        let loudness = played.loudness();
        is_it(&played)
            .then_some(())
            .ok_or_else(|| format!("its loudness is {loudness}"))
    })
    .await;
}

fn is_sound(played: &Played) -> bool {
    played.loudness() > 0.001
}

/// The three sines of the test.
fn is_chime(played: &Played) -> bool {
    let tones = [523.25, 659.26, 783.99];
    tones.iter().all(|hertz| played.amplitude(*hertz) > 0.02)
}

/// Whether all that plays is sent to a chosen speaker, or none of it is.
async fn is_at_a_chosen_speaker(alice: &Peer, is_chosen: bool) {
    let script = "const playing = [...document.querySelectorAll('audio, video')];
        return playing.filter((it) => it.srcObject && !it.muted).map((it) => it.sinkId)";
    wait_until("the speaker of what plays", async || {
        let sinks: Vec<String> = alice.page.evaluate(script).await;
        let is_so = !sinks.is_empty() && sinks.iter().all(|sink| sink.is_empty() != is_chosen);
        is_so.then_some(()).ok_or_else(|| format!("{sinks:?}"))
    })
    .await;
}

async fn report_4_a_real_speaker_is_pulled_and_plugged(scenario: &Scenario<'_>) {
    let sound = SoundServer::start();
    let _lid = sound.plug("Lid", 300);
    let headphones = sound.plug_speaker("Headphones");
    let (alice, bob) = in_a_call(scenario, &sound).await;
    alice.hears().await;
    is_at_a_chosen_speaker(&alice, false).await;
    plays(&sound, "speaker", is_sound).await;
    alice.page.click(Role::Button, "Devices").await;
    choose(&alice, "Speaker", "Headphones").await;
    is_at_a_chosen_speaker(&alice, true).await;
    plays(&sound, "Headphones", is_sound).await;
    plays(&sound, "speaker", |played| !is_sound(played)).await;
    wait_until("the sound of the test", async || {
        alice.page.click(Role::Button, "Test speaker").await;
        let played = sound.listen("Headphones");
        let [low, high] = [523.25, 783.99].map(|hertz| played.amplitude(hertz));
        let is_it = is_chime(&played) && !is_chime(&sound.listen("speaker"));
        is_it
            .then_some(())
            .ok_or_else(|| format!("{low} and {high}"))
    })
    .await;

    let pulled = Instant::now();
    sound.pull(headphones);
    // Two of them for five seconds at most, as it is said below: seen early, whenever the rest is.
    let mut open = sound.streams();
    alice
        .page
        .wait_for_text(&["Headphones was disconnected. Using your system’s default instead."])
        .await;
    is_at_a_chosen_speaker(&alice, false).await;
    let millis = pulled.elapsed().as_millis();
    measured(&format!("the next speaker after {millis} ms"));
    open = open.max(sound.streams());
    alice.page.find(Role::Button, "Undo").await;
    plays(&sound, "speaker", is_sound).await;
    if alice.page.kind() == BrowserKind::Chromium {
        // For five seconds Chromium keeps the stream that it played to the headphones, and takes it again
        // for them, though PulseAudio has moved it to the loudspeaker.
        wait_until("the stream to the headphones to be closed", async || {
            let now = sound.streams();
            open = open.max(now);
            (now < open).then_some(()).ok_or_else(|| now.to_string())
        })
        .await;
    }

    let plugged = Instant::now();
    let _headphones = sound.plug_speaker("Headphones");
    alice
        .page
        .wait_for_text(&["Headphones is back and in use again."])
        .await;
    is_at_a_chosen_speaker(&alice, true).await;
    let millis = plugged.elapsed().as_millis();
    measured(&format!("back after {millis} ms"));
    plays(&sound, "Headphones", is_sound).await;
    tokio::join!(alice.hears(), bob.hears());
    hang_up(&alice, &bob).await;
}
