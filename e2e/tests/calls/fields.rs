//! Bad input, and that the page says so in words, by the field.

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::scenarios;

scenarios! {
    FirefoxToo: names_that_cannot_be,
    AnyBrowsers: a_kept_name_that_cannot_be_is_asked_for_anew,
    AnyBrowsers: links_that_cannot_be_called,
}

async fn names_that_cannot_be(scenario: &Scenario<'_>) {
    rejects_names(&scenario.unopened_peer("Alice").await).await;
}

/// Each name that cannot be, until one can.
pub(crate) async fn rejects_names(alice: &Peer) {
    alice.visit("/").await;
    let long = "x".repeat(10_000);
    for name in [
        "",
        "   ",
        &long,
        "Al\u{7}ice",
        "Al\u{202e}ice",
        "\u{3164}",
        "Alice\u{fe0f}",
    ] {
        alice.page.paste("Your name", name).await;
        alice.page.click(Role::Button, "Continue").await;
        is_told(alice, "Your name").await;
        assert!(
            alice
                .page
                .find_now(Role::Textbox, "Your link")
                .await
                .is_none(),
            "{name:?} passed"
        );
    }
    alice.page.paste("Your name", "Alice").await;
    alice.page.click(Role::Button, "Continue").await;
    alice.at_home().await;
    assert_eq!(alice.page.console_errors().await, Vec::<String>::new());
}

/// Older pages took names that this one does not.
async fn a_kept_name_that_cannot_be_is_asked_for_anew(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let id = alice.id().await;
    let _: bool = alice
        .page
        .evaluate("localStorage.setItem('wimpex.name', 'Alice\\u{fe0f}'); return true")
        .await;
    alice.page.reload().await;
    is_told(&alice, "Your name").await;
    assert_eq!(alice.page.value("Your name").await, "Alice\u{fe0f}");
    alice.enter_name().await;
    alice.at_home().await;
    assert_eq!(alice.id().await, id, "she is the same person");
}

async fn links_that_cannot_be_called(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let own_link = alice.link().await;
    let own_id = alice.id().await;
    let long = "x".repeat(10_000);
    for link in [
        "",
        "not a link!",
        "https://example.com/",
        "http://[/u/x",
        &long,
        &own_link,
        &own_id,
    ] {
        alice.page.paste("Call link or ID", link).await;
        alice.press_call(CallKind::Video).await;
        is_told(&alice, "Call link or ID").await;
    }
    let now = alice.page.snapshot().await;
    assert_eq!(
        now.sent_count("call-offer"),
        0,
        "an impossible call was made"
    );
    assert_eq!((now.captures, now.connections_made), (0, 0));
    assert_eq!(alice.page.console_errors().await, Vec::<String>::new());
}

/// The field is marked as invalid, and refers to words that can be seen.
async fn is_told(peer: &Peer, field: &str) {
    wait_until(&format!("words by the field {field:?}"), async || {
        let element = peer.page.find(Role::Textbox, field).await;
        let invalid = element.attr("aria-invalid").await.ok().flatten();
        let refers = async |name| { element.attr(name).await.ok().flatten().unwrap_or_default() };
        let ids = format!("{} {}", refers("aria-errormessage").await, refers("aria-describedby").await);
        let script = format!(
            "return {ids:?}.split(/\\s+/).map((id) => document.getElementById(id)?.innerText ?? '').join(' ').trim()"
        );
        let words: String = peer.page.evaluate(&script).await;
        if invalid.as_deref() == Some("true") && !words.is_empty() {
            return Ok(());
        }
        Err(format!("aria-invalid {invalid:?}, words {words:?}"))
    })
    .await;
}
