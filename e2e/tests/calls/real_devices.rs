//! Microphones of a sound server, plugged and pulled while somebody speaks into them.

use std::time::{Duration, Instant};

use wimpex_e2e::{BrowserOptions, CallKind, Peer, Role, Scenario, SoundServer, wait_until};

use crate::device_lab::no_longer_says;
use crate::shared::{connect, hang_up, measured, scenarios};

scenarios! {
    RealDevices: report_5_a_real_microphone_is_pulled_and_plugged,
    RealDevices: a_real_default_that_goes_is_replaced,
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

/// Chooses the microphone of this name.
async fn choose(alice: &Peer, name: &str) {
    let script = format!(
        "const select = [...document.querySelectorAll('select')]
             .find((it) => it.labels[0].innerText.trim().startsWith('Microphone'));
         const at = [...(select?.options ?? [])].findIndex((it) => it.innerText.includes({name:?}));
         if (at < 0) return [...(select?.options ?? [])].map((it) => it.innerText).join();
         select.selectedIndex = at;
         select.dispatchEvent(new Event('change', {{ bubbles: true }}));
         return '';"
    );
    wait_until(&format!("{name} among the microphones"), async || {
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
    choose(&alice, "Headset").await;
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
    assert!(
        pulled.elapsed() < Duration::from_secs(3),
        "{:?}",
        pulled.elapsed()
    );
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
    alice.page.wait_for_text(&["was disconnected"]).await;
    bob.hears().await;
    alice.page.find(Role::Button, "Mute").await;
    hang_up(&alice, &bob).await;
}
