//! Screens beside the call itself.

use wimpex_e2e::{CallKind, Scenario};

use crate::shared::{alice_and_bob, connect, hang_up, scenarios};

scenarios! {
    AnyBrowsers: a_link_opens_ready_to_call,
    AnyBrowsers: the_debug_view_tells_what_happens,
    FirefoxToo: a_name_is_remembered,
}

async fn a_link_opens_ready_to_call(scenario: &Scenario<'_>) {
    let bob = scenario.peer("Bob").await;
    let alice = scenario.unopened_peer("Alice").await;
    let link = bob.link().await;
    let path = &link[link.find("/u/").expect("a link of the form …/u/ID")..];
    alice.visit(path).await;
    alice.enter_name().await;
    alice.press_call(CallKind::Audio).await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    hang_up(&bob, &alice).await;
}

async fn the_debug_view_tells_what_happens(scenario: &Scenario<'_>) {
    let alice = scenario.unopened_peer("Alice").await;
    let bob = scenario.peer("Bob").await;
    alice.open_at("/?debug").await;
    connect(&alice, &bob, CallKind::Video).await;
    for part in [
        "connectionState",
        "signalingState",
        "local candidate: host udp",
        "received track: video",
        // What went through the call machine, which is saved too.
        "{\"command\":{\"start-call\"",
        "→ changed",
        "Connecting → Connected",
    ] {
        alice.page.wait_for_text(&[part]).await;
    }
    hang_up(&alice, &bob).await;
}

async fn a_name_is_remembered(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let id = alice.id().await;
    alice.page.reload().await;
    alice.at_home().await;
    assert_eq!(alice.id().await, id, "a reload made another guest");
    alice.call(&bob.link().await, CallKind::Audio).await;
    let prompt = bob.is_called().await;
    assert!(prompt.contains("Alice"), "{prompt:?}");
    bob.decline().await;
    alice.call_is_over(&["declined"]).await;
}
