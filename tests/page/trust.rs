//! Who rings, what the lock says, and the alarm.

use leptos::prelude::*;
use leptos::task::tick;
use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::session::{Alarm, Contact, Intent, Session};
use wimpex::ui::words::trust::{Caller, Lock as State, alarm, label};
use wimpex::ui::{AlarmScreen, Incoming, Lock};
use wimpex_call::State as Call;
use wimpex_gate::Assurance;
use wimpex_identity::{Refusal, Sas};
use wimpex_protocol::UserId;

use crate::components::{Stage, alice_calls, in_a_call};

const KEY: &str = "w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn sas() -> Sas {
    Sas::from_digest(&[0x42; 32])
}

fn key() -> UserId {
    UserId::parse(KEY).unwrap()
}

#[wasm_bindgen_test]
fn the_lock_is_closed_only_by_a_key_or_by_two_who_compared() {
    let sas = sas();
    for (assurance, compared, lock) in [
        (Assurance::None, None, State::NotVerified),
        // What was compared in a call without pictures was something else.
        (Assurance::None, Some(true), State::NotVerified),
        (Assurance::Pending, None, State::Checking),
        (Assurance::Pending, Some(true), State::Checking),
        (Assurance::Compare(sas), None, State::NotVerified),
        (Assurance::Compare(sas), Some(true), State::Verified),
        (Assurance::Compare(sas), Some(false), State::Different),
        (Assurance::Verified(sas), None, State::Verified),
        (Assurance::Verified(sas), Some(true), State::Verified),
        (Assurance::Verified(sas), Some(false), State::Different),
    ] {
        assert_eq!(
            State::of(assurance, compared),
            lock,
            "{assurance:?} {compared:?}"
        );
        assert_eq!(label(lock) == "Verified", lock == State::Verified);
    }
}

#[wasm_bindgen_test]
fn only_who_has_a_key_is_known() {
    let guest = UserId::parse("guest-bob").unwrap();
    let named = |name: &str| Some(Some(name.to_owned()));
    let says = |name: &str| Some(name.to_owned());
    for (peer, known, claimed, caller) in [
        (key(), None, says("Bob"), Caller::Unknown),
        (key(), Some(None), says("Bob"), Caller::Opened),
        (key(), named("Bob"), says("Bob"), Caller::Contact(None)),
        (key(), named("Bob"), None, Caller::Contact(None)),
        (
            key(),
            named("Bob"),
            says("Mallory"),
            Caller::Contact(says("Mallory")),
        ),
        // Whose id the server alone vouches for.
        (guest.clone(), named("Bob"), says("Bob"), Caller::Unknown),
        (guest, Some(None), says("Bob"), Caller::Unknown),
    ] {
        assert_eq!(Caller::of(&peer, known, claimed), caller, "{peer}");
    }
}

#[wasm_bindgen_test]
fn a_wrong_clock_is_told_from_a_wrong_signature() {
    let (title, text) = alarm(Refusal::Stale, "Bob");
    assert!(title.contains("could not be checked") && text.contains("clock"));
    for refusal in [
        Refusal::BadSignature,
        Refusal::OtherCertificate,
        Refusal::Unsigned,
    ] {
        let (title, text) = alarm(refusal, "Bob");
        assert!(title.contains("listen in"), "{title}");
        assert!(
            text.contains("Bob") && text.contains(refusal.code()),
            "{text}"
        );
    }
}

#[wasm_bindgen_test]
async fn a_contact_rings_under_the_name_that_it_was_given() {
    let stage = Stage::of(
        |session| {
            let call = wimpex_call::CallView {
                peer: key(),
                ..alice_calls()
            };
            session.view.people.set(vec![Contact {
                user: key(),
                online: None,
                name: None,
                called: Some("My sister".to_owned()),
            }]);
            session.view.call.set(wimpex_call::View {
                state: Call::Ringing,
                call: Some(call),
                ended: None,
            });
        },
        || view! { <Incoming /> },
    );
    tick().await;
    let text = stage.find("dialog").text_content().unwrap();
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
    session.view.call.set(wimpex_call::View {
        state: Call::Connected,
        call: Some(in_a_call()),
        ended: None,
    });
}

#[wasm_bindgen_test]
async fn the_lock_opens_to_the_pictures_and_is_told_what_they_were() {
    let mut stage = Stage::of(
        |session| called(session, Assurance::Compare(sas())),
        || view! { <Lock /> },
    );
    tick().await;
    let lock = stage.button("Not verified");
    assert_eq!(
        lock.get_attribute("aria-expanded").as_deref(),
        Some("false")
    );
    lock.click();
    tick().await;
    assert_eq!(lock.get_attribute("aria-expanded").as_deref(), Some("true"));
    let shown = stage.find(".pictures").text_content().unwrap();
    for emoji in sas().emoji() {
        assert!(shown.contains(emoji.picture) && shown.contains(emoji.name));
    }
    stage.button("They match").click();
    stage.button("They don’t match").click();
    assert_eq!(
        stage.intents(),
        [Intent::Compared(Some(true)), Intent::Compared(Some(false))]
    );
    // Another call: other pictures, or none.
    stage
        .session
        .view
        .trust
        .update(|trust| trust.assurance = Assurance::Pending);
    tick().await;
    assert!(stage.element.query_selector(".pictures").unwrap().is_none());
    stage.button("Checking…");
    stage.button("Close").click();
    tick().await;
    assert!(
        stage
            .element
            .query_selector("#verification")
            .unwrap()
            .is_none()
    );
}

#[wasm_bindgen_test]
async fn the_alarm_stays_until_it_is_read() {
    let mut stage = Stage::of(
        |session| {
            session.view.trust.update(|trust| {
                trust.alarm = Some(Alarm {
                    peer: key(),
                    refusal: Refusal::BadSignature,
                });
            });
        },
        || view! { <AlarmScreen /> },
    );
    tick().await;
    let dialog = stage.find("dialog[open]");
    assert_eq!(dialog.get_attribute("role").as_deref(), Some("alertdialog"));
    stage.button("I have read this").click();
    assert_eq!(stage.intents(), [Intent::Alarmed]);
}
