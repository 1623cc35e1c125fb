//! The way to the server is gone for ten seconds while a call is made, and the
//! call comes about, or ends, all the same.

use std::time::Duration;

use tokio::time::sleep;
use wimpex_e2e::{BrowserOptions, CallKind, Peer, Role, Scenario, TcpProxy, Traffic, wait_until};

use crate::shared::{BROKEN, hang_up_but, scenarios};

scenarios! {
    AnyBrowsers: a_silent_network_while_it_rings,
    AnyBrowsers: a_cut_network_while_it_rings,
    AnyBrowsers: accepted_while_the_network_is_silent,
    AnyBrowsers: accepted_while_the_network_is_cut,
    AnyBrowsers: the_network_falls_silent_right_after_the_answer,
    AnyBrowsers: the_network_is_cut_right_after_the_answer,
    AnyBrowsers: cancelled_while_the_network_is_silent,
    AnyBrowsers: declined_while_the_network_is_cut,
    FirefoxToo: a_page_of_which_a_part_is_lost_is_loaded_again,
    FirefoxToo: a_part_that_is_cut_off_is_had_at_a_later_try,
    // Only Chromium can be told by DevTools which files are not to be had.
    Chromium: what_runs_calls_is_had_at_a_later_try,
    Chromium: a_call_rings_before_what_runs_it_is_there,
}

const BLACKOUT: Duration = Duration::from_secs(10);
/// After the blackout: for the longest wait before the server is tried again, on a
/// loaded machine.
const SOON: Duration = Duration::from_secs(8);

async fn a_page_of_which_a_part_is_lost_is_loaded_again(scenario: &Scenario<'_>) {
    let proxy = scenario.proxy().await;
    let alice = scenario.unopened_peer_over(&proxy, "Alice").await;
    proxy.traffic(Traffic::Truncate);
    alice.visit("/").await;
    alice.page.wait_for_text(&["could not be loaded"]).await;
    alice.visit("/").await;
    alice.page.wait_for_text(&["Loading"]).await;
    proxy.traffic(Traffic::Pass);
    alice.enter_name().await;
    alice.at_home().await;
}

/// What is loaded later ends in the middle: that is said, and the next try finds it.
async fn a_part_that_is_cut_off_is_had_at_a_later_try(scenario: &Scenario<'_>) {
    let bob = scenario.peer("Bob").await;
    let id = bob.id().await;
    let proxy = scenario.proxy().await;
    // Without a service worker, which would fetch it once more by itself.
    let options = BrowserOptions {
        keeps_nothing: true,
        ..BrowserOptions::default()
    };
    let alice = scenario
        .unopened_peer_over_with(&proxy, "Alice", options)
        .await;
    proxy.traffic(Traffic::TruncateLater);
    alice.visit("/").await;
    alice.enter_name().await;
    alice.at_home().await;
    alice.enter_callee(&id).await;
    alice.press_call(CallKind::Audio).await;
    alice.page.wait_for_text(&["could not be loaded"]).await;
    proxy.traffic(Traffic::Pass);
    alice.page.click(Role::Button, "Back to home").await;
    alice.enter_callee(&id).await;
    alice.press_call(CallKind::Audio).await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    // Each browser has its own words for it.
    let lost = ["CompileError", "TypeError", "net::ERR_", "network"];
    hang_up_but(&alice, &bob, &lost).await;
}

/// Of the two files that come with the first call, first one is lost and then the other: that is
/// said, and the next try finds it.
async fn what_runs_calls_is_had_at_a_later_try(scenario: &Scenario<'_>) {
    let bob = scenario.peer("Bob").await;
    let link = bob.link().await;
    for lost in ["*/split_*.wasm", "*/split_*.js*"] {
        let alice = scenario.unopened_peer("Alice").await;
        let block = async |urls: &[&str]| {
            let urls = serde_json::json!({ "urls": urls });
            alice.page.devtools("Network.setBlockedURLs", urls).await;
        };
        let nothing = serde_json::json!({});
        alice.page.devtools("Network.enable", nothing).await;
        block(&[lost]).await;
        alice.visit("/").await;
        alice.enter_name().await;
        alice.at_home().await;
        alice.enter_callee(&link).await;
        alice.press_call(CallKind::Audio).await;
        alice.page.wait_for_text(&["could not be loaded"]).await;
        block(&[]).await;
        alice.page.click(Role::Button, "Back to home").await;
        alice.enter_callee(&link).await;
        alice.press_call(CallKind::Audio).await;
        bob.accept().await;
        tokio::join!(alice.is_connected(), bob.is_connected());
        let lost = ["net::ERR_", "Failed to fetch"];
        hang_up_but(&alice, &bob, &lost).await;
        bob.page.click(Role::Button, "Back to home").await;
    }
}

/// The prompt is of a small part of its own, which comes first; whoever declines needs no other.
async fn a_call_rings_before_what_runs_it_is_there(scenario: &Scenario<'_>) {
    let bob = scenario.unopened_peer("Bob").await;
    let nothing = serde_json::json!({});
    bob.page.devtools("Network.enable", nothing).await;
    let urls = serde_json::json!({ "urls": ["*/split_calls*", "*/split_extras*"] });
    bob.page.devtools("Network.setBlockedURLs", urls).await;
    bob.visit("/").await;
    bob.enter_name().await;
    bob.at_home().await;
    let link = bob.link().await;
    let alice = scenario.peer("Alice").await;
    alice.enter_callee(&link).await;
    alice.press_call(CallKind::Audio).await;
    bob.page.click(Role::Button, "Decline").await;
    alice.page.wait_for_text(&["Declined"]).await;
}

async fn a_silent_network_while_it_rings(scenario: &Scenario<'_>) {
    blackout_while_ringing(scenario, Traffic::Stall).await;
}

async fn a_cut_network_while_it_rings(scenario: &Scenario<'_>) {
    blackout_while_ringing(scenario, Traffic::Cut).await;
}

async fn blackout_while_ringing(scenario: &Scenario<'_>, traffic: Traffic) {
    let (proxy, alice, bob) = ringing_over_a_proxy(scenario).await;
    proxy.traffic(traffic);
    sleep(BLACKOUT).await;
    proxy.traffic(Traffic::Pass);
    bob.accept().await;
    connected_and_over(&alice, &bob).await;
}

async fn accepted_while_the_network_is_silent(scenario: &Scenario<'_>) {
    accepted_in_a_blackout(scenario, Traffic::Stall).await;
}

async fn accepted_while_the_network_is_cut(scenario: &Scenario<'_>) {
    accepted_in_a_blackout(scenario, Traffic::Cut).await;
}

async fn accepted_in_a_blackout(scenario: &Scenario<'_>, traffic: Traffic) {
    let (proxy, alice, bob) = ringing_over_a_proxy(scenario).await;
    proxy.traffic(traffic);
    bob.accept().await;
    sleep(BLACKOUT).await;
    assert_eq!(
        alice.page.snapshot().await.sent_count("ice-candidate"),
        0,
        "the blackout is none"
    );
    proxy.traffic(Traffic::Pass);
    connected_and_over(&alice, &bob).await;
}

async fn the_network_falls_silent_right_after_the_answer(scenario: &Scenario<'_>) {
    blackout_after_the_answer(scenario, Traffic::Stall).await;
}

async fn the_network_is_cut_right_after_the_answer(scenario: &Scenario<'_>) {
    blackout_after_the_answer(scenario, Traffic::Cut).await;
}

/// Whatever has got through by then: the answer, and none, some or all candidates.
async fn blackout_after_the_answer(scenario: &Scenario<'_>, traffic: Traffic) {
    let (proxy, alice, bob) = ringing_over_a_proxy(scenario).await;
    bob.accept().await;
    wait_until("an answer", async || {
        match bob.page.snapshot().await.sent_count("call-answer") {
            0 => Err("none".to_owned()),
            _ => Ok(()),
        }
    })
    .await;
    proxy.traffic(traffic);
    sleep(BLACKOUT).await;
    proxy.traffic(Traffic::Pass);
    connected_and_over(&alice, &bob).await;
}

async fn cancelled_while_the_network_is_silent(scenario: &Scenario<'_>) {
    let (proxy, alice, bob) = ringing_over_a_proxy(scenario).await;
    proxy.traffic(Traffic::Stall);
    alice.cancel().await;
    alice.call_is_over(&["cancelled"]).await;
    sleep(BLACKOUT).await;
    proxy.traffic(Traffic::Pass);
    bob.prompt_is_gone(SOON).await;
    nothing_is_left(&alice, &bob).await;
}

async fn declined_while_the_network_is_cut(scenario: &Scenario<'_>) {
    let (proxy, alice, bob) = ringing_over_a_proxy(scenario).await;
    proxy.traffic(Traffic::Cut);
    bob.decline().await;
    sleep(BLACKOUT).await;
    proxy.traffic(Traffic::Pass);
    alice.call_is_over_within(SOON, &["declined"]).await;
    nothing_is_left(&alice, &bob).await;
}

async fn ringing_over_a_proxy(scenario: &Scenario<'_>) -> (TcpProxy, Peer, Peer) {
    let proxy = scenario.proxy().await;
    let alice = scenario.peer_over(&proxy, "Alice").await;
    let bob = scenario.peer_over(&proxy, "Bob").await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    alice.page.wait_for_text(&["Ringing"]).await;
    (proxy, alice, bob)
}

async fn connected_and_over(alice: &Peer, bob: &Peer) {
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    hang_up_but(alice, bob, BROKEN).await;
}

async fn nothing_is_left(alice: &Peer, bob: &Peer) {
    tokio::join!(alice.left_nothing_but(BROKEN), bob.left_nothing_but(BROKEN));
}
