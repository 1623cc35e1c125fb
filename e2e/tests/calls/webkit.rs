//! WebKit, the engine of Safari, for what needs no WebRTC: Debian builds it without, so that the page is
//! told that it is there. What a call is made of is seen in Chromium and Firefox.

use tempfile::TempDir;
use wimpex_e2e::{Peer, Role, Scenario, build_without_webrtc};

use crate::fields::rejects_names;
use crate::hand::saves_a_file;
use crate::shared::{adds, opens_the_book, scenarios, unfold};

scenarios! {
    WebKit: a_webkit_without_webrtc_is_told_what_helps,
    WebKit: webkit_rejects_names_and_keeps_one,
    WebKit: webkit_keeps_contacts_and_sees_who_is_there,
    WebKit: report_24_webkit_saves_a_file,
}

/// The nearest thing to Safari that runs here: the page loads, with the part that is loaded later
/// and its style, and says what is missing.
async fn a_webkit_without_webrtc_is_told_what_helps(scenario: &Scenario<'_>) {
    let alice = scenario.unopened_peer("Alice").await;
    alice.visit("/").await;
    alice
        .page
        .wait_for_text(&["This browser cannot make calls"])
        .await;
    alice
        .page
        .find(Role::Heading, "This browser cannot make calls")
        .await;
    fits(&alice).await;
}

async fn webkit_rejects_names_and_keeps_one(scenario: &Scenario<'_>) {
    let _page = page(scenario);
    let alice = scenario.unopened_peer("Alice").await;
    rejects_names(&alice).await;
    fits(&alice).await;
    let id = alice.id().await;
    alice.page.reload().await;
    alice.at_home().await;
    assert_eq!(alice.id().await, id, "a reload made somebody else of her");
}

async fn webkit_keeps_contacts_and_sees_who_is_there(scenario: &Scenario<'_>) {
    let _page = page(scenario);
    let (alice, bob) = (scenario.peer("Alice").await, scenario.peer("Bob").await);
    opens_the_book(&alice).await;
    adds(&alice, &bob.link().await, "Bob").await;
    alice.page.wait_for_text(&["Bob", "online"]).await;
    unfold(&alice, "Keyboard shortcuts").await;
    fits(&alice).await;
    alice.page.reload().await;
    alice.at_home().await;
    alice.page.find(Role::Button, "Audio call with Bob").await;
}

/// mattgodbolt/jsbeeb *PR* #741: Safari saved nothing.
async fn report_24_webkit_saves_a_file(scenario: &Scenario<'_>) {
    let _page = page(scenario);
    saves_a_file(&scenario.peer("Alice").await).await;
}

fn page(scenario: &Scenario<'_>) -> TempDir {
    let page = build_without_webrtc();
    let folder = page.path().display().to_string();
    scenario.server_mut().restart_with(&["--page-dir", &folder]);
    page
}

/// Nothing is wider than the screen, and nothing was complained about.
async fn fits(peer: &Peer) {
    assert_eq!(peer.page.console_errors().await, Vec::<String>::new());
    let wide: bool = peer
        .page
        .evaluate("return document.scrollingElement.scrollWidth > innerWidth")
        .await;
    assert!(!wide, "it is wider than the screen");
}
