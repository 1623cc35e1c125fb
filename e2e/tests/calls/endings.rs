//! How calls end otherwise than by hanging up.

use std::time::Duration;

use wimpex_e2e::{BrowserOptions, CallKind, Role, Scenario};

use crate::page_return::is_kept;
use crate::shared::{BROKEN, ENDED, alice_and_bob, connect, scenarios};

scenarios! {
    AnyBrowsers: reloading_keeps_a_guests_id,
    AnyBrowsers: reloading_while_calling_stops_the_ringing,
    AnyBrowsers: hanging_up_right_after_accept_leaves_nothing,
    AnyBrowsers: the_server_is_lost_while_it_rings,
    AnyBrowsers: a_blocked_microphone_is_named_at_the_end,
}

async fn reloading_keeps_a_guests_id(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let id = bob.id().await;
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    is_kept(&bob).await;
    bob.page.reload().await;
    bob.at_home().await;
    bob.page.click(Role::Button, "End call").await;
    alice.call_is_over(&["hung up"]).await;
    alice.left_nothing().await;
    assert_eq!(id, bob.id().await, "a reload keeps a guest's id");
}

async fn reloading_while_calling_stops_the_ringing(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    alice.page.reload().await;
    bob.prompt_is_gone(Duration::from_secs(8)).await;
    bob.left_nothing().await;
}

/// The camera may still be starting then; it must go off again.
async fn hanging_up_right_after_accept_leaves_nothing(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.accept().await;
    bob.end().await;
    tokio::join!(alice.call_is_over(ENDED), bob.call_is_over(ENDED));
    tokio::join!(alice.left_nothing(), bob.left_nothing());
}

async fn the_server_is_lost_while_it_rings(scenario: &Scenario<'_>) {
    let (alice, bob) = (
        scenario.unopened_peer("Alice").await,
        scenario.unopened_peer("Bob").await,
    );
    tokio::join!(
        alice.open_at("/?debug&debug-ring-seconds=8"),
        bob.open_at("/?debug&debug-ring-seconds=8")
    );
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.was_called().await;
    scenario.server_mut().kill();
    alice
        .call_is_over(&["lost the server while connecting you and"])
        .await;
    bob.call_is_over(&["missed call"]).await;
    tokio::join!(alice.left_nothing_but(BROKEN), bob.left_nothing_but(BROKEN));
}

async fn a_blocked_microphone_is_named_at_the_end(scenario: &Scenario<'_>) {
    let denying = BrowserOptions {
        deny_microphone: true,
        ..BrowserOptions::default()
    };
    let alice = scenario.peer("Alice").await;
    let bob = scenario.unopened_peer_with("Bob", denying).await;
    bob.open().await;
    connect(&alice, &bob, CallKind::Audio).await;
    alice.end().await;
    bob.call_is_over(&["they couldn’t hear you: your microphone was blocked"])
        .await;
}
