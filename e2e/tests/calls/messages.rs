//! Messages for who did not answer: left, sealed, played; and refused.

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{adds, alice_and_bob, opens_the_book, scenarios};

scenarios! {
    Chromium: a_message_is_left_and_played_later,
    Chromium: a_message_for_who_is_there_comes_at_once,
    Chromium: a_stranger_leaves_nothing_for_contacts_only,
}

/// A page of the same origin that is not the page.
const ELSEWHERE: &str = "/healthz";
const PLAY: &str = "Play the message from My Alice";

async fn a_message_is_left_and_played_later(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    knows_alice(&alice, &bob).await;
    bob.visit(ELSEWHERE).await;
    alice.call(&link, CallKind::Video).await;
    alice.call_is_over(&["offline", "isn’t online"]).await;
    records(&alice, "Record with picture").await;
    alice.page.find(Role::Video, "Your message").await;
    // Seen, not liked, and recorded anew.
    alice.page.click(Role::Button, "Record again").await;
    alice.page.wait_for_text(&["Recording: 00:02"]).await;
    alice.page.click(Role::Button, "Stop").await;
    plays(&alice, "Your message").await;
    alice.page.click(Role::Button, "Send message").await;
    alice.page.wait_for_text(&["Sent."]).await;
    // The page opens again.
    bob.visit("/").await;
    bob.at_home().await;
    bob.page.wait_for_text(&["new message with picture"]).await;
    bob.page.click(Role::Button, PLAY).await;
    plays(&bob, "Message from My Alice").await;
    bob.page.click(Role::Button, PLAY).await;
    wait_until("that it was played", async || {
        let text = bob.page.visible_text().await;
        let is_old = text.contains("message with picture") && !text.contains("new message");
        is_old.then_some(()).ok_or(text)
    })
    .await;
    // It is kept here, and at the server no more.
    scenario.server_mut().kill();
    bob.visit("/").await;
    bob.page.click(Role::Button, PLAY).await;
    plays(&bob, "Message from My Alice").await;
    bob.page
        .click(Role::Button, "Delete the message from My Alice")
        .await;
    bob.page.wait_until_gone(Role::Button, PLAY).await;
}

async fn a_message_for_who_is_there_comes_at_once(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    knows_alice(&alice, &bob).await;
    // A bit flipped on the way.
    let flip = "const it = new Uint8Array(await answer.arrayBuffer());
        it[1000] ^= 1;
        return new Response(it);";
    meddle(&bob, flip, "").await;
    unheard(&alice, &bob, &link).await;
    sends_sound(&alice).await;
    bob.page.wait_for_text(&["A message was refused"]).await;
    assert!(bob.page.find_now(Role::Button, PLAY).await.is_none());
    alice.back_home().await;
    bob.page.reload().await;
    bob.at_home().await;
    // An honest server.
    meddle(&bob, "", "window.__list = await answer.clone().text();").await;
    unheard(&alice, &bob, &link).await;
    sends_sound(&alice).await;
    bob.page.find(Role::Button, PLAY).await;
    let text = bob.page.visible_text().await;
    assert!(!text.contains("A message was refused"), "{text}");
    bob.page
        .click(Role::Button, "Delete the message from My Alice")
        .await;
    bob.page.wait_until_gone(Role::Button, PLAY).await;
    alice.back_home().await;
    // One that sends the same again.
    meddle(&bob, "", "return new Response(window.__list);").await;
    unheard(&alice, &bob, &link).await;
    bob.page.wait_for_text(&["A message was refused"]).await;
    assert!(bob.page.find_now(Role::Button, PLAY).await.is_none());
}

async fn a_stranger_leaves_nothing_for_contacts_only(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    opens_the_book(&bob).await;
    bob.page
        .wait_for_text(&["Anyone who can call you can leave you a message"])
        .await;
    bob.page
        .click(Role::Checkbox, "Only contacts may call me")
        .await;
    bob.page
        .wait_for_text(&["Your contacts can leave you a message"])
        .await;
    bob.visit(ELSEWHERE).await;
    alice.call(&link, CallKind::Audio).await;
    alice.call_is_over(&["offline", "isn’t online"]).await;
    wait_until("what the server says", async || {
        let script = "return performance.getEntriesByName(`${location.origin}/messages`)
            .filter((it) => it.responseStatus === 204).length;";
        let refused: u32 = alice.page.evaluate(script).await;
        (refused > 0).then_some(()).ok_or_else(String::new)
    })
    .await;
    let leave = alice.page.find_now(Role::Button, "Leave a message").await;
    assert!(leave.is_none());
}

/// Bob has Alice among his contacts, and takes messages.
async fn knows_alice(alice: &Peer, bob: &Peer) {
    opens_the_book(bob).await;
    adds(bob, &alice.link().await, "My Alice").await;
    bob.page
        .wait_for_text(&["Anyone who can call you can leave you a message"])
        .await;
}

/// Alice calls, and gives up.
async fn unheard(alice: &Peer, bob: &Peer, link: &str) {
    alice.call(link, CallKind::Audio).await;
    bob.is_called().await;
    alice.cancel().await;
    bob.back_home().await;
}

async fn records(who: &Peer, how: &str) {
    who.page.click(Role::Button, "Leave a message").await;
    who.page.click(Role::Button, how).await;
    who.page.wait_for_text(&["Recording: 00:02"]).await;
    who.page.click(Role::Button, "Stop").await;
    who.page.wait_for_text(&["Nothing has been sent yet"]).await;
}

async fn sends_sound(who: &Peer) {
    records(who, "Record sound").await;
    who.page.click(Role::Button, "Send message").await;
    who.page.wait_for_text(&["Sent."]).await;
}

/// Waits until a recording is there as a whole, with a picture of the camera's, and plays it.
async fn plays(who: &Peer, name: &str) {
    // Muted, for there may be nothing that it could be heard with.
    let script = format!(
        "const it = document.querySelector(`video[aria-label=\"{name}\"]`);
         if (!it) return [false, 'nothing'];
         it.muted = true;
         return it.play().catch((error) => error.name).then((failed) => [
             it.readyState === 4 && !it.paused && it.videoWidth > 100,
             `${{failed}} ${{it.readyState}} ${{it.paused}} ${{it.videoWidth}} ${{it.currentTime}}`]);"
    );
    wait_until(&format!("{name:?} to play"), async || {
        let (is_playing, state): (bool, String) = who.page.evaluate(&script).await;
        if is_playing {
            return Ok(());
        }
        Err(format!("{state} {:?}", who.page.console_errors().await))
    })
    .await;
}

/// A server of one's own making: scripts for what was sealed, and for the list of what waits.
async fn meddle(who: &Peer, sealed: &str, list: &str) {
    let script = format!(
        "window.__fetch ??= window.fetch;
         window.fetch = async (...all) => {{
             const answer = await window.__fetch.apply(window, all);
             const type = answer.headers.get('content-type') ?? '';
             if (!answer.ok || !answer.url.endsWith('/messages')) return answer;
             if (type === 'application/octet-stream') {{ {sealed} }}
             if (type === 'application/json') {{ {list} }}
             return answer;
         }};
         return true;"
    );
    let _: bool = who.page.evaluate(&script).await;
}
