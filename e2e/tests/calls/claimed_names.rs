//! Somebody with a key of their own, who goes by the name of a contact.

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{adds, hang_up, keeps, opens_the_book, scenarios};

scenarios! {
    AnyBrowsers: a_stranger_never_becomes_a_contact_by_its_name,
}

/// Bob has a contact Mum; somebody else calls herself so too.
async fn bob_and_a_false_mum(scenario: &Scenario<'_>) -> (Peer, Peer) {
    let bob = scenario.peer("Bob").await;
    let mum = scenario.peer("Mum").await;
    opens_the_book(&bob).await;
    adds(&bob, &mum.link().await, "Mum").await;
    mum.page.goto("about:blank").await;
    let evil = scenario.unopened_peer("Evil").await;
    evil.visit("/").await;
    evil.page.fill("Your name", "Mum").await;
    evil.page.click(Role::Button, "Continue").await;
    evil.at_home().await;
    (bob, evil)
}

/// All that Bob sees says that the name is her own choice, and which of two it is.
fn is_marked(text: &str, evil: &str) {
    let tail = format!("ID …{}", &evil[evil.len() - 5..]);
    assert!(
        text.contains("claimed name") && text.contains(&tail),
        "{text}"
    );
}

async fn is_refused(bob: &Peer, name: &str, words: &str) {
    bob.page.fill("Your name for them", name).await;
    bob.page.click(Role::Button, "Add").await;
    bob.page.wait_for_text(&[words]).await;
    bob.page.find(Role::Button, "Use this name anyway").await;
}

async fn a_stranger_never_becomes_a_contact_by_its_name(scenario: &Scenario<'_>) {
    let (bob, evil) = bob_and_a_false_mum(scenario).await;
    let (link, id) = (bob.link().await, evil.id().await);
    evil.call(&link, CallKind::Audio).await;
    let prompt = bob.is_called().await;
    assert!(prompt.contains("not verified"), "{prompt}");
    is_marked(&prompt, &id);
    wait_until("a title that says so", async || {
        let title = bob.page.title().await;
        let is_marked = title.contains("“\u{2068}Mum\u{2069}” (claimed name)");
        is_marked.then_some(()).ok_or(title)
    })
    .await;
    evil.cancel().await;
    bob.call_is_over(&["“Mum” called you"]).await;
    is_marked(&bob.page.visible_text().await, &id);
    evil.back_home().await;
    bob.back_home().await;

    // In the list too; and she is called back as somebody unknown.
    bob.page.find(Role::Button, "Call Mum again").await;
    is_marked(&bob.page.visible_text().await, &id);
    bob.page.click(Role::Button, "Call Mum again").await;
    evil.is_called().await;
    bob.page.find(Role::Button, "Not verified").await;
    is_marked(&bob.page.visible_text().await, &id);
    bob.cancel().await;
    evil.back_home().await;

    // Nothing is proposed, and no name that he would take for Mum's.
    bob.page.click(Role::Button, "Add to contacts").await;
    bob.page.wait_for_text(&["nothing shows whose it is"]).await;
    assert_eq!(bob.page.value("Your name for them").await, "");
    is_refused(&bob, "Mum", "already have a contact called Mum").await;
    is_refused(&bob, "Мum", "looks like your contact Mum").await;
    bob.page.click(Role::Button, "Cancel").await;
    keeps(&bob, "Not Mum").await;
    bob.back_home().await;
    bob.page.find(Role::Button, "Audio call with Mum").await;
    bob.page.find(Role::Button, "Audio call with Not Mum").await;

    // From then on she rings as what he calls her, and is no more verified than before.
    evil.call(&link, CallKind::Audio).await;
    let prompt = bob.is_called().await;
    assert!(
        prompt.contains("Not Mum") && prompt.contains("not compared"),
        "{prompt}"
    );
    bob.accept().await;
    tokio::join!(evil.is_connected(), bob.is_connected());
    bob.page.find(Role::Button, "Not compared").await;
    hang_up(&evil, &bob).await;
}
