//! Who it is: keys, pictures, and a relay that cannot be trusted.

use wimpex_e2e::{BrowserOptions, CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{connect, hang_up, in_a_call, scenarios};

scenarios! {
    AnyBrowsers: a_key_stays_the_same_and_is_that_of_every_tab,
    AnyBrowsers: two_keys_are_verified_and_see_the_same_pictures,
    AnyBrowsers: who_keeps_no_key_is_a_guest_and_can_compare,
}

async fn a_key_stays_the_same_and_is_that_of_every_tab(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let id = alice.id().await;
    assert!(id.starts_with("w1") && id.len() == 34, "{id}");
    alice.page.reload().await;
    alice.at_home().await;
    assert_eq!(alice.id().await, id);
    let second = scenario.second_tab_of("Alice").await;
    second.visit("/").await;
    second.at_home().await;
    assert_eq!(second.id().await, id);
    // The key is nowhere but in the database, and cannot be taken out of there.
    let keys: Vec<bool> = alice
        .page
        .evaluate(
            "const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
             return (async () => {
                 const database = await done(indexedDB.open('wimpex'));
                 const { keys } = await done(database.transaction('identity').objectStore('identity').get('me'));
                 database.close();
                 const taken = await crypto.subtle.exportKey('pkcs8', keys.privateKey).catch(() => null);
                 return [keys.privateKey.extractable, taken !== null];
             })();",
        )
        .await;
    assert_eq!(keys, [false, false]);
    let kept: Vec<String> = alice
        .page
        .evaluate("return Object.keys(localStorage).sort()")
        .await;
    assert_eq!(kept, ["wimpex.home", "wimpex.name", "wimpex.user-id"]);
}

/// Waits for the lock to say so, and opens it; what it opens to.
pub(crate) async fn opens(peer: &Peer, lock: &str) -> String {
    peer.page.find(Role::Button, lock).await;
    peer.page.click(Role::Button, lock).await;
    let script = "return document.getElementById('verification')?.innerText ?? ''";
    wait_until("what is behind the lock", async || {
        let text: String = peer.page.evaluate(script).await;
        (!text.is_empty()).then_some(text).ok_or_else(String::new)
    })
    .await
}

pub(crate) async fn sas(peer: &Peer) -> Vec<String> {
    let script = "return [...document.querySelectorAll('.pictures li')].map((it) => it.innerText)";
    peer.page.evaluate(script).await
}

async fn two_keys_are_verified_and_see_the_same_pictures(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    // She has his link. To him she is somebody with any key, until they compare.
    let text = opens(&alice, "Verified").await;
    assert!(text.contains("the server can’t listen in"), "{text}");
    let text = opens(&bob, "Not verified").await;
    assert!(
        text.contains("a key that this device doesn’t know"),
        "{text}"
    );
    let seen = sas(&alice).await;
    assert_eq!(seen.len(), 7, "{seen:?}");
    assert_eq!(seen, sas(&bob).await);
    alice.page.click(Role::Button, "They match").await;
    alice.status_says("no one is in between").await;
    bob.page.click(Role::Button, "They don’t match").await;
    bob.status_says("may be listening in").await;
    bob.page.find(Role::Button, "Not verified").await;
    // Not by mistake only.
    bob.page.click(Role::Button, "Compare again").await;
    bob.page.click(Role::Button, "They match").await;
    bob.page.find(Role::Button, "Verified").await;
    hang_up(&bob, &alice).await;
}

async fn who_keeps_no_key_is_a_guest_and_can_compare(scenario: &Scenario<'_>) {
    let private = BrowserOptions {
        keeps_nothing: true,
        ..BrowserOptions::default()
    };
    let alice = scenario.peer("Alice").await;
    let bob = scenario.unopened_peer_with("Bob", private).await;
    bob.open().await;
    assert!(bob.id().await.starts_with("guest-"));
    bob.page.wait_for_text(&["You are a guest here"]).await;
    connect(&alice, &bob, CallKind::Audio).await;
    // To Bob, Alice has proved to be a key.
    opens(&bob, "Not verified").await;
    let text = opens(&alice, "Not verified").await;
    assert!(text.contains("has no key"), "{text}");
    assert_eq!(sas(&alice).await.len(), 7);
    assert_eq!(sas(&alice).await, sas(&bob).await);
    alice.page.click(Role::Button, "They match").await;
    alice.page.find(Role::Button, "Verified").await;
    hang_up(&alice, &bob).await;
}
