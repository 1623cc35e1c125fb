//! Who it is: keys, pictures, and a relay that cannot be trusted.

use wimpex_e2e::{BrowserOptions, CallKind, Person, Role, Stage, eventually, times};

use crate::shared::{alice_and_bob, connect, hang_up, in_a_call, measured, scenes};

scenes! {
    AnyBrowsers: a_key_stays_the_same_and_is_that_of_every_tab,
    AnyBrowsers: two_keys_are_verified_and_see_the_same_pictures,
    AnyBrowsers: who_keeps_no_key_is_a_guest_and_can_compare,
    Chromium: an_offer_that_was_changed_does_not_ring,
    Chromium: an_offer_comes_once_in_time_and_to_whom_it_is_for,
    Chromium: an_answer_that_was_changed_ends_the_call,
    Chromium: a_confirmation_that_is_kept_back_ends_the_call,
}

/// A relay that is not honest, between the page and its socket.
pub(crate) const ATTACKS: &str = concat!(include_str!("attacks.js"), "\nreturn true;");

/// How many variants of each attack are tried.
fn variants() -> u32 {
    times("variants", 5, 100)
}

async fn a_key_stays_the_same_and_is_that_of_every_tab(stage: &Stage<'_>) {
    let alice = stage.person("Alice").await;
    let id = alice.id().await;
    assert!(id.starts_with("w1") && id.len() == 34, "{id}");
    alice.page.reload().await;
    alice.at_home().await;
    assert_eq!(alice.id().await, id);
    let second = stage.second_tab_of("Alice").await;
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
    assert_eq!(kept, ["wimpex.name", "wimpex.user-id"]);
}

/// Waits for the lock to say so, and opens it; what it opens to.
pub(crate) async fn opens(person: &Person, lock: &str) -> String {
    person.page.find(Role::Button, lock).await;
    person.page.click(Role::Button, lock).await;
    let script = "return document.getElementById('verification')?.innerText ?? ''";
    eventually("what is behind the lock", async || {
        let text: String = person.page.evaluate(script).await;
        (!text.is_empty()).then_some(text).ok_or_else(String::new)
    })
    .await
}

pub(crate) async fn pictures(person: &Person) -> Vec<String> {
    let script = "return [...document.querySelectorAll('.pictures li')].map((it) => it.innerText)";
    person.page.evaluate(script).await
}

async fn two_keys_are_verified_and_see_the_same_pictures(stage: &Stage<'_>) {
    let (alice, bob) = in_a_call(stage, CallKind::Audio).await;
    for person in [&alice, &bob] {
        opens(person, "Verified").await;
    }
    let seen = pictures(&alice).await;
    assert_eq!(seen.len(), 7, "{seen:?}");
    assert_eq!(seen, pictures(&bob).await);
    alice.page.click(Role::Button, "They match").await;
    alice.status_says("nobody stands between you").await;
    bob.page.click(Role::Button, "They don’t match").await;
    bob.status_says("may be listening in").await;
    bob.page.find(Role::Button, "Not verified").await;
    // Not by mistake only.
    bob.page.click(Role::Button, "Compare again").await;
    bob.page.find(Role::Button, "Verified").await;
    bob.page.find(Role::Button, "They match").await;
    hang_up(&bob, &alice).await;
}

async fn who_keeps_no_key_is_a_guest_and_can_compare(stage: &Stage<'_>) {
    let private = BrowserOptions {
        keeps_nothing: true,
        ..BrowserOptions::default()
    };
    let alice = stage.person("Alice").await;
    let bob = stage.visitor_with("Bob", private).await;
    bob.open().await;
    assert!(bob.id().await.starts_with("guest-"));
    bob.page.wait_for_text(&["You are a guest here"]).await;
    connect(&alice, &bob, CallKind::Audio).await;
    // To Bob, Alice has proved to be her key.
    opens(&bob, "Verified").await;
    let text = opens(&alice, "Not verified").await;
    assert!(text.contains("has no key"), "{text}");
    assert_eq!(pictures(&alice).await.len(), 7);
    assert_eq!(pictures(&alice).await, pictures(&bob).await);
    alice.page.click(Role::Button, "They match").await;
    alice.page.find(Role::Button, "Verified").await;
    hang_up(&alice, &bob).await;
}

/// Two who debug, whose relay is not honest.
async fn before_a_bad_relay(stage: &Stage<'_>) -> (Person, Person) {
    let (alice, bob) = alice_and_bob(stage).await;
    for person in [&alice, &bob] {
        person.visit("/?debug").await;
        person.at_home().await;
        let _: bool = person.page.evaluate(ATTACKS).await;
    }
    (alice, bob)
}

pub(crate) async fn relay<T: serde::de::DeserializeOwned>(person: &Person, script: &str) -> T {
    person
        .page
        .evaluate(&format!("return window.__relay.{script}"))
        .await
}

async fn an_offer_that_was_changed_does_not_ring(stage: &Stage<'_>) {
    let (alice, bob) = before_a_bad_relay(stage).await;
    let attacks: Vec<String> = relay(&bob, "attacks()").await;
    // An offer is good for a minute.
    let in_a_minute = 300 / variants().max(1) as usize;
    let mut tried = 0;
    for attacks in attacks.chunks(in_a_minute.max(1)) {
        let rings = bob.page.snapshot().await.sent_count("call-ringing");
        let made = bob.page.snapshot().await.connections_made;
        let _: bool = relay(&bob, "hold('call-offer')").await;
        alice.call(&bob.link().await, CallKind::Audio).await;
        let _: serde_json::Value = relay(&bob, "held()").await;
        for attack in attacks {
            tried += refuses_changed_offers(&bob, attack).await;
        }
        let snapshot = bob.page.snapshot().await;
        assert_eq!(snapshot.sent_count("call-ringing"), rings);
        assert_eq!(snapshot.connections_made, made);
        // The offer as it was.
        let _: String = relay(&bob, "change(null, 0)").await;
        bob.accept().await;
        for person in [&alice, &bob] {
            person.page.find(Role::Button, "Verified").await;
        }
        hang_up(&alice, &bob).await;
        tokio::join!(alice.back_home(), bob.back_home());
    }
    measured(&format!("{tried} changed offers, none let in"));
}

/// Brings variants of the held offer to that page; how many.
async fn refuses_changed_offers(person: &Person, attack: &str) -> usize {
    let count = variants();
    let codes: Vec<String> = relay(person, &format!("offers({attack:?}, {count})")).await;
    let expected: &[&str] = match attack {
        "another fingerprint" | "another description" | "another kind of call" | "another call" => {
            &["bad-signature"]
        }
        "one more fingerprint" => &["several-fingerprints", "bad-signature"],
        "no proof" => &["unsigned"],
        "another sender" => &["other-key"],
        _ => &[
            "malformed",
            "unknown-version",
            "unsigned",
            "other-key",
            "bad-signature",
            "stale",
        ],
    };
    for (n, code) in codes.iter().enumerate() {
        assert!(expected.contains(&code.as_str()), "{attack}, {n}: {code}");
    }
    codes.len()
}

async fn an_offer_comes_once_in_time_and_to_whom_it_is_for(stage: &Stage<'_>) {
    let (alice, bob) = before_a_bad_relay(stage).await;
    let _: bool = relay(&bob, "hold('call-offer')").await;
    let her_id = alice.id().await;
    alice.call(&bob.link().await, CallKind::Audio).await;
    let offer: serde_json::Value = relay(&bob, "held()").await;
    // A minute too late, or too early.
    for offset in [61_000, -61_000] {
        let _: bool = relay(&bob, &format!("clock({offset})")).await;
        let _: bool = relay(&bob, &format!("bring({offer})")).await;
        let code: String = relay(&bob, "refused()").await;
        assert_eq!(code, "stale");
        let text = bob.is_called().await;
        assert!(text.contains("could not be checked"), "{text}");
        bob.page.click(Role::Button, "I have read this").await;
    }
    let _: bool = relay(&bob, "clock(0)").await;
    // Back to Alice herself, as if Bob called.
    let mut reflected = offer.clone();
    reflected["fromId"] = bob.id().await.into();
    reflected["callId"] = "call_reflected".into();
    let _: bool = relay(&alice, &format!("bring({reflected})")).await;
    let code: String = relay(&alice, "refused()").await;
    assert_eq!(code, "other-key");
    alice.page.click(Role::Button, "I have read this").await;
    reflected["fromId"] = her_id.into();
    let _: bool = relay(&alice, &format!("bring({reflected})")).await;
    let code: String = relay(&alice, "refused()").await;
    assert_ne!(code, "");
    alice.page.click(Role::Button, "I have read this").await;
    // In time, and then once more when that call is over.
    let _: bool = relay(&bob, &format!("bring({offer})")).await;
    bob.is_called().await;
    bob.decline().await;
    alice.call_is_over(&["declined"]).await;
    let _: bool = relay(&bob, &format!("bring({offer})")).await;
    let code: String = relay(&bob, "refused()").await;
    assert_eq!(code, "replayed");
    assert!(bob.page.find_now(Role::Button, "Accept").await.is_none());
    // To somebody else.
    let carol = stage.visitor("Carol").await;
    carol.open_at("/?debug").await;
    let _: bool = carol.page.evaluate(ATTACKS).await;
    let _: bool = relay(&carol, &format!("bring({offer})")).await;
    let code: String = relay(&carol, "refused()").await;
    assert_eq!(code, "bad-signature");
    let text = carol.is_called().await;
    assert!(text.contains("trying to listen in"), "{text}");
}

async fn an_answer_that_was_changed_ends_the_call(stage: &Stage<'_>) {
    let (alice, bob) = before_a_bad_relay(stage).await;
    let attacks = [
        "another fingerprint",
        "one more fingerprint",
        "no proof",
        "another proof",
        "another sender",
    ];
    let count = times("answer_variants", 1, 100);
    for attack in attacks {
        for n in 0..count {
            let _: bool = relay(&alice, "hold('call-answer')").await;
            alice.call(&bob.link().await, CallKind::Audio).await;
            bob.accept().await;
            let _: serde_json::Value = relay(&alice, "held()").await;
            if attack == "another sender" {
                // Somebody who is not called says nothing of this call.
                let before = alice.page.snapshot().await.connections_made;
                let _: serde_json::Value = relay(&alice, "held()").await;
                let script = "(async () => { const m = structuredClone(await window.__relay.held()); \
                    delete m.seq; m.fromId = 'w1' + 'a'.repeat(32); window.__relay.bring(m); return true; })()";
                let _: bool = alice.page.evaluate(&format!("return {script}")).await;
                assert_eq!(alice.page.snapshot().await.connections_made, before);
                alice.cancel().await;
                bob.call_is_over(&["cancelled", "ended", "hung up", "failed"])
                    .await;
            } else {
                let code: String = relay(&alice, &format!("change({attack:?}, {n})")).await;
                assert_ne!(code, "");
                // One that was signed at another time may come from a wrong clock.
                let alarms = ["may be trying to listen in", "a call could not be checked"];
                alice.page.wait_for_text(&alarms).await;
                alice.page.click(Role::Button, "I have read this").await;
                alice.call_is_over(&["call stopped"]).await;
                bob.call_is_over(&["cancelled", "ended", "hung up", "failed"])
                    .await;
            }
            alice.back_home().await;
            bob.back_home().await;
        }
    }
    tokio::join!(alice.left_nothing(), bob.left_nothing());
}

/// Without it Bob cannot know that the offer was Alice's and not searched for.
async fn a_confirmation_that_is_kept_back_ends_the_call(stage: &Stage<'_>) {
    let (alice, bob) = before_a_bad_relay(stage).await;
    let _: bool = relay(&bob, "hold('call-confirm')").await;
    // Nor does it come over the connection itself.
    let script = "RTCDataChannel.prototype.send = () => {}; return true";
    let _: bool = alice.page.evaluate(script).await;
    connect(&alice, &bob, CallKind::Audio).await;
    bob.page.find(Role::Button, "Checking…").await;
    let code: String = relay(&bob, "refused()").await;
    assert_eq!(code, "late");
    bob.page.click(Role::Button, "I have read this").await;
    tokio::join!(
        bob.call_is_over(&["call stopped"]),
        alice.call_is_over(&["ended", "hung up"])
    );
}
