//! Contacts, past calls, and what is taken from a file.

use wimpex_contacts::{
    BLOCKED_STRANGERS, BlockedStranger, CALLS, Contact, Contacts, Direction, ImportError, Imported,
    Outcome, PastCall,
};
use wimpex_protocol::{CallId, CallType, Name, UserId};

fn user(tail: &str) -> UserId {
    UserId::parse(format!("w1{tail:a>32}")).expect("it is one")
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("it is one")
}

fn contact(tail: &str, called: &str) -> Contact {
    Contact {
        id: user(tail),
        name: name(called),
        added: 7,
        is_blocked: false,
        is_mistrusted: false,
    }
}

fn call(number: u64) -> PastCall {
    PastCall {
        call_id: CallId::parse(format!("call_{number}")).expect("it is one"),
        peer: user("bob"),
        peer_name: Some("Bob".to_owned()),
        at: number,
        direction: Direction::Incoming,
        call_type: CallType::Video,
        outcome: Outcome::Missed,
        is_seen: false,
    }
}

fn names(contacts: &Contacts) -> Vec<String> {
    contacts
        .contacts()
        .iter()
        .map(|it| it.name.to_string())
        .collect()
}

#[test]
fn contacts_are_found_by_name_whatever_its_letters() {
    let mut contacts = Contacts::default();
    for (tail, called) in [
        ("c", "carol"),
        ("b", "Bob"),
        ("a2", "alice"),
        ("a1", "Alice"),
    ] {
        contacts.add(contact(tail, called));
    }
    assert_eq!(names(&contacts), ["Alice", "alice", "Bob", "carol"]);
    contacts.rename(&user("c"), name("Abe"));
    assert_eq!(names(&contacts), ["Abe", "Alice", "alice", "Bob"]);
    contacts.remove(&user("b"));
    assert_eq!(contacts.contact(&user("b")), None);
}

#[test]
fn who_is_added_again_gets_the_name_and_stays_blocked() {
    let mut contacts = Contacts::default();
    contacts.add(contact("b", "Bob"));
    contacts.block(&user("b"), true);
    contacts.mistrust(&user("b"), true);
    contacts.add(contact("b", "Robert"));
    let bob = contacts.contact(&user("b")).expect("he is there");
    assert_eq!(bob.name, name("Robert"));
    assert!(bob.is_blocked && bob.is_mistrusted);
    // Of somebody who is no contact nothing is kept.
    contacts.block(&user("x"), true);
    assert_eq!(contacts.contact(&user("x")), None);
}

#[test]
fn who_may_ring() {
    let mut contacts = Contacts::default();
    contacts.add(contact("friend", "Friend"));
    contacts.add(contact("foe", "Foe"));
    contacts.block(&user("foe"), true);
    for (tail, contacts_only, may) in [
        ("friend", false, true),
        ("friend", true, true),
        ("foe", false, false),
        ("foe", true, false),
        ("stranger", false, true),
        ("stranger", true, false),
    ] {
        assert_eq!(contacts.may_call(&user(tail), contacts_only), may, "{tail}");
    }
}

#[test]
fn calls_are_kept_newest_first_and_not_without_end() {
    let mut contacts = Contacts::default();
    for number in 0..CALLS as u64 {
        assert_eq!(contacts.note(call(number * 10)), []);
    }
    // One that is told later than it was, and one that is told twice.
    assert_eq!(contacts.note(call(55)), [call(0)]);
    assert_eq!(contacts.note(call(55)), []);
    assert_eq!(contacts.calls().len(), CALLS);
    assert!(contacts.calls().windows(2).all(|two| two[0].at > two[1].at));
    assert_eq!(contacts.missed().count(), CALLS);
    contacts.see_all();
    assert_eq!(contacts.missed().count(), 0);
    contacts.forget_calls();
    assert_eq!(contacts.calls(), []);
}

#[test]
fn what_is_kept_comes_back_and_what_cannot_be_read_is_left_out() {
    let mut contacts = Contacts::default();
    contacts.add(contact("b", "Bob"));
    contacts.block(&user("b"), true);
    contacts.note(call(1));
    for (number, outcome) in [
        Outcome::Answered { seconds: 3 },
        Outcome::Declined,
        Outcome::Busy,
        Outcome::NoAnswer,
        Outcome::Cancelled,
        Outcome::Elsewhere,
        Outcome::Failed,
    ]
    .into_iter()
    .enumerate()
    {
        contacts.note(PastCall {
            outcome,
            direction: Direction::Outgoing,
            call_type: CallType::Audio,
            peer_name: None,
            is_seen: true,
            ..call(10 + number as u64)
        });
    }
    let entries: Vec<String> = contacts.contacts().iter().map(|it| it.encode()).collect();
    let calls: Vec<String> = contacts.calls().iter().map(PastCall::encode).collect();
    let garbage = [
        "",
        "{}",
        "null",
        "[]",
        r#"{"id":"","name":"x"}"#,
        r#"{"id":"w1b"}"#,
    ];
    let cut = entries
        .iter()
        .chain(&calls)
        .flat_map(|text| (0..text.len()).map(|end| &text[..end]));
    let broken: Vec<String> = garbage.into_iter().chain(cut).map(str::to_owned).collect();
    let again = Contacts::from_entries(
        broken.iter().cloned().chain(entries.iter().cloned()),
        broken.iter().cloned().chain(calls.iter().cloned()),
    );
    assert_eq!(again, contacts);
    // A later page may have more to say.
    let later = entries[0].replacen('{', r#"{"color":"green","#, 1);
    assert_eq!(Contact::decode(&later).as_ref(), Ok(contacts.contacts()[0]));
}

#[test]
fn a_file_has_the_contacts_and_nothing_else() {
    let mut contacts = Contacts::default();
    contacts.add(contact("b", "Bob"));
    contacts.add(contact("c", "Carol"));
    contacts.block(&user("c"), true);
    contacts.mistrust(&user("b"), true);
    contacts.note(call(1));
    assert_eq!(contacts.export(), include_str!("contacts.json").trim_end());
}

#[test]
fn a_file_takes_along_whose_pictures_did_not_match() {
    let mut contacts = Contacts::default();
    contacts.add(contact("b", "Bob"));
    contacts.mistrust(&user("b"), true);
    let mut other = Contacts::default();
    let imported = other.import(&contacts.export(), None, 99).expect("a file");
    assert_eq!(imported.added, [user("b")]);
    assert!(
        other
            .contact(&user("b"))
            .expect("he is there")
            .is_mistrusted
    );
}

#[test]
fn nobody_can_have_the_call_of_somebody_else_forgotten() {
    let mut contacts = Contacts::default();
    contacts.note(call(1));
    let before = contacts.clone();
    let forged = PastCall {
        peer: user("mallory"),
        ..call(1)
    };
    assert_eq!(contacts.note(forged), []);
    assert_eq!(contacts, before);
}

#[test]
fn a_file_adds_who_is_new_and_leaves_the_others_as_they_are() {
    let mut contacts = Contacts::default();
    contacts.add(contact("b", "Robert"));
    let file = r#"{"type":"wimpex-contacts","version":1,"contacts":[
        {"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab","name":"Bob"},{"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaame","name":"Me"},{"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac","name":"Carol","blocked":true},
        {"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac","name":"Carol again"},{"id":"","name":"x"},{"id":"guest-abc","name":"A guest"},{"id":"w1cutoff","name":"Cut off"},{"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad","name":""},{"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaae"},5,null]}"#;
    let imported = contacts.import(file, Some(&user("me")), 99);
    assert_eq!(
        imported,
        Ok(Imported {
            added: vec![user("c")],
            known: 3,
            unreadable: 7,
        })
    );
    assert_eq!(names(&contacts), ["Carol", "Robert"]);
    let carol = contacts.contact(&user("c")).expect("she is there");
    assert!(carol.is_blocked && carol.added == 99);
}

#[test]
fn what_is_no_file_of_contacts_changes_nothing() {
    let mut contacts = Contacts::default();
    contacts.add(contact("b", "Bob"));
    let before = contacts.clone();
    let many = format!(
        r#"{{"type":"wimpex-contacts","version":1,"contacts":[{}0]}}"#,
        "0,".repeat(2_000)
    );
    let long = " ".repeat(2 * 1024 * 1024);
    for (text, error) in [
        ("", ImportError::NotJson),
        ("BEGIN:VCARD", ImportError::NotJson),
        ("[]", ImportError::NotContacts),
        ("{}", ImportError::NotContacts),
        (r#"{"type":"wimpex-contacts"}"#, ImportError::NotContacts),
        (
            r#"{"type":"wimpex-contacts","version":1}"#,
            ImportError::NotContacts,
        ),
        (
            r#"{"type":"wimpex-contacts","version":2,"contacts":[]}"#,
            ImportError::NewerVersion,
        ),
        (&many, ImportError::TooLarge),
        (&long, ImportError::TooLarge),
    ] {
        assert_eq!(contacts.import(text, None, 0), Err(error), "{:.60}", text);
        assert_eq!(contacts, before);
        assert!(error.to_string().ends_with('.'));
    }
    let whole = before.export();
    for end in 0..whole.len() {
        assert!(contacts.import(&whole[..end], None, 0).is_err(), "{end}");
    }
    assert_eq!(contacts, before);
}

fn stranger(number: u64) -> BlockedStranger {
    BlockedStranger {
        id: UserId::parse(format!("guest-{number}")).expect("it is one"),
        claimed_name: Some("Mum".to_owned()),
        at: number,
    }
}

#[test]
fn a_blocked_stranger_may_not_call_and_is_listed() {
    let mut contacts = Contacts::default();
    for number in [1, 2] {
        assert!(contacts.block_stranger(stranger(number)).is_empty());
    }
    assert!(!contacts.may_call(&stranger(1).id, false));
    assert!(contacts.may_call(&stranger(3).id, false));
    let listed = |contacts: &Contacts| -> Vec<u64> {
        contacts.blocked_strangers().map(|it| it.at).collect()
    };
    assert_eq!(listed(&contacts), [2, 1]);
    // They are kept where contacts are, and neither is taken for the other.
    let kept = [
        contact("b", "Bob").encode(),
        stranger(2).encode(),
        stranger(1).encode(),
    ];
    let read = Contacts::from_entries(kept.into_iter(), std::iter::empty());
    assert_eq!(listed(&read), [2, 1]);
    assert_eq!(read.contacts().len(), 1);
    assert!(Contact::decode(&stranger(1).encode()).is_err());
    assert!(BlockedStranger::decode(&contact("b", "Bob").encode()).is_err());
    assert!(contacts.unblock_stranger(&stranger(1).id));
    assert!(!contacts.unblock_stranger(&stranger(1).id));
    assert_eq!(listed(&contacts), [2]);
}

#[test]
fn who_becomes_a_contact_is_blocked_no_more() {
    let mut contacts = Contacts::default();
    let known = contact("b", "Bob");
    let blocked = BlockedStranger {
        id: known.id.clone(),
        ..stranger(1)
    };
    contacts.block_stranger(blocked.clone());
    contacts.add(known.clone());
    assert!(contacts.may_call(&known.id, false));
    assert_eq!(contacts.blocked_strangers().count(), 0);
    // And is blocked as one then.
    contacts.block_stranger(blocked);
    assert!(contacts.contact(&known.id).is_some_and(|it| it.is_blocked));
    assert_eq!(contacts.blocked_strangers().count(), 0);
}

#[test]
fn blocked_strangers_are_bounded() {
    let mut contacts = Contacts::default();
    let most = BLOCKED_STRANGERS as u64;
    for number in 0..most {
        contacts.block_stranger(stranger(number));
    }
    let dropped = contacts.block_stranger(stranger(most));
    assert_eq!(dropped, [stranger(0)]);
    assert_eq!(contacts.blocked_strangers().count(), BLOCKED_STRANGERS);
}
