//! Calls with a page that somebody else wrote, from the contract's first four
//! messages alone.

use std::time::Duration;

use wimpex_e2e::{CallKind, Scenario};

use crate::shared::scenarios;
use crate::verified::opens;

scenarios! {
    AnyBrowsers: the_bare_page_calls_wimpex,
    AnyBrowsers: wimpex_calls_the_bare_page,
    AnyBrowsers: the_bare_page_makes_an_audio_call,
    AnyBrowsers: the_bare_page_declines_and_is_declined,
    AnyBrowsers: two_bare_pages_call_each_other,
}

/// No message of the four says that somebody hung up. It shows in the DTLS
/// transport, which closes at once; the ICE connection fails much later.
const SILENT_END: Duration = Duration::from_secs(8);

async fn the_bare_page_calls_wimpex(scenario: &Scenario<'_>) {
    let bare = scenario.bare_peer("Bare").await;
    let alice = scenario.peer("Alice").await;
    bare.call(&alice.id().await, CallKind::Video).await;
    let prompt = alice.is_called().await;
    assert!(
        prompt.contains("Bare"),
        "the prompt names the caller: {prompt:?}"
    );
    assert!(prompt.to_lowercase().contains("not verified"), "{prompt:?}");
    alice.accept().await;
    alice.is_connected().await;
    tokio::join!(
        alice.sees(),
        alice.hears(),
        bare.peer().sees(),
        bare.peer().hears()
    );
    let text = opens(&alice, "Not verified").await;
    assert!(text.contains("hasn’t proved who they are"), "{text}");
    bare.end().await;
    alice
        .call_is_over_within(SILENT_END, &["ended", "lost", "failed", "hung up"])
        .await;
    tokio::join!(alice.left_nothing(), bare.peer().left_nothing());
}

async fn wimpex_calls_the_bare_page(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let bare = scenario.bare_peer("Bare").await;
    alice.call(&bare.id().await, CallKind::Video).await;
    bare.accept().await;
    alice.is_connected().await;
    tokio::join!(
        alice.sees(),
        alice.hears(),
        bare.peer().sees(),
        bare.peer().hears()
    );
    let text = opens(&alice, "Not verified").await;
    assert!(text.contains("hasn’t proved who they are"), "{text}");
    alice.end().await;
    alice.call_is_over(&["ended"]).await;
    bare.state_is("ended").await;
    tokio::join!(alice.left_nothing(), bare.peer().left_nothing());
}

async fn the_bare_page_makes_an_audio_call(scenario: &Scenario<'_>) {
    let bare = scenario.bare_peer("Bare").await;
    let alice = scenario.peer("Alice").await;
    bare.call(&alice.id().await, CallKind::Audio).await;
    alice.accept().await;
    alice.is_connected().await;
    tokio::join!(alice.hears(), bare.peer().hears());
    assert_eq!(alice.page.snapshot().await.live_cameras, 0);
    alice.end().await;
    alice.call_is_over(&["ended"]).await;
    alice.left_nothing().await;
}

async fn the_bare_page_declines_and_is_declined(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let bare = scenario.bare_peer("Bare").await;
    alice.call(&bare.id().await, CallKind::Video).await;
    bare.decline().await;
    alice.call_is_over(&["declined"]).await;
    alice.left_nothing().await;
    alice.back_home().await;
    bare.call(&alice.id().await, CallKind::Video).await;
    alice.decline().await;
    bare.state_is("declined").await;
    bare.peer().left_nothing().await;
}

/// The reference works by itself: what fails above is not its fault.
async fn two_bare_pages_call_each_other(scenario: &Scenario<'_>) {
    let ann = scenario.bare_peer("Ann").await;
    let ben = scenario.bare_peer("Ben").await;
    ann.call(&ben.id().await, CallKind::Video).await;
    ben.accept().await;
    tokio::join!(ann.state_is("connected"), ben.state_is("connected"));
    let (a, b) = (ann.peer(), ben.peer());
    tokio::join!(a.sees(), a.hears(), b.sees(), b.hears());
    ann.end().await;
    ben.state_is("ended").await;
    tokio::join!(a.left_nothing(), b.left_nothing());
}
