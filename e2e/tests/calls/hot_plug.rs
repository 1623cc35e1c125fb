//! Devices that are unplugged and plugged in again, and those that the system takes for a while.

use wimpex_e2e::{Peer, Role, Scenario, wait_until};

use crate::device_lab::{
    alice_has_a_choice, alice_has_a_choice_and, choose, devices, no_longer_says, sends, sent_label,
};
use crate::shared::{hang_up, measured, scenarios};

scenarios! {
    // Only Chromium's flag makes three fake devices of each kind.
    Chromium: report_5_a_lost_microphone_is_replaced_by_itself,
    Chromium: report_5_what_took_over_can_be_undone,
    Chromium: report_17_a_lost_camera_is_not_shown,
    Chromium: report_18_what_the_system_takes_is_said_on_both_sides,
    Chromium: a_new_device_is_offered_and_not_grabbed,
    Chromium: a_burst_of_changes_is_one_change,
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
    let lost: String = devices(&alice, "unplug('audio')").await;
    assert_eq!(lost, chosen);
    let took = sends(&alice, "audio", |label| label != "none" && label != chosen).await;
    measured(&format!(
        "the next microphone after {} ms",
        took.as_millis()
    ));
    bob.hears().await;
    alice.page.find(Role::Button, "Undo").await;
    alice.page.wait_for_text(&["was disconnected"]).await;
    alice.page.find(Role::Button, "Mute").await;
    // It is used again when it is back.
    let _: bool = devices(&alice, "plug()").await;
    sends(&alice, "audio", |label| label == chosen).await;
    alice.page.wait_for_text(&["is back"]).await;
    bob.hears().await;
    hang_up(&alice, &bob).await;
}

async fn report_17_a_lost_camera_is_not_shown(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    // One after the other goes, until none is left.
    for left in [1, 0] {
        let lost: String = devices(&alice, "unplug('video')").await;
        if left > 0 {
            sends(&alice, "video", |label| label != "none" && label != lost).await;
            bob.sees().await;
        }
    }
    alice.page.wait_until_gone(Role::Video, "Your camera").await;
    alice.page.find(Role::Button, "Turn camera on").await;
    alice.page.wait_for_text(&["camera was disconnected"]).await;
    let _: bool = devices(&alice, "plug()").await;
    alice.page.find(Role::Video, "Your camera").await;
    alice.page.find(Role::Button, "Turn camera off").await;
    bob.sees().await;
    hang_up(&alice, &bob).await;
}

/// The microphone in use is pulled.
async fn pulls_the_microphone(alice: &Peer) -> String {
    alice.page.click(Role::Button, "Devices").await;
    choose(alice, "Microphone", 2).await;
    let is_chosen = |label: &str| label != "none" && !label.contains("Default");
    sends(alice, "audio", is_chosen).await;
    let lost: String = devices(alice, "unplug('audio')").await;
    sends(alice, "audio", |label| label != "none" && label != lost).await;
    alice.page.wait_for_text(&["was disconnected"]).await;
    lost
}

async fn report_5_what_took_over_can_be_undone(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    let lost = pulls_the_microphone(&alice).await;
    // What was there before is gone: then nobody is heard by a microphone that they did not choose.
    alice.page.click(Role::Button, "Undo").await;
    alice.page.find(Role::Button, "Unmute").await;
    bob.page.wait_for_text(&["“Alice” is muted"]).await;
    alice.page.wait_until_gone(Role::Button, "Undo").await;
    alice.page.click(Role::Button, "Unmute").await;
    bob.hears().await;
    // It is back, and that is undone.
    let meanwhile = sent_label(&alice, "audio").await;
    let _: bool = devices(&alice, "plug()").await;
    sends(&alice, "audio", |label| label == lost).await;
    alice
        .page
        .wait_for_text(&["is back and in use again"])
        .await;
    alice.page.click(Role::Button, "Undo").await;
    sends(&alice, "audio", |label| label != "none" && label != lost).await;
    measured(&format!(
        "{meanwhile} took over; {} was taken back",
        sent_label(&alice, "audio").await
    ));
    bob.hears().await;
    hang_up(&alice, &bob).await;
}

async fn report_18_what_the_system_takes_is_said_on_both_sides(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    alice.page.find(Role::Video, "Your camera").await;
    for (kind, here, there) in [
        ("video", "has taken the camera", "“Alice” can’t be seen"),
        (
            "audio",
            "has taken the microphone",
            "“Alice” can’t be heard",
        ),
    ] {
        let _: bool = devices(&alice, &format!("take({kind:?}, true)")).await;
        let (here, there) = ([here], [there]);
        tokio::join!(
            alice.page.wait_for_text(&here),
            bob.page.wait_for_text(&there)
        );
        let ([here], [there]) = (here, there);
        if kind == "video" {
            alice.page.wait_until_gone(Role::Video, "Your camera").await;
        }
        // It ends by itself.
        let _: bool = devices(&alice, &format!("take({kind:?}, false)")).await;
        tokio::join!(no_longer_says(&alice, here), no_longer_says(&bob, there));
    }
    alice.page.find(Role::Video, "Your camera").await;
    tokio::join!(bob.sees(), bob.hears());
    hang_up(&alice, &bob).await;
}

async fn a_new_device_is_offered_and_not_grabbed(scenario: &Scenario<'_>) {
    let hidden =
        "for (const kind of ['Input', 'Output']) window.__devices.hide(`Fake Audio ${kind} 2`);";
    let (alice, bob) = alice_has_a_choice_and(scenario, hidden).await;
    let before = sent_label(&alice, "audio").await;
    // The list without it has been seen.
    alice.page.click(Role::Button, "Devices").await;
    wait_until("the microphones", async || {
        let script = "return [...document.querySelectorAll('option')].map((it) => it.innerText)";
        let names: Vec<String> = alice.page.evaluate(script).await;
        let has = |name: &str| names.iter().any(|it| it.contains(name));
        (has("Audio Input 1") && !has("Audio Input 2"))
            .then_some(())
            .ok_or_else(|| format!("{names:?}"))
    })
    .await;
    let _: bool = devices(&alice, "plug()").await;
    alice
        .page
        .wait_for_text(&["Fake Audio Input 2 is connected"])
        .await;
    assert_eq!(sent_label(&alice, "audio").await, before);
    assert!(alice.page.find_now(Role::Button, "Undo").await.is_none());
    alice.page.click(Role::Button, "Use it").await;
    sends(&alice, "audio", |label| label == "Fake Audio Input 2").await;
    bob.hears().await;
    no_longer_says(&alice, "is connected.").await;
    hang_up(&alice, &bob).await;
}

async fn a_burst_of_changes_is_one_change(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    alice.page.click(Role::Button, "Devices").await;
    choose(&alice, "Microphone", 2).await;
    let is_chosen = |label: &str| label != "none" && !label.contains("Default");
    sends(&alice, "audio", is_chosen).await;
    let before = alice.page.snapshot().await.captures;
    // The headset goes, and the system says so ten times.
    let _: bool = devices(&alice, "burst()").await;
    let lost: String = devices(&alice, "unplug('audio')").await;
    sends(&alice, "audio", |label| label != "none" && label != lost).await;
    alice.page.wait_for_text(&["was disconnected"]).await;
    let _: bool = devices(&alice, "burst()").await;
    // Later than the last of them is looked at.
    let later = "return new Promise((then) => setTimeout(() => then(true), 1500))";
    let _: bool = alice.page.evaluate(later).await;
    assert_eq!(alice.page.snapshot().await.captures, before + 1);
    bob.hears().await;
    hang_up(&alice, &bob).await;
}
