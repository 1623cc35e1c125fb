//! Somebody is gone before the call is connected, and the other side is told.

use std::time::Duration;

use wimpex_e2e::{CallKind, Peer, Scenario, now_millis, soaks};

use crate::shared::{alice_and_bob, measured, scenarios};

scenarios! {
    AnyBrowsers: a_callee_closes_the_tab,
    AnyBrowsers: a_caller_closes_the_tab,
    AnyBrowsers: a_ringing_browser_is_killed,
    AnyBrowsers: a_calling_browser_is_killed,
}

/// A page that is closed can still say so.
const CLOSED: Duration = Duration::from_secs(5);
/// The same where other browsers share the machine: three seconds of it are for who may come back.
const CLOSED_IN_COMPANY: Duration = Duration::from_secs(10);
/// One that is killed cannot.
const KILLED: Duration = Duration::from_secs(20);

async fn a_callee_closes_the_tab(scenario: &Scenario<'_>) {
    let (alice, bob) = ringing(scenario).await;
    // A browser whose last tab is closed is gone with it.
    scenario.second_tab_of("Bob").await;
    let start = now_millis();
    bob.page.close().await;
    alice.call_is_over_within(closed(), GONE).await;
    told("a callee's tab was closed", start);
    alice.left_nothing().await;
}

async fn a_caller_closes_the_tab(scenario: &Scenario<'_>) {
    let (alice, bob) = ringing(scenario).await;
    scenario.second_tab_of("Alice").await;
    let start = now_millis();
    alice.page.close().await;
    bob.prompt_is_gone(closed()).await;
    told("a caller's tab was closed", start);
    bob.left_nothing().await;
}

async fn a_ringing_browser_is_killed(scenario: &Scenario<'_>) {
    let (alice, _) = ringing(scenario).await;
    let start = now_millis();
    scenario.kill_browser_of("Bob");
    alice.call_is_over_within(KILLED, GONE).await;
    told("a callee's browser was killed", start);
    alice.left_nothing().await;
}

async fn a_calling_browser_is_killed(scenario: &Scenario<'_>) {
    let (_, bob) = ringing(scenario).await;
    let start = now_millis();
    scenario.kill_browser_of("Alice");
    bob.prompt_is_gone(KILLED).await;
    told("a caller's browser was killed", start);
    bob.call_is_over(&["missed"]).await;
    bob.left_nothing().await;
}

fn closed() -> Duration {
    if soaks() { CLOSED } else { CLOSED_IN_COMPANY }
}

const GONE: &[&str] = &["no longer there"];

async fn ringing(scenario: &Scenario<'_>) -> (Peer, Peer) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    alice.page.wait_for_text(&["Ringing"]).await;
    (alice, bob)
}

fn told(what: &str, start: u64) {
    measured(&format!("{what}: told after {} ms", now_millis() - start));
}
