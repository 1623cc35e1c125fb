//! Names that their bearers chose, and how somebody becomes a contact.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::tick;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, HtmlInputElement};
use wimpex::ui::screens::ended::NewContact;
use wimpex::ui::{ContactsArea, EndCard, IncomingDialog, KeepContact, LockButton};
use wimpex_call::{ActiveCall, CallSnapshot, EndReason, Ended, Role, State};
use wimpex_client::{Command, ContactCommand, Peer};
use wimpex_contacts::{Contact, Contacts, Direction, KeySource, Outcome, PastCall};
use wimpex_identity::Sas;
use wimpex_protocol::{CallId, CallType, Name, UserId};
use wimpex_verification::Assurance;

use crate::components::{Mounted, alice_calls, in_a_call};

fn user(letter: char) -> UserId {
    UserId::parse(format!("w1{}", letter.to_string().repeat(32))).unwrap()
}

fn contact(letter: char, name: &str) -> Contact {
    Contact::new(user(letter), Name::parse(name).unwrap(), KeySource::Link, 0)
}

fn with_mum() -> Contacts {
    let mut contacts = Contacts::default();
    contacts.add(contact('m', "Mum")).unwrap();
    contacts
}

fn enter(mounted: &Mounted, text: &str) {
    let field: HtmlInputElement = mounted.find("input").unchecked_into();
    field.set_value(text);
    let input = web_sys::Event::new("input").unwrap();
    field.dispatch_event(&input).unwrap();
}

fn keep(letter: char) -> Mounted {
    Mounted::of(
        |session| session.view.contacts.set(Arc::new(with_mum())),
        move || {
            let new = NewContact {
                user: user(letter),
                claimed: Some("Mum".to_owned()),
            };
            view! { <KeepContact new /> }
        },
    )
}

fn added(mounted: &mut Mounted) -> Vec<Contact> {
    let commands = mounted.commands().into_iter();
    commands
        .filter_map(|command| match command {
            Command::Contacts(ContactCommand::Add(contact)) => Some(contact),
            _ => None,
        })
        .collect()
}

#[wasm_bindgen_test]
async fn a_new_contact_is_given_a_name_that_nobody_has() {
    let mut mounted = keep('x');
    tick().await;
    mounted.button("Add to contacts").click();
    tick().await;
    let field: HtmlInputElement = mounted.find("input").unchecked_into();
    assert_eq!(field.value(), "", "not the name that they claim");
    let text = mounted.find("form").text_content().unwrap();
    assert!(
        text.contains("“Mum”") && text.contains("haven’t compared"),
        "{text}"
    );
    let error = |mounted: &Mounted| mounted.find("[role=alert]").text_content().unwrap();
    for (name, words) in [
        ("", "enter a name"),
        ("mum", "already have a contact called Mum"),
        ("Мum", "looks like your contact Mum"),
        ("Mum\u{fe0f}", "can’t be shown"),
    ] {
        enter(&mounted, name);
        mounted.button("Add").click();
        tick().await;
        assert!(
            error(&mounted).contains(words),
            "{name}: {}",
            error(&mounted)
        );
        assert_eq!(added(&mut mounted), [], "{name}");
    }
    assert!(mounted.button("Use this name anyway").hidden());
    enter(&mounted, "Мum");
    mounted.button("Add").click();
    tick().await;
    let insist = mounted.button("Use this name anyway");
    assert!(!insist.hidden());
    enter(&mounted, "Neighbour");
    tick().await;
    assert!(insist.hidden(), "another name is another decision");
    mounted.button("Add").click();
    let added = added(&mut mounted);
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].name.as_str(), "Neighbour");
    assert!(added[0].source == KeySource::Call && !added[0].is_compared);
}

#[wasm_bindgen_test]
async fn who_insists_on_a_name_gets_it() {
    let mut mounted = keep('x');
    mounted
        .session
        .view
        .trust
        .update(|trust| trust.compared = Some(true));
    tick().await;
    mounted.button("Add to contacts").click();
    tick().await;
    enter(&mounted, "Mum");
    mounted.button("Add").click();
    tick().await;
    mounted.button("Use this name anyway").click();
    let added = added(&mut mounted);
    assert_eq!(added[0].name.as_str(), "Mum");
}

/// The server tells who comes and goes meanwhile, and the call's signals are set anew.
#[wasm_bindgen_test]
async fn what_changes_elsewhere_closes_no_form() {
    let mounted = Mounted::of(
        |session| {
            session.view.call.set(CallSnapshot {
                state: State::Ended,
                ended: Some(Ended {
                    call_id: CallId::parse("call_1").unwrap(),
                    peer: user('x'),
                    peer_name: Some("Mum".to_owned()),
                    call_type: CallType::Audio,
                    role: Role::Callee,
                    reason: EndReason::Missed,
                    duration: None,
                    microphone: None,
                    camera: None,
                }),
                ..CallSnapshot::default()
            });
        },
        || view! { <EndCard /> },
    );
    tick().await;
    mounted.button("Add to contacts").click();
    tick().await;
    enter(&mounted, "Neigh");
    mounted.session.view.call.update(|_| ());
    mounted.session.view.trust.update(|_| ());
    mounted.session.view.peers.set(vec![Peer::new(user('x'))]);
    tick().await;
    let field: HtmlInputElement = mounted.find("input").unchecked_into();
    assert_eq!(field.value(), "Neigh");
    let text = mounted.element.inner_text();
    assert!(
        text.contains("“Mum” called you") && text.contains("claimed name"),
        "{text}"
    );
}

#[wasm_bindgen_test]
async fn who_is_a_contact_or_a_guest_is_not_offered() {
    let mounted = keep('m');
    tick().await;
    assert!(mounted.button("Add to contacts").hidden());
    let guest = Mounted::of(
        |_| (),
        || {
            let new = NewContact {
                user: UserId::parse("guest-alice").unwrap(),
                claimed: None,
            };
            view! { <KeepContact new /> }
        },
    );
    tick().await;
    assert!(guest.button("Add to contacts").hidden());
    let text = guest.element.inner_text();
    assert!(text.contains("can’t be a contact"), "{text}");
}

#[wasm_bindgen_test]
async fn a_prompt_marks_the_name_of_a_stranger_only() {
    let prompt = |people: Vec<Peer>| {
        Mounted::of(
            move |session| {
                session.view.peers.set(people);
                session.view.call.set(CallSnapshot {
                    state: State::Ringing,
                    call: Some(ActiveCall {
                        peer: user('x'),
                        peer_name: Some("Mum".to_owned()),
                        ..alice_calls()
                    }),
                    ..CallSnapshot::default()
                });
            },
            || view! { <IncomingDialog /> },
        )
    };
    let mounted = prompt(Vec::new());
    tick().await;
    let sign: HtmlElement = mounted.find(".claim").unchecked_into();
    assert!(!sign.hidden());
    let text = sign.text_content().unwrap();
    assert!(
        text.contains("claimed name") && text.contains("ID …xxxxx"),
        "{text}"
    );
    assert_eq!(
        mounted.find("#caller").text_content().as_deref(),
        Some("Mum")
    );
    let mounted = prompt(vec![Peer {
        contact_name: Some("My sister".to_owned()),
        ..Peer::new(user('x'))
    }]);
    tick().await;
    let sign: HtmlElement = mounted.find(".claim").unchecked_into();
    assert!(sign.hidden());
    let text = mounted.find("dialog").text_content().unwrap();
    assert!(text.contains("contact, not compared"), "{text}");
}

#[wasm_bindgen_test]
async fn the_lock_of_a_contact_says_what_is_known() {
    let lock = |by_link, compared| {
        Mounted::of(
            move |session| {
                session.view.peers.set(vec![Peer {
                    contact_name: Some("Mum".to_owned()),
                    by_link,
                    compared,
                    ..Peer::new(user('m'))
                }]);
                session.view.trust.update(|trust| {
                    trust.assurance = Assurance::KeyProved(Sas::from_digest(&[0x42; 32]));
                });
                session.view.call.set(CallSnapshot {
                    state: State::Connected,
                    call: Some(ActiveCall {
                        peer: user('m'),
                        ..in_a_call()
                    }),
                    ..CallSnapshot::default()
                });
            },
            || view! { <LockButton /> },
        )
    };
    for (by_link, compared, label, note) in [
        (true, true, "Verified", ""),
        (false, true, "Verified", ""),
        (true, false, "Verified", "not compared"),
        (false, false, "Not compared", ""),
    ] {
        let mounted = lock(by_link, compared);
        tick().await;
        mounted.button(label);
        assert_eq!(
            mounted.find(".lock-note").text_content().as_deref(),
            Some(note)
        );
    }
}

#[wasm_bindgen_test]
async fn the_list_of_calls_folds_strangers_and_marks_them() {
    let mut contacts = with_mum();
    for number in 0..9u32 {
        let letter = char::from_u32(u32::from('n') + number).unwrap();
        contacts.note(PastCall {
            call_id: CallId::parse(format!("call_{number}")).unwrap(),
            peer: if number == 0 { user('m') } else { user(letter) },
            peer_name: Some("Mum".to_owned()),
            at: u64::from(number),
            direction: Direction::Incoming,
            call_type: CallType::Audio,
            outcome: Outcome::Missed,
            is_seen: true,
        });
    }
    let mounted = Mounted::of(
        move |session| {
            session.view.peers.set(vec![Peer {
                contact_name: Some("Mum".to_owned()),
                ..Peer::new(user('m'))
            }]);
            session.view.contacts.set(Arc::new(contacts));
        },
        || view! { <ContactsArea /> },
    );
    tick().await;
    let all = |selector: &str| {
        mounted
            .element
            .query_selector_all(selector)
            .unwrap()
            .length()
    };
    // Three strangers and the contact; five more behind the summary.
    assert_eq!(all("section > .calls > .past"), 4);
    assert_eq!(all("details > .calls > .past"), 5);
    let text = mounted.element.text_content().unwrap();
    assert!(text.contains("Calls from 5 more strangers"), "{text}");
    assert_eq!(
        all(".past .claim:not([hidden])"),
        8,
        "all but the contact's"
    );
    // The contact is listed as not compared.
    let tags = mounted.find(".contact").text_content().unwrap();
    assert!(tags.contains("not compared"), "{tags}");
}
