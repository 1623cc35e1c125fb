//! Contacts, past calls, and what is taken from a file.

use unicode_normalization::UnicodeNormalization;
use wimpex_confusables::{Likeness, TextForms};
use wimpex_contacts::{
    BLOCKED_STRANGERS, BlockedStranger, CALLS, Contact, Contacts, Direction, ImportError,
    ImportPreview, KeySource, MAX_CONTACTS, Outcome, PastCall, TooManyContacts,
};
use wimpex_protocol::{CallId, CallType, Name, UserId};

fn user(tail: &str) -> UserId {
    UserId::parse(format!("w1{tail:a>32}")).expect("it is one")
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("it is one")
}

fn contact(tail: &str, called: &str) -> Contact {
    Contact::new(user(tail), name(called), KeySource::Link, 7)
}

fn add(contacts: &mut Contacts, tail: &str, called: &str) {
    assert_eq!(contacts.add(contact(tail, called)), Ok(()));
}

struct Tables;

impl TextForms for Tables {
    fn nfkd(&self, text: &str) -> String {
        text.nfkd().collect()
    }

    fn lowercase(&self, text: &str) -> String {
        text.to_lowercase()
    }

    fn uppercase(&self, text: &str) -> String {
        text.to_uppercase()
    }
}

fn preview(contacts: &Contacts, text: &str) -> Result<ImportPreview, ImportError> {
    contacts.preview_import(text, Some(&user("me")), &Tables, 99)
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
        add(&mut contacts, tail, called);
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
    add(&mut contacts, "b", "Bob");
    contacts.block(&user("b"), true);
    contacts.mistrust(&user("b"), true);
    add(&mut contacts, "b", "Robert");
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
    add(&mut contacts, "friend", "Friend");
    add(&mut contacts, "foe", "Foe");
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
    add(&mut contacts, "b", "Bob");
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
    add(&mut contacts, "b", "Bob");
    add(&mut contacts, "c", "Carol");
    contacts.block(&user("c"), true);
    contacts.mistrust(&user("b"), true);
    contacts.note(call(1));
    assert_eq!(contacts.export(), include_str!("contacts.json").trim_end());
}

#[test]
fn a_file_takes_along_whose_pictures_did_not_match() {
    let mut contacts = Contacts::default();
    add(&mut contacts, "b", "Bob");
    contacts.mistrust(&user("b"), true);
    let file = preview(&Contacts::default(), &contacts.export()).expect("a file");
    assert!(file.entries[0].contact.is_mistrusted);
}

#[test]
fn nobody_is_compared_because_a_file_says_so() {
    let mut contacts = Contacts::default();
    add(&mut contacts, "b", "Bob");
    contacts.compared(&user("b"), Some(true));
    let claims = contacts
        .export()
        .replace(r#""name""#, r#""compared": true, "source": "link", "name""#);
    let file = preview(&Contacts::default(), &claims).expect("a file");
    let bob = &file.entries[0].contact;
    assert!(!bob.is_compared && bob.source == KeySource::File);
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
fn a_file_says_who_is_new_before_it_counts() {
    let mut contacts = Contacts::default();
    add(&mut contacts, "b", "Robert");
    let before = contacts.clone();
    let file = r#"{"type":"wimpex-contacts","version":1,"contacts":[
        {"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab","name":"Bob"},{"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaame","name":"Me"},{"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac","name":"Carol","blocked":true},
        {"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac","name":"Carol again"},{"id":"","name":"x"},{"id":"guest-abc","name":"A guest"},{"id":"w1cutoff","name":"Cut off"},{"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad","name":""},{"id":"w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaae"},5,null]}"#;
    let preview = preview(&contacts, file).expect("a file");
    assert_eq!(contacts, before);
    assert_eq!((preview.known, preview.unreadable), (3, 7));
    let [carol] = &preview.entries[..] else {
        panic!("{preview:?}");
    };
    assert_eq!(carol.double, None);
    assert!(carol.contact.is_blocked && carol.contact.added == 99);
    assert_eq!(contacts.add(carol.contact.clone()), Ok(()));
    assert_eq!(names(&contacts), ["Carol", "Robert"]);
}

#[test]
fn a_file_brings_nobody_under_the_name_of_another() {
    let mut contacts = Contacts::default();
    add(&mut contacts, "m", "Mum");
    let entry = |tail: &str, name: &str| format!(r#"{{"id":"{}","name":"{name}"}}"#, user(tail));
    let entries = [
        entry("a", "mum"),
        entry("b", "Мum"),
        entry("c", "Carol"),
        entry("d", "Саrol"),
        // As an older page could save it.
        entry("e", "Mum\u{fe0f}"),
    ];
    let file = format!(
        r#"{{"type":"wimpex-contacts","version":1,"contacts":[{}]}}"#,
        entries.join(",")
    );
    let file = preview(&contacts, &file).expect("a file");
    let doubles = file.entries.iter().map(|it| {
        let double = it.double.as_ref()?;
        Some((double.name.as_str(), double.likeness))
    });
    assert_eq!(
        doubles.collect::<Vec<_>>(),
        [
            Some(("Mum", Likeness::Same)),
            Some(("Mum", Likeness::LooksAlike)),
            None,
            Some(("Carol", Likeness::LooksAlike)),
            Some(("Mum", Likeness::Same)),
        ]
    );
}

#[test]
fn a_name_is_compared_with_everybody_elses() {
    let mut contacts = Contacts::default();
    add(&mut contacts, "a", "Мum");
    add(&mut contacts, "b", "Mum");
    add(&mut contacts, "c", "Carol");
    let double = |contacts: &Contacts, called: &str, except: Option<&str>| {
        let double = contacts.double(&name(called), except.map(user).as_ref(), &Tables)?;
        Some((double.name.to_string(), double.likeness))
    };
    let is = |name: &str, likeness| Some((name.to_owned(), likeness));
    // Whose name is the same comes first.
    assert_eq!(double(&contacts, "MUM", None), is("Mum", Likeness::Same));
    assert_eq!(double(&contacts, "CAROL", Some("c")), None);
    assert_eq!(
        double(&contacts, "CAROL", Some("b")),
        is("Carol", Likeness::Same)
    );
    assert_eq!(
        double(&contacts, "Mụm", Some("b")),
        is("Мum", Likeness::LooksAlike)
    );
    assert_eq!(double(&contacts, "Dad", None), None);
    // Who is blocked is still somebody.
    contacts.block(&user("c"), true);
    assert_eq!(
        double(&contacts, "Carol", None),
        is("Carol", Likeness::Same)
    );
}

#[test]
fn contacts_are_not_without_end() {
    let mut contacts = Contacts::default();
    for number in 0..MAX_CONTACTS {
        add(&mut contacts, &number.to_string(), "Somebody");
    }
    assert_eq!(contacts.room(), 0);
    assert_eq!(contacts.add(contact("b", "Bob")), Err(TooManyContacts));
    assert_eq!(contacts.contact(&user("b")), None);
    // Who is there already can still be given another name.
    add(&mut contacts, "1", "Bob");
    contacts.remove(&user("2"));
    add(&mut contacts, "b", "Bob");
}

#[test]
fn a_key_is_vouched_for_by_a_link_or_a_comparison() {
    let mut contacts = Contacts::default();
    let met = |source| Contact::new(user("b"), name("Bob"), source, 7);
    let bob = |contacts: &Contacts| contacts.contact(&user("b")).expect("he is there").clone();
    assert_eq!(contacts.add(met(KeySource::Call)), Ok(()));
    assert!(!bob(&contacts).is_compared);
    contacts.compared(&user("b"), Some(false));
    assert!(bob(&contacts).is_mistrusted && !bob(&contacts).is_compared);
    contacts.compared(&user("b"), None);
    assert!(bob(&contacts).is_mistrusted, "that stays");
    contacts.compared(&user("b"), Some(true));
    assert!(bob(&contacts).is_compared && !bob(&contacts).is_mistrusted);
    // Added once more, by a file or a link: what was known stays known.
    assert_eq!(contacts.add(met(KeySource::File)), Ok(()));
    assert!(bob(&contacts).is_compared && bob(&contacts).source == KeySource::Call);
    assert_eq!(contacts.add(met(KeySource::Link)), Ok(()));
    assert!(bob(&contacts).is_compared && bob(&contacts).source == KeySource::Link);
    contacts.compared(&user("b"), None);
    assert!(!bob(&contacts).is_compared);
    contacts.mistrust(&user("b"), true);
    contacts.mistrust(&user("b"), false);
    assert!(!bob(&contacts).is_compared, "forgiven is not compared");
}

#[test]
fn what_an_older_page_kept_is_read() {
    let id = user("b");
    let read = |text: String| Contact::decode(&text).expect("a contact");
    let bob = read(format!(
        r#"{{"id":"{id}","name":"Bob","added":3,"mistrusted":true}}"#
    ));
    assert_eq!(
        bob,
        Contact {
            is_mistrusted: true,
            ..Contact::new(id.clone(), name("Bob"), KeySource::Call, 3)
        }
    );
    for (kept, now) in [
        ("Mum\u{fe0f}", "Mum"),
        ("M\u{3164}um", "Mum"),
        ("\u{3164}", "aaaab"),
    ] {
        let contact = read(format!(r#"{{"id":"{id}","name":"{kept}"}}"#));
        assert_eq!(contact.name.as_str(), now);
    }
}

#[test]
fn no_stranger_pushes_out_the_call_of_anybody_else() {
    let from = |tail: &str, number: u64| PastCall {
        call_id: CallId::parse(format!("call_{number}")).expect("it is one"),
        peer: user(tail),
        ..call(number)
    };
    let mut contacts = Contacts::default();
    add(&mut contacts, "mum", "Mum");
    contacts.note(from("mum", 0));
    // Somebody whom the user has called once, but never added.
    contacts.note(PastCall {
        direction: Direction::Outgoing,
        ..from("shop", 1)
    });
    contacts.note(from("shop", 2));
    contacts.note(from("quiet", 3));
    let has = |contacts: &Contacts, number| contacts.calls().iter().any(|it| it.at == number);
    // One key, again and again: its own calls give way.
    for number in 10..10 + 2 * CALLS as u64 {
        for dropped in contacts.note(from("evil", number)) {
            assert_eq!(dropped.peer, user("evil"));
        }
    }
    assert!((0..4).all(|number| has(&contacts, number)));
    // A key for each call: strangers give way to strangers.
    for number in 1_000..1_000 + 2 * CALLS as u64 {
        contacts.note(from(&number.to_string(), number));
    }
    assert!((0..3).all(|number| has(&contacts, number)));
    assert_eq!(contacts.calls().len(), CALLS + 3);
    // Nor do the calls of who is known push out all strangers'.
    for number in 2_000..2_000 + 2 * CALLS as u64 {
        contacts.note(from("mum", number));
    }
    assert_eq!(contacts.calls().len(), 2 * CALLS);
    // It is the same after a reload.
    let entries: Vec<String> = contacts.contacts().iter().map(|it| it.encode()).collect();
    let calls: Vec<String> = contacts.calls().iter().map(PastCall::encode).collect();
    let again = Contacts::from_entries(entries.into_iter(), calls.into_iter());
    assert_eq!(again, contacts);
}

#[test]
fn what_is_no_file_of_contacts_changes_nothing() {
    let mut contacts = Contacts::default();
    add(&mut contacts, "b", "Bob");
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
        assert_eq!(preview(&contacts, text), Err(error), "{:.60}", text);
        assert_eq!(contacts, before);
        assert!(error.to_string().ends_with('.'));
    }
    let whole = before.export();
    for end in 0..whole.len() {
        assert!(preview(&contacts, &whole[..end]).is_err(), "{end}");
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
    contacts.add(known.clone()).unwrap();
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
