//! One person in several tabs, or in one that is loaded anew.

use wimpex_e2e::{CallKind, Peer, Scenario, soaks, wait_until};

use crate::shared::{alice_and_bob, hang_up, measured, scenarios};

scenarios! {
    AnyBrowsers: answered_in_one_tab_the_other_stops_ringing,
    AnyBrowsers: declined_in_one_tab_the_other_stops_ringing,
    AnyBrowsers: a_reloaded_page_rings_again,
}

/// In milliseconds.
const AT_ONCE: u64 = 1_000;
/// The same where other browsers share the machine. One that is not told rings on.
const AT_ONCE_IN_COMPANY: u64 = 4_000;

async fn answered_in_one_tab_the_other_stops_ringing(scenario: &Scenario<'_>) {
    let (alice, bob, other) = ringing_in_two_tabs(scenario).await;
    bob.accept().await;
    stops_ringing(&bob, "call-answer", &other).await;
    other.call_is_over(&["answered on another device"]).await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    let seen = other.page.snapshot().await;
    assert_eq!(
        (
            seen.captures,
            seen.connections_made,
            seen.sent_count("call-answer")
        ),
        (0, 0, 0),
        "the other tab took part"
    );
    hang_up(&bob, &alice).await;
    other.left_nothing().await;
}

async fn declined_in_one_tab_the_other_stops_ringing(scenario: &Scenario<'_>) {
    let (alice, bob, other) = ringing_in_two_tabs(scenario).await;
    bob.decline().await;
    stops_ringing(&bob, "call-reject", &other).await;
    other.call_is_over(&["declined on another device"]).await;
    alice.call_is_over(&["declined"]).await;
    tokio::join!(alice.left_nothing(), bob.left_nothing());
    other.left_nothing().await;
}

async fn a_reloaded_page_rings_again(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    bob.page.reload().await;
    let prompt = bob.is_called().await;
    assert!(prompt.contains("Alice"), "{prompt:?}");
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    hang_up(&alice, &bob).await;
}

/// Alice calls Bob, who has the page in two tabs; the one that he uses comes first.
async fn ringing_in_two_tabs(scenario: &Scenario<'_>) -> (Peer, Peer, Peer) {
    let (alice, other) = alice_and_bob(scenario).await;
    // The new tab is in front. In the background a browser slows pages down, and
    // the ringing has to stop there all the same.
    let bob = scenario.second_tab_of("Bob").await;
    bob.visit("/").await;
    bob.at_home().await;
    alice.call(&bob.link().await, CallKind::Video).await;
    other.is_called().await;
    bob.is_called().await;
    (alice, bob, other)
}

/// The prompt goes within a second of the word that settles it. Measured by the
/// pages: the driver is too slow to tell.
async fn stops_ringing(bob: &Peer, word: &str, other: &Peer) {
    let said = wait_until(&format!("a {word}"), async || {
        let sent = bob.page.snapshot().await.sent;
        let word = sent.iter().find(|sent| sent.r#type == word);
        word.map(|sent| sent.at).ok_or_else(|| "none".to_owned())
    })
    .await;
    let gone = wait_until("the other tab to stop ringing", async || {
        let prompts = other.page.snapshot().await.prompts;
        let last = prompts.last().expect("it has rung");
        last.gone.ok_or_else(|| "it rings on".to_owned())
    })
    .await;
    let own = bob
        .page
        .snapshot()
        .await
        .prompts
        .last()
        .and_then(|p| p.gone);
    let clicked = own.expect("the prompt goes with the click");
    measured(&format!(
        "the other tab stops ringing {} ms after {word}, {} ms after the click",
        gone.saturating_sub(said),
        gone.saturating_sub(clicked)
    ));
    let at_once = if soaks() { AT_ONCE } else { AT_ONCE_IN_COMPANY };
    assert!(gone.saturating_sub(said) < at_once, "too late");
}
