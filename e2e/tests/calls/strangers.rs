//! Strangers who ring, and pages that do not.

use std::time::Duration;

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until, wait_until_within};

use crate::shared::{adds, alice_and_bob, opens_the_book, scenarios, unfold};

scenarios! {
    AnyBrowsers: a_contact_takes_the_place_of_a_strangers_prompt,
    AnyBrowsers: strangers_are_silenced_and_ring_again,
    AnyBrowsers: a_stranger_is_blocked_and_let_in_again,
    // Only DevTools freeze a page.
    Chromium: report_3_a_frozen_page_is_called_asleep_and_rings_when_it_wakes,
}

/// Within this a caller is told that nothing is to be expected.
const TOLD: Duration = Duration::from_secs(10);

/// Waits until the offer has come to a page, and no prompt with it.
async fn is_not_rung(peer: &Peer) {
    wait_until("the offer", async || {
        let received = peer.page.snapshot().await.received;
        let offers = received.iter().filter(|it| it.r#type == "call-offer");
        (offers.count() > 0).then_some(()).ok_or_else(String::new)
    })
    .await;
    assert!(peer.page.texts(Role::AlertDialog).await.is_empty());
}

async fn forget(peer: &Peer) {
    let _: bool = peer.page.evaluate("return window.__probe.forget()").await;
}

async fn a_contact_takes_the_place_of_a_strangers_prompt(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    opens_the_book(&bob).await;
    adds(&bob, &alice.link().await, "My sister").await;
    let carol = scenario.peer("Carol").await;
    carol.call(&link, CallKind::Audio).await;
    let prompt = bob.is_called().await;
    assert!(prompt.contains("Carol"), "{prompt}");
    bob.page.find(Role::Button, "Block").await;
    alice.call(&link, CallKind::Audio).await;
    wait_until("the contact's prompt", async || {
        let prompt = bob.is_called().await;
        prompt.contains("My sister").then_some(()).ok_or(prompt)
    })
    .await;
    // What is for strangers is gone with the stranger.
    assert!(bob.page.find_now(Role::Button, "Block").await.is_none());
    carol.call_is_over(&["busy", "another call"]).await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    bob.end().await;
    bob.back_home().await;
    bob.page.wait_for_text(&["Audio call, missed"]).await;
}

async fn strangers_are_silenced_and_ring_again(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    let second = scenario.second_tab_of("Bob").await;
    second.visit("/").await;
    second.at_home().await;
    alice.call(&link, CallKind::Video).await;
    bob.is_called().await;
    bob.page
        .click(Role::Button, "Silence strangers for an hour")
        .await;
    alice.call_is_over(&["declined"]).await;
    alice.back_home().await;
    bob.back_home().await;
    second.back_home().await;
    for tab in [&bob, &second] {
        tab.page
            .wait_for_text(&["Strangers are silenced until"])
            .await;
    }
    bob.page.reload().await;
    bob.page
        .wait_for_text(&["Strangers are silenced until"])
        .await;
    bob.at_home().await;
    forget(&bob).await;
    alice.call(&link, CallKind::Video).await;
    alice.page.wait_for_text(&["without a sound"]).await;
    is_not_rung(&bob).await;
    // In the list while it goes on.
    bob.page.wait_for_text(&["Video call, missed"]).await;
    alice.cancel().await;
    alice.back_home().await;
    second.page.click(Role::Button, "Ring again").await;
    bob.page.wait_until_gone(Role::Button, "Ring again").await;
    alice.call(&link, CallKind::Video).await;
    bob.is_called().await;
    alice.page.wait_for_text(&["Ringing"]).await;
}

async fn a_stranger_is_blocked_and_let_in_again(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let (link, id) = (bob.link().await, alice.id().await);
    alice.call(&link, CallKind::Audio).await;
    bob.is_called().await;
    bob.page.click(Role::Button, "Block").await;
    alice.call_is_over(&["declined"]).await;
    alice.back_home().await;
    bob.back_home().await;
    bob.page.reload().await;
    bob.at_home().await;
    alice.call(&link, CallKind::Audio).await;
    is_not_rung(&bob).await;
    assert_eq!(bob.page.snapshot().await.sent_count("call-ringing"), 0);
    alice.cancel().await;
    alice.back_home().await;
    unfold(&bob, "Blocked people").await;
    let tail = &id[id.len() - 5..];
    let unblock = format!("Unblock “Alice” (Person {tail})");
    bob.page.click(Role::Button, &unblock).await;
    bob.page.wait_until_gone(Role::Button, &unblock).await;
    alice.call(&link, CallKind::Audio).await;
    bob.is_called().await;
}

async fn report_3_a_frozen_page_is_called_asleep_and_rings_when_it_wakes(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    bob.page.freeze().await;
    alice.call(&link, CallKind::Audio).await;
    wait_until_within(TOLD, "the word that Bob's device sleeps", async || {
        let text = alice.page.visible_text().await;
        let is_told = text.contains("device is asleep");
        is_told.then_some(()).ok_or(text)
    })
    .await;
    // It may wake up in time.
    bob.page.thaw().await;
    bob.is_called().await;
    alice.page.wait_for_text(&["Ringing"]).await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.hears(), bob.hears());
}
