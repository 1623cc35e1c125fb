//! WebKit, the engine of Safari, for what needs no WebRTC: Debian builds it without, so that the page is
//! told that it is there. What a call is made of is seen in Chromium and Firefox.

use tempfile::TempDir;
use wimpex_e2e::{Peer, Role, Scenario, build_without_webrtc, wait_until};

use crate::accessibility::Audit;
use crate::contacts::contacts_outlive_all_else;
use crate::doors::makes_a_link;
use crate::fields::rejects_names;
use crate::hand::saves_a_file;
use crate::shared::{adds, opens_the_book, scenarios, unfold};

scenarios! {
    WebKit: a_webkit_without_webrtc_is_told_what_helps,
    WebKit: webkit_rejects_names_and_keeps_one,
    WebKit: webkit_keeps_contacts_and_sees_who_is_there,
    WebKit: report_24_webkit_saves_a_file,
    WebKit: webkit_gives_contacts_back_from_a_file,
    WebKit: webkit_makes_links_that_end,
    WebKit: webkit_is_not_disturbed_in_any_tab,
    WebKit: webkit_says_that_there_are_no_devices,
    WebKit: webkit_on_an_iphone_says_how_to_install,
    WebKit: axe_finds_nothing_in_webkit,
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

async fn webkit_gives_contacts_back_from_a_file(scenario: &Scenario<'_>) {
    let _page = page(scenario);
    let (alice, bob) = (scenario.peer("Alice").await, scenario.peer("Bob").await);
    contacts_outlive_all_else(scenario, &alice, &bob).await;
    fits(&alice).await;
}

async fn webkit_makes_links_that_end(scenario: &Scenario<'_>) {
    let _page = page(scenario);
    let bob = scenario.peer("Bob").await;
    opens_the_book(&bob).await;
    let link = makes_a_link(&bob, "For the plumber").await;
    bob.page
        .wait_for_text(&["For the plumber", "for one call"])
        .await;
    bob.page
        .click(Role::Button, "QR code: For the plumber")
        .await;
    bob.page.reload().await;
    bob.at_home().await;
    bob.page
        .click(Role::Button, "Take back: For the plumber")
        .await;
    bob.page
        .click(Role::Button, "Remove: For the plumber")
        .await;
    bob.page
        .wait_until_gone(Role::Button, "Remove: For the plumber")
        .await;
    fits(&bob).await;
    // Somebody who opens it sees whose it is; one that is none says so.
    let alice = scenario.peer("Alice").await;
    let place = link.find("/u/").expect("it is a link");
    alice.visit(&link[place..]).await;
    alice.page.find(Role::Button, "Video call").await;
    alice.visit("/u/!").await;
    alice.page.find(Role::Button, "Back to home").await;
    fits(&alice).await;
}

async fn webkit_is_not_disturbed_in_any_tab(scenario: &Scenario<'_>) {
    let _page = page(scenario);
    let bob = scenario.peer("Bob").await;
    opens_the_book(&bob).await;
    let second = scenario.second_tab_of("Bob").await;
    second.visit("/").await;
    second.at_home().await;
    bob.page.click(Role::Button, "For 30 minutes").await;
    for tab in [&bob, &second] {
        tab.page.wait_for_text(&["Do not disturb until"]).await;
    }
    bob.page.reload().await;
    bob.at_home().await;
    bob.page.click(Role::Button, "Turn off").await;
    for tab in [&bob, &second] {
        tab.page.wait_until_gone(Role::Button, "Turn off").await;
    }
}

async fn webkit_says_that_there_are_no_devices(scenario: &Scenario<'_>) {
    let _page = page(scenario);
    let alice = scenario.peer("Alice").await;
    alice
        .page
        .click(Role::Button, "Check camera and microphone")
        .await;
    alice.page.find(Role::Region, "Devices").await;
    let reasons = ["No camera was found", "doesn’t give it to pages"];
    alice.page.wait_for_text(&reasons).await;
    fits(&alice).await;
    alice.page.click(Role::Button, "Close").await;
    alice.page.wait_until_gone(Role::Region, "Devices").await;
}

/// What only iPhones and iPads have says that the page is in their browser.
async fn webkit_on_an_iphone_says_how_to_install(scenario: &Scenario<'_>) {
    let _page = page(scenario);
    let alice = scenario.peer("Alice").await;
    let in_browser = "navigator.standalone = false; return navigator.standalone === false";
    let is_so: bool = alice.page.evaluate(in_browser).await;
    assert!(is_so);
    opens_the_book(&alice).await;
    alice
        .page
        .wait_for_text(&["On an iPhone or iPad: tap Share, then “Add to Home Screen”"])
        .await;
    assert!(alice.page.find_now(Role::Button, "Install").await.is_none());
    alice.page.click(Role::Button, "No, thanks").await;
    alice.page.wait_until_gone(Role::Button, "No, thanks").await;
    fits(&alice).await;
}

async fn axe_finds_nothing_in_webkit(scenario: &Scenario<'_>) {
    let _page = page(scenario);
    let bob = scenario.peer("Bob").await;
    let alice = scenario.unopened_peer("Alice").await;
    let mut audit = Audit::new();
    alice.visit("/").await;
    alice.page.find(Role::Textbox, "Your name").await;
    audit.look(&alice, "webkit-welcome").await;
    alice.enter_name().await;
    alice.at_home().await;
    opens_the_book(&alice).await;
    adds(&alice, &bob.link().await, "Bob").await;
    audit.look(&alice, "webkit-contacts").await;
    alice.visit(&format!("/u/{}", bob.id().await)).await;
    // It may be called once the page is connected.
    wait_until("the button to be enabled", async || {
        let button = alice.page.find(Role::Button, "Video call").await;
        let is_enabled = button.is_enabled().await.unwrap_or(false);
        is_enabled.then_some(()).ok_or_else(String::new)
    })
    .await;
    audit.look(&alice, "webkit-person").await;
    audit.verdict();
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
