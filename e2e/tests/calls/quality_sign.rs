//! What the page says of a call's quality, and what it saves of a call.

use std::time::Duration;

use wimpex_call::EndReason;
use wimpex_e2e::{CallKind, Peer, Role, Scenario, holds_for, times, wait_until};
use wimpex_record::{Record, replay};

use crate::shared::{alice_and_bob, hang_up, in_a_call, scenarios};

scenarios! {
    Alone: the_sign_of_an_undisturbed_call_is_good,
    AnyBrowsers: saved_diagnostics_of_a_failed_call_replay,
}

/// The sign's name: what it says of both directions.
pub(crate) async fn sign(peer: &Peer) -> String {
    let script = "return document.querySelector('.quality-sign [role=img]')?.ariaLabel ?? ''";
    peer.page.evaluate(script).await
}

async fn the_sign_of_an_undisturbed_call_is_good(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    for peer in [&alice, &bob] {
        wait_until("a good sign both ways", async || {
            let says = sign(peer).await;
            let good = says.contains("Receiving: good.") && says.contains("Sending: good.");
            good.then_some(()).ok_or(says)
        })
        .await;
    }
    // From then on it is never anything else.
    let seconds = times("undisturbed_seconds", 10, 300).into();
    holds_for(Duration::from_secs(seconds), "a good sign", async || {
        let says = sign(&alice).await;
        let good = says.contains("Receiving: good.") && says.contains("Sending: good.");
        good.then_some(()).ok_or(says)
    })
    .await;
    hang_up(&alice, &bob).await;
}

/// Sooner than this the call machine does not give up.
const GIVES_UP: Duration = Duration::from_secs(30);

/// Relayed only, and no relay: no path can be found.
async fn saved_diagnostics_of_a_failed_call_replay(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice
        .page
        .click(Role::Checkbox, "Hide my network address")
        .await;
    let ids = [alice.id().await, bob.id().await];
    alice.call(&bob.link().await, CallKind::Audio).await;
    bob.accept().await;
    alice
        .call_is_over_within(GIVES_UP, &["could not connect"])
        .await;
    bob.call_is_over(&["could not connect"]).await;
    for (peer, name) in [(&alice, "Alice"), (&bob, "Bob")] {
        let text = save(peer).await;
        let [alices, bobs] = ids.each_ref().map(String::as_str);
        for private in [
            alices,
            bobs,
            "Alice",
            "Bob",
            "127.0.0.1",
            "a=",
            "ice-pwd",
            ".local",
        ] {
            assert!(!text.contains(private), "{name} saves {private}");
        }
        let record: Record = Record::parse(&text).expect("a record");
        let replayed = replay(&record);
        assert_eq!(replayed.differences, [], "{name}");
        let ended = replayed.machine.snapshot().ended;
        assert_eq!(
            ended.map(|ended| ended.reason),
            Some(EndReason::ConnectionFailed)
        );
        if let Some(directory) = std::env::var_os("WIMPEX_SAVE_RECORDS") {
            let file = format!("relayed-only-without-a-relay-{}.json", name.to_lowercase());
            std::fs::write(std::path::Path::new(&directory).join(file), text).expect("written");
        }
    }
}

/// Presses the button, and returns what the browser was given to save.
pub(crate) async fn save(peer: &Peer) -> String {
    // Not what was saved before.
    let watch = "window.__saved = ''; const made = window.__made ??= URL.createObjectURL; URL.createObjectURL = (blob) => { \
        blob.text().then((text) => { window.__saved = text; }); return made(blob); }; return true";
    let _: bool = peer.page.evaluate(watch).await;
    peer.page.click(Role::Button, "Save diagnostics").await;
    wait_until("a file", async || {
        let text: String = peer.page.evaluate("return window.__saved ?? ''").await;
        if text.is_empty() {
            Err("none".to_owned())
        } else {
            Ok(text)
        }
    })
    .await
}
