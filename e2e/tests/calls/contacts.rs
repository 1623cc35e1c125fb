//! Contacts, past calls, and what belongs to this device.

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{
    adds, alice_and_bob, connect, hang_up, keeps, opens_the_book, scenarios, unfold,
};
use crate::verified::opens;

scenarios! {
    AnyBrowsers: a_contact_is_called_by_the_name_that_you_give,
    AnyBrowsers: who_is_blocked_or_no_contact_does_not_ring,
    AnyBrowsers: a_sas_mismatch_is_mentioned_at_the_next_call,
    AnyBrowsers: calls_are_remembered_and_missed_ones_too,
    AnyBrowsers: contacts_export_import_and_forget_me,
    AnyBrowsers: a_scanned_link_is_taken_and_the_camera_goes_off,
}

async fn a_contact_is_called_by_the_name_that_you_give(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    opens_the_book(&bob).await;
    // What is no link is told, and changes nothing.
    unfold(&bob, "Add a contact").await;
    bob.page.fill("Their link or ID", "nobody at all").await;
    bob.page.click(Role::Button, "Add").await;
    bob.page.wait_for_text(&["not a call link or ID"]).await;
    let guest = "guest-abcdefghijklmnopqrst";
    bob.page.fill("Their link or ID", guest).await;
    bob.page.fill("Your name for them", "A guest").await;
    bob.page.click(Role::Button, "Add").await;
    bob.page.wait_for_text(&["guest’s link"]).await;
    adds(&bob, &alice.link().await, "My sister").await;
    // In a second tab too, at once.
    let second = scenario.second_tab_of("Bob").await;
    second.visit("/").await;
    second.at_home().await;
    second
        .page
        .find(Role::Button, "Audio call with My sister")
        .await;
    second.page.goto("about:blank").await;
    alice.call(&bob.link().await, CallKind::Audio).await;
    let prompt = bob.is_called().await;
    assert!(prompt.contains("My sister"), "{prompt}");
    assert!(
        prompt.contains("They call themselves “Alice” now"),
        "{prompt}"
    );
    assert!(!prompt.contains("not verified"), "{prompt}");
    bob.decline().await;
    alice.call_is_over(&["declined"]).await;
    alice.back_home().await;
    bob.back_home().await;
    // And called with one click.
    bob.page
        .click(Role::Button, "Audio call with My sister")
        .await;
    alice.accept().await;
    bob.is_connected().await;
    bob.page.find(Role::Heading, "My sister").await;
    hang_up(&bob, &alice).await;
    keeps(&alice, "Bob").await;
    alice.back_home().await;
    alice.page.find(Role::Button, "Audio call with Bob").await;
    unfold(&alice, "More about Bob").await;
    alice.page.fill("Name for Bob", "My brother").await;
    alice.page.click(Role::Button, "Rename").await;
    alice
        .page
        .find(Role::Button, "Audio call with My brother")
        .await;
    alice.page.reload().await;
    unfold(&alice, "More about My brother").await;
    alice.page.click(Role::Button, "Remove").await;
    alice
        .page
        .wait_until_gone(Role::Button, "Audio call with My brother")
        .await;
}

async fn who_is_blocked_or_no_contact_does_not_ring(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    opens_the_book(&bob).await;
    adds(&bob, &alice.link().await, "Alice").await;
    unfold(&bob, "More about Alice").await;
    bob.page.click(Role::Button, "Block").await;
    bob.page.find(Role::Button, "Unblock").await;
    let link = bob.link().await;
    let is_not_heard = async || {
        alice.call(&link, CallKind::Audio).await;
        // It has come to Bob's page by then.
        wait_until("the offer at Bob's", async || {
            let received = bob.page.snapshot().await.received;
            let offers = received.iter().filter(|it| it.r#type == "call-offer");
            (offers.count() > 0).then_some(()).ok_or_else(String::new)
        })
        .await;
        alice.cancel().await;
        alice.back_home().await;
        // What comes after it has been heard: nothing is left to ring.
        let snapshot = bob.page.snapshot().await;
        assert_eq!(snapshot.sent_count("call-ringing"), 0);
        assert!(snapshot.prompts.is_empty());
        let _: bool = bob.page.evaluate("return window.__probe.forget()").await;
    };
    is_not_heard().await;
    bob.page.click(Role::Button, "Unblock").await;
    bob.page.click(Role::Button, "Remove").await;
    bob.page
        .wait_until_gone(Role::Button, "Audio call with Alice")
        .await;
    bob.page
        .click(Role::Checkbox, "Only contacts may call me")
        .await;
    is_not_heard().await;
    bob.page
        .click(Role::Checkbox, "Only contacts may call me")
        .await;
    connect(&alice, &bob, CallKind::Audio).await;
    hang_up(&alice, &bob).await;
}

async fn a_sas_mismatch_is_mentioned_at_the_next_call(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    opens_the_book(&bob).await;
    adds(&bob, &alice.link().await, "My sister").await;
    connect(&alice, &bob, CallKind::Audio).await;
    let text = opens(&bob, "Verified").await;
    assert!(text.contains("key of your contact My sister"), "{text}");
    bob.page.click(Role::Button, "They don’t match").await;
    bob.page.find(Role::Button, "Not verified").await;
    hang_up(&bob, &alice).await;
    tokio::join!(alice.back_home(), bob.back_home());
    alice.call(&bob.link().await, CallKind::Audio).await;
    let prompt = bob.is_called().await;
    assert!(prompt.contains("emoji didn’t match"), "{prompt}");
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    let text = opens(&bob, "Not verified").await;
    assert!(text.contains("they differed"), "{text}");
    bob.page.click(Role::Button, "They match").await;
    bob.page.find(Role::Button, "Verified").await;
    hang_up(&bob, &alice).await;
    bob.back_home().await;
    let text = bob.page.visible_text().await;
    assert!(!text.contains("emoji didn’t match"), "{text}");
}

async fn calls_are_remembered_and_missed_ones_too(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    alice.cancel().await;
    bob.call_is_over(&["missed", "cancelled", "gave up"]).await;
    bob.back_home().await;
    alice.back_home().await;
    alice.page.reload().await;
    bob.page.reload().await;
    alice.page.wait_for_text(&["video call, cancelled"]).await;
    bob.page.wait_for_text(&["video call, missed"]).await;
    bob.page.click(Role::Button, "Call Alice again").await;
    alice.accept().await;
    bob.is_connected().await;
    hang_up(&bob, &alice).await;
    bob.back_home().await;
    wait_until("how long the call was", async || {
        let text = bob.page.visible_text().await.to_lowercase();
        let is_told = text.split("video call, ").skip(1).any(|rest| {
            let unit = rest.trim_start_matches(|it: char| it.is_ascii_digit());
            unit.len() < rest.len() && unit.starts_with(" second")
        });
        is_told.then_some(()).ok_or(text)
    })
    .await;
    bob.page.click(Role::Button, "Clear the list").await;
    bob.page
        .wait_until_gone(Role::Button, "Call Alice again")
        .await;
}

async fn contacts_export_import_and_forget_me(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    contacts_outlive_all_else(scenario, &alice, &bob).await;
}

/// Alice saves Bob to a file, forgets everything, and has him back by the file.
pub(crate) async fn contacts_outlive_all_else(scenario: &Scenario<'_>, alice: &Peer, bob: &Peer) {
    opens_the_book(alice).await;
    adds(alice, &bob.link().await, "Bob").await;
    let watch = "window.__saved = ''; const made = URL.createObjectURL; URL.createObjectURL = (blob) => { \
        blob.text().then((text) => { window.__saved = text; }); return made(blob); }; return true";
    let _: bool = alice.page.evaluate(watch).await;
    alice
        .page
        .click(Role::Button, "Save contacts to a file")
        .await;
    let file = wait_until("a file", async || {
        let text: String = alice.page.evaluate("return window.__saved").await;
        (!text.is_empty()).then_some(text).ok_or_else(String::new)
    })
    .await;
    assert!(file.contains(&bob.id().await), "{file}");
    // Everything is forgotten, and the page begins anew, as somebody else. So does what
    // else of hers is open.
    let second = scenario.second_tab_of("Alice").await;
    second.visit("/").await;
    second.at_home().await;
    let id = alice.id().await;
    unfold(alice, "Forget me").await;
    alice
        .page
        .click(Role::Checkbox, "I know that this cannot be undone")
        .await;
    alice.page.click(Role::Button, "Forget everything").await;
    for tab in [&second, alice] {
        wait_until("the first screen", async || {
            let text = tab.page.visible_text().await;
            let is_new = text.contains("What’s your name?");
            is_new.then_some(()).ok_or(text)
        })
        .await;
    }
    second.page.goto("about:blank").await;
    let left: Vec<String> = alice
        .page
        .evaluate("return Object.keys(localStorage)")
        .await;
    assert!(left.is_empty(), "{left:?}");
    alice.enter_name().await;
    alice.at_home().await;
    assert_ne!(alice.id().await, id);
    // The file, as the person would choose it.
    opens_the_book(alice).await;
    let choose = format!(
        "HTMLInputElement.prototype.click = function () {{ \
             const files = new DataTransfer(); \
             files.items.add(new File([{file:?}], 'contacts.json')); \
             this.files = files.files; \
             this.dispatchEvent(new Event('change')); \
         }}; return true"
    );
    let _: bool = alice.page.evaluate(&choose).await;
    alice
        .page
        .click(Role::Button, "Load contacts from a file")
        .await;
    // Nothing of it counts before she has seen whom it brings.
    alice.page.find(Role::Region, "Contacts in this file").await;
    alice.page.wait_for_text(&["1 new contact."]).await;
    let bob_is_listed = alice
        .page
        .find_now(Role::Button, "Audio call with Bob")
        .await;
    assert!(bob_is_listed.is_none());
    alice.page.click(Role::Button, "Add chosen contacts").await;
    alice.page.wait_for_text(&["1 contact added"]).await;
    alice.page.find(Role::Button, "Audio call with Bob").await;
    alice.page.wait_for_text(&["not compared"]).await;
}

/// No browser here has a `BarcodeDetector`; this one sees a link at the third look.
const DETECTOR: &str = "window.BarcodeDetector = class {
    constructor() { this.looks = 0; }
    async detect(video) {
        if (!(video instanceof HTMLVideoElement)) throw new TypeError('no video');
        this.looks += 1;
        return this.looks < 3 ? [] : [{ rawValue: LINK }];
    }
}; return true";

async fn a_scanned_link_is_taken_and_the_camera_goes_off(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    // Where there is none, nothing is offered.
    opens_the_book(&alice).await;
    unfold(&alice, "Add a contact").await;
    let scan = alice.page.find_now(Role::Button, "Scan a code").await;
    assert!(scan.is_none());
    alice.page.reload().await;
    alice.at_home().await;
    let link = serde_json::to_string(&bob.link().await).expect("a text");
    let _: bool = alice.page.evaluate(&DETECTOR.replace("LINK", &link)).await;
    opens_the_book(&alice).await;
    unfold(&alice, "Add a contact").await;
    alice.page.click(Role::Button, "Scan a code").await;
    wait_until("Bob's link", async || {
        let text = alice.page.value("Their link or ID").await;
        text.contains("/u/w1").then_some(()).ok_or(text)
    })
    .await;
    alice.left_nothing().await;
    // Given up, the camera goes off too.
    let never = DETECTOR.replace("this.looks < 3", "true");
    let _: bool = alice.page.evaluate(&never.replace("LINK", &link)).await;
    alice.page.click(Role::Button, "Scan a code").await;
    wait_until("the camera", async || {
        let cameras = alice.page.snapshot().await.live_cameras;
        (cameras == 1).then_some(()).ok_or(cameras.to_string())
    })
    .await;
    alice.page.click(Role::Button, "Stop scanning").await;
    alice.left_nothing().await;
}
