//! Who rings, what the lock says, and the alert.

use leptos::prelude::*;
use leptos::task::tick;
use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::session::Session;
use wimpex::ui::{IncomingDialog, LockButton, SecurityAlert};
use wimpex_call::{ActiveCall, CallSnapshot, State};
use wimpex_client::{Alert, Command, Peer};
use wimpex_identity::{Sas, VerifyError};
use wimpex_protocol::UserId;
use wimpex_verification::Assurance;

use crate::components::{Mounted, alice_calls, in_a_call};

const KEY: &str = "w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn sas() -> Sas {
    Sas::from_digest(&[0x42; 32])
}

fn key() -> UserId {
    UserId::parse(KEY).unwrap()
}

#[wasm_bindgen_test]
async fn a_contact_rings_under_the_name_that_it_was_given() {
    let mounted = Mounted::of(
        |session| {
            let call = ActiveCall {
                peer: key(),
                ..alice_calls()
            };
            session.view.peers.set(vec![Peer {
                contact_name: Some("My sister".to_owned()),
                ..Peer::new(key())
            }]);
            session.view.call.set(CallSnapshot {
                state: State::Ringing,
                call: Some(call),
                ..CallSnapshot::default()
            });
        },
        || view! { <IncomingDialog /> },
    );
    tick().await;
    let text = mounted.find("dialog").text_content().unwrap();
    assert!(
        text.contains("My sister") && text.contains("They call themselves “Alice <b>” now."),
        "{text}"
    );
    assert!(!text.contains("not verified"), "{text}");
}

fn called(session: Session, assurance: Assurance) {
    session
        .view
        .trust
        .update(|trust| trust.assurance = assurance);
    session.view.call.set(CallSnapshot {
        state: State::Connected,
        call: Some(in_a_call()),
        ..CallSnapshot::default()
    });
}

#[wasm_bindgen_test]
async fn lock_opens_to_the_sas_and_takes_the_answer() {
    let mut mounted = Mounted::of(
        |session| called(session, Assurance::SasOnly(sas())),
        || view! { <LockButton /> },
    );
    tick().await;
    let lock = mounted.button("Not verified");
    assert_eq!(
        lock.get_attribute("aria-expanded").as_deref(),
        Some("false")
    );
    lock.click();
    tick().await;
    assert_eq!(lock.get_attribute("aria-expanded").as_deref(), Some("true"));
    let shown = mounted.find(".pictures").text_content().unwrap();
    for emoji in sas().emoji() {
        assert!(shown.contains(emoji.symbol) && shown.contains(emoji.name));
    }
    mounted.button("They match").click();
    mounted.button("They don’t match").click();
    assert_eq!(
        mounted.commands(),
        [
            Command::SasCompared(Some(true)),
            Command::SasCompared(Some(false))
        ]
    );
    // Another call: other pictures, or none.
    mounted
        .session
        .view
        .trust
        .update(|trust| trust.assurance = Assurance::Pending);
    tick().await;
    assert!(
        mounted
            .element
            .query_selector(".pictures")
            .unwrap()
            .is_none()
    );
    mounted.button("Checking…");
    mounted.button("Close").click();
    tick().await;
    assert!(
        mounted
            .element
            .query_selector("#verification")
            .unwrap()
            .is_none()
    );
}

#[wasm_bindgen_test]
async fn the_alert_stays_until_it_is_read() {
    let mut mounted = Mounted::of(
        |session| {
            session.view.trust.update(|trust| {
                trust.alert = Some(Alert {
                    peer: key(),
                    error: VerifyError::BadSignature,
                });
            });
        },
        || view! { <SecurityAlert /> },
    );
    tick().await;
    let dialog = mounted.find("dialog[open]");
    assert_eq!(dialog.get_attribute("role").as_deref(), Some("alertdialog"));
    mounted.button("I have read this").click();
    assert_eq!(mounted.commands(), [Command::DismissAlert]);
}
