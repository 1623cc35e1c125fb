//! Who rings, what the lock says, and the alarm.

use leptos::prelude::*;
use leptos::task::tick;
use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::session::{Alarm, Contact, Intent, Session};
use wimpex::ui::words::trust::{Caller, Lock as State, alarm, label, meaning};
use wimpex::ui::{AlarmScreen, Incoming, Lock};
use wimpex_call::State as Call;
use wimpex_gate::Assurance;
use wimpex_identity::{Refusal, Sas};
use wimpex_protocol::UserId;

use crate::components::{Mounted, alice_calls, in_a_call};

const KEY: &str = "w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn sas() -> Sas {
    Sas::from_digest(&[0x42; 32])
}

fn key() -> UserId {
    UserId::parse(KEY).unwrap()
}

#[wasm_bindgen_test]
fn lock_closes_for_a_known_key_or_a_compared_sas() {
    let sas = sas();
    let known = [Caller::Contact(None), Caller::Opened];
    let unknown = [Caller::Unknown, Caller::Mistrusted];
    let open = (State::NotVerified, State::NotVerified);
    // With somebody who is known here, and with anybody.
    for (assurance, compared, (of_known, of_unknown)) in [
        (Assurance::None, None, open),
        // What was compared in a call without pictures was something else.
        (Assurance::None, Some(true), open),
        (Assurance::Pending, None, (State::Checking, State::Checking)),
        (
            Assurance::Pending,
            Some(true),
            (State::Checking, State::Checking),
        ),
        (Assurance::Compare(sas), None, open),
        (
            Assurance::Compare(sas),
            Some(true),
            (State::Verified, State::Verified),
        ),
        (
            Assurance::Compare(sas),
            Some(false),
            (State::Different, State::Different),
        ),
        // Whoever stands between two can make a key for each.
        (
            Assurance::Verified(sas),
            None,
            (State::Verified, State::NotVerified),
        ),
        (
            Assurance::Verified(sas),
            Some(true),
            (State::Verified, State::Verified),
        ),
        (
            Assurance::Verified(sas),
            Some(false),
            (State::Different, State::Different),
        ),
    ] {
        for (callers, lock) in [(&known, of_known), (&unknown, of_unknown)] {
            for caller in callers {
                assert_eq!(
                    State::of(assurance, compared, caller),
                    lock,
                    "{assurance:?} {compared:?} {caller:?}"
                );
            }
            assert_eq!(label(lock) == "Verified", lock == State::Verified);
        }
    }
    for caller in unknown {
        let text = meaning(Assurance::Verified(sas), &caller, "Bob");
        assert!(!text.contains("cannot listen in"), "{text}");
    }
}

#[wasm_bindgen_test]
fn only_who_has_a_key_is_known() {
    let guest = UserId::parse("guest-bob").unwrap();
    let known = |change: fn(&mut Contact)| {
        let mut contact = Contact::new(key());
        change(&mut contact);
        Some(contact)
    };
    let named = |name: &str| {
        let called = Some(name.to_owned());
        Some(Contact {
            called,
            ..Contact::new(key())
        })
    };
    let says = |name: &str| Some(name.to_owned());
    for (peer, known, claimed, caller) in [
        (key(), None, says("Bob"), Caller::Unknown),
        // Looked at, as who is called back is.
        (key(), known(|_| {}), says("Bob"), Caller::Unknown),
        (
            key(),
            known(|it| it.opened = true),
            says("Bob"),
            Caller::Opened,
        ),
        (
            key(),
            known(|it| {
                it.called = Some("Bob".to_owned());
                it.mistrusted = true;
            }),
            says("Bob"),
            Caller::Mistrusted,
        ),
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
        (
            guest,
            known(|it| it.opened = true),
            says("Bob"),
            Caller::Unknown,
        ),
    ] {
        let seen = Caller::of(&peer, known.as_ref(), claimed);
        assert_eq!(seen, caller, "{peer}");
    }
}

#[wasm_bindgen_test]
fn a_wrong_clock_is_told_from_a_wrong_signature() {
    let (title, text) = alarm(Refusal::Stale, &key(), "Bob");
    assert!(title.contains("could not be checked") && text.contains("clock"));
    for refusal in [
        Refusal::BadSignature,
        Refusal::OtherCertificate,
        Refusal::Unsigned,
    ] {
        let (title, text) = alarm(refusal, &key(), "Bob");
        assert!(title.contains("listen in"), "{title}");
        assert!(
            text.contains("Bob") && text.contains(refusal.code()),
            "{text}"
        );
        // A guest has no key that anything could be proved with.
        let guest = UserId::parse("guest-bob").unwrap();
        assert!(!alarm(refusal, &guest, "Bob").1.contains("key"));
    }
}

#[wasm_bindgen_test]
async fn a_contact_rings_under_the_name_that_it_was_given() {
    let mounted = Mounted::of(
        |session| {
            let call = wimpex_call::CallView {
                peer: key(),
                ..alice_calls()
            };
            session.view.people.set(vec![Contact {
                called: Some("My sister".to_owned()),
                ..Contact::new(key())
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
    session.view.call.set(wimpex_call::View {
        state: Call::Connected,
        call: Some(in_a_call()),
        ended: None,
    });
}

#[wasm_bindgen_test]
async fn lock_opens_to_the_sas_and_takes_the_answer() {
    let mut mounted = Mounted::of(
        |session| called(session, Assurance::Compare(sas())),
        || view! { <Lock /> },
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
        assert!(shown.contains(emoji.picture) && shown.contains(emoji.name));
    }
    mounted.button("They match").click();
    mounted.button("They don’t match").click();
    assert_eq!(
        mounted.intents(),
        [Intent::Compared(Some(true)), Intent::Compared(Some(false))]
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
async fn the_alarm_stays_until_it_is_read() {
    let mut mounted = Mounted::of(
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
    let dialog = mounted.find("dialog[open]");
    assert_eq!(dialog.get_attribute("role").as_deref(), Some("alertdialog"));
    mounted.button("I have read this").click();
    assert_eq!(mounted.intents(), [Intent::Alarmed]);
}
