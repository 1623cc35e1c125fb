//! Contacts, past calls, and what belongs to this device.

use std::cmp::Reverse;

use wimpex_confusables::TextForms;
use wimpex_contacts::{
    BlockedStranger, Contact, Contacts, Direction, ImportPreview, Outcome, PastCall,
};
use wimpex_identity::{is_key_id, is_whole_key_id};
use wimpex_protocol::{CallId, Name, UserId};

use super::home::can_call;
use super::names::presence;
use crate::ui::words::{common, contacts as words, home, this_device, welcome};
use wimpex_client::{Peer, ServerState, address};

/// Whose items are listed, in this order.
pub fn listed(contacts: &Contacts) -> Vec<UserId> {
    let contacts = contacts.contacts().into_iter();
    contacts.map(|contact| contact.id.clone()).collect()
}

/// One contact: their name, whether they are there, and what can be done about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactScreen {
    /// The name that the person has given them.
    pub name: String,
    /// They are there.
    pub is_online: bool,
    /// The same in words.
    pub presence: &'static str,
    /// Their calls are not let in.
    pub is_blocked: bool,
    /// The emoji of a call with them differed.
    pub is_mistrusted: bool,
    /// Neither that nor the opposite is known.
    pub is_not_compared: bool,
    /// They can be called.
    pub can_call: bool,
}

/// From whose item it is, the contacts, what is known of everybody, and how the page
/// stands with the server.
pub fn contact_screen(
    id: &UserId,
    contacts: &Contacts,
    people: &[Peer],
    server: ServerState,
) -> ContactScreen {
    let is_online = presence(people, id) == Some(true);
    let contact = contacts.contact(id);
    ContactScreen {
        name: contact.map_or_else(String::new, |it| it.name.to_string()),
        is_online,
        presence: if is_online {
            words::ONLINE
        } else {
            words::OFFLINE
        },
        is_blocked: contact.is_some_and(|it| it.is_blocked),
        is_mistrusted: contact.is_some_and(|it| it.is_mistrusted),
        is_not_compared: contact.is_some_and(|it| !it.is_compared && !it.is_mistrusted),
        can_call: can_call(server),
    }
}

/// The button that copies a contact's link.
pub fn copy_link(is_copied: bool) -> &'static str {
    if is_copied {
        common::COPIED
    } else {
        words::COPY_THEIR_LINK
    }
}

/// Why a name or a link is not taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// In words.
    pub words: String,
    /// It is taken all the same from whoever insists.
    pub may_insist: bool,
}

impl Refusal {
    fn of(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            may_insist: false,
        }
    }
}

/// A name for a contact, new or not, as it was entered. `insists`: although another contact's is
/// like it.
///
/// # Errors
/// What is wrong with it.
pub fn named(
    id: &UserId,
    text: &str,
    contacts: &Contacts,
    forms: &impl TextForms,
    insists: bool,
) -> Result<Name, Refusal> {
    if contacts.contact(id).is_none() && contacts.room() == 0 {
        return Err(Refusal::of(words::TOO_MANY));
    }
    let name = Name::parse(text).map_err(|error| Refusal::of(welcome::name_error(error)))?;
    match contacts.double(&name, Some(id), forms) {
        Some(double) if !insists => Err(Refusal {
            words: words::double(&double),
            may_insist: true,
        }),
        _ => Ok(name),
    }
}

/// Whom the link of a new contact names.
///
/// # Errors
/// What is wrong with it.
pub fn linked(link: &str, home: &str, me: Option<&UserId>) -> Result<UserId, Refusal> {
    let id =
        address::parse(link, home, me).map_err(|error| Refusal::of(home::address_error(error)))?;
    if !is_key_id(&id) {
        return Err(Refusal::of(words::GUEST));
    }
    if !is_whole_key_id(&id) {
        return Err(Refusal::of(words::CUT_OFF));
    }
    Ok(id)
}

/// Whether who a call was with can be added to the contacts: they have a key, and are not
/// among them.
pub fn can_keep(peer: &UserId, contacts: &Contacts) -> bool {
    is_key_id(peer) && contacts.contact(peer).is_none()
}

/// Somebody who is blocked and no contact: what they called themselves, and the end of their
/// id, by which two of one name are told apart.
pub fn blocked_name(stranger: &BlockedStranger) -> String {
    let nameless = common::nameless(&stranger.id);
    match &stranger.claimed_name {
        Some(name) => format!("“{name}” ({nameless})"),
        None => nameless,
    }
}

/// Past calls that nobody has seen in the list.
pub fn unseen(contacts: &Contacts) -> Vec<CallId> {
    contacts.missed().cloned().collect()
}

/// One past call, but for who it was with, whose name may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCallScreen {
    /// Which way, at a glance.
    pub arrow: &'static str,
    /// The kind of call, and how it went.
    pub summary: String,
    /// Nobody was there to answer.
    pub is_missed: bool,
}

/// From the call.
pub fn past_call(call: &PastCall) -> PastCallScreen {
    PastCallScreen {
        arrow: match call.direction {
            Direction::Incoming => "↙",
            Direction::Outgoing => "↗",
        },
        summary: words::past(call.direction, call.call_type, call.outcome),
        is_missed: call.outcome == Outcome::Missed,
    }
}

/// The list of past calls. A contact's calls are all in it; of a stranger's, the last one stands for
/// all, and most strangers are folded away: they may be many, and nobody asked for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallList {
    /// In sight, the newest first.
    pub shown: Vec<CallRow>,
    /// Of more strangers, the newest first.
    pub folded: Vec<CallRow>,
}

/// One line of that list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    /// The call; of a stranger, the newest.
    pub call: PastCall,
    /// How many it stands for.
    pub count: usize,
}

/// So many strangers are in sight.
const SHOWN_STRANGERS: usize = 3;

/// From the contacts, and who has called.
pub fn call_list(contacts: &Contacts) -> CallList {
    let mut list = CallList::default();
    let mut strangers: Vec<CallRow> = Vec::new();
    for call in contacts.calls() {
        let row = CallRow {
            call: call.clone(),
            count: 1,
        };
        if !contacts.is_stranger(&call.peer) {
            list.shown.push(row);
        } else if let Some(known) = strangers.iter_mut().find(|it| it.call.peer == call.peer) {
            known.count += 1;
        } else {
            strangers.push(row);
        }
    }
    list.folded = strangers.split_off(strangers.len().min(SHOWN_STRANGERS));
    list.shown.append(&mut strangers);
    list.shown.sort_by_key(|row| Reverse(row.call.at));
    list
}

/// Which entries of a file are chosen before the user has looked: not those that would be mixed up
/// with somebody.
pub fn chosen_first(preview: &ImportPreview) -> Vec<bool> {
    let entries = preview.entries.iter();
    entries.map(|entry| entry.double.is_none()).collect()
}

/// The contacts that are chosen.
///
/// # Errors
/// In words, that there is no room for so many.
pub fn chosen(
    preview: &ImportPreview,
    chosen: &[bool],
    contacts: &Contacts,
) -> Result<Vec<Contact>, String> {
    let entries = preview.entries.iter().zip(chosen);
    let chosen: Vec<Contact> = entries
        .filter(|(_, is_chosen)| **is_chosen)
        .map(|(entry, _)| entry.contact.clone())
        .collect();
    if chosen.len() > contacts.room() {
        return Err(this_device::no_room(contacts.room()));
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;
    use wimpex_confusables::Likeness;
    use wimpex_contacts::{Double, ImportEntry, KeySource};
    use wimpex_protocol::CallType;

    use super::*;
    use crate::ui::screens::test_data::{guest_id, key_id};

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

    const HERE: &str = "https://calls.example";

    fn bobs_id() -> UserId {
        UserId::parse("w1bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb").unwrap()
    }

    fn with(id: UserId, name: &str) -> Contacts {
        let mut contacts = Contacts::default();
        add(&mut contacts, id, name);
        contacts
    }

    fn add(contacts: &mut Contacts, id: UserId, name: &str) {
        let name = Name::parse(name).expect("a name");
        let contact = Contact::new(id, name, KeySource::Link, 0);
        contacts.add(contact).expect("there is room");
    }

    #[test]
    fn a_contact_is_shown_as_it_is_known() {
        let mut contacts = with(key_id(), "Alice");
        let here = [Peer {
            online: Some(true),
            ..Peer::new(key_id())
        }];
        let shown = contact_screen(&key_id(), &contacts, &here, ServerState::Online);
        assert_eq!((&*shown.name, shown.presence), ("Alice", "online"));
        assert!(shown.can_call && !shown.is_blocked && !shown.is_mistrusted);
        assert!(shown.is_not_compared);
        contacts.compared(&key_id(), Some(true));
        let shown = contact_screen(&key_id(), &contacts, &here, ServerState::Online);
        assert!(!shown.is_not_compared);
        contacts.block(&key_id(), true);
        contacts.compared(&key_id(), Some(false));
        let shown = contact_screen(&key_id(), &contacts, &[], ServerState::Lost);
        assert_eq!(shown.presence, "not online");
        assert!(!shown.can_call && shown.is_blocked && shown.is_mistrusted);
        assert!(!shown.is_not_compared, "worse is known");
        // Removed while it is on the screen.
        let gone = contact_screen(&guest_id(), &contacts, &[], ServerState::Online);
        assert_eq!(gone.name, "");
    }

    #[test]
    fn what_cannot_be_a_contact_is_told_apart() {
        let whole = bobs_id();
        let names = |link: &str| linked(link, HERE, Some(&key_id())).map_err(|it| it.words);
        let link = format!("{HERE}/u/{whole}");
        assert_eq!(names(&link), Ok(whole.clone()));
        assert_eq!(names("guest-bob"), Err(words::GUEST.to_owned()));
        let cut_off = &link[..link.len() - 1];
        assert_eq!(names(cut_off), Err(words::CUT_OFF.to_owned()));
        let none = names("nobody at all").unwrap_err();
        assert!(none.contains("not a call link"), "{none}");
    }

    #[test]
    fn a_name_like_a_contacts_is_taken_from_who_insists() {
        let contacts = with(key_id(), "Mum");
        let name = |id: &UserId, text: &str, insists| {
            named(id, text, &contacts, &Tables, insists).map(String::from)
        };
        let refused = |text, words: &str, may_insist| {
            let refusal = name(&bobs_id(), text, false).unwrap_err();
            assert!(refusal.words.contains(words), "{text}: {}", refusal.words);
            assert_eq!(refusal.may_insist, may_insist);
        };
        refused("", "enter a name", false);
        refused("a\u{202e}", "can’t be shown", false);
        refused("mum ", "already have a contact called Mum", true);
        refused("Мum", "looks like your contact Mum", true);
        assert_eq!(name(&bobs_id(), "Мum", true).as_deref(), Ok("Мum"));
        assert!(name(&bobs_id(), "", true).is_err());
        assert_eq!(name(&bobs_id(), "Bob", false).as_deref(), Ok("Bob"));
        // Nobody is mixed up with oneself.
        assert_eq!(name(&key_id(), "MUM", false).as_deref(), Ok("MUM"));
    }

    #[test]
    fn nobody_is_added_to_a_full_list() {
        let mut contacts = with(key_id(), "Alice");
        for number in 1..wimpex_contacts::MAX_CONTACTS {
            let id = format!("w1{number:b>32}");
            add(&mut contacts, UserId::parse(id).unwrap(), "Somebody");
        }
        let name = |id: &UserId| named(id, "Bob", &contacts, &Tables, false);
        assert_eq!(name(&bobs_id()), Err(Refusal::of(words::TOO_MANY)));
        assert!(words::TOO_MANY.contains("2,000") && contacts.room() == 0);
        assert!(name(&key_id()).is_ok());
    }

    #[test]
    fn strangers_are_folded_and_contacts_are_not() {
        let mut contacts = with(key_id(), "Alice");
        let call = |number: u64, peer: &str| PastCall {
            call_id: CallId::parse(format!("call_{number}")).unwrap(),
            peer: UserId::parse(peer).unwrap(),
            peer_name: Some("Mum".to_owned()),
            at: number,
            direction: Direction::Incoming,
            call_type: CallType::Audio,
            outcome: Outcome::Missed,
            is_seen: false,
        };
        let alice = key_id().to_string();
        for (number, peer) in [&*alice, "guest-1", &alice, "guest-1", "guest-2"]
            .iter()
            .enumerate()
        {
            contacts.note(call(number as u64, peer));
        }
        let list = call_list(&contacts);
        let rows = |rows: &[CallRow]| -> Vec<(u64, usize)> {
            rows.iter().map(|row| (row.call.at, row.count)).collect()
        };
        assert_eq!(rows(&list.shown), [(4, 1), (3, 2), (2, 1), (0, 1)]);
        assert_eq!(list.folded, []);
        for number in 10..30 {
            contacts.note(call(number, &format!("guest-{number}")));
        }
        let list = call_list(&contacts);
        assert_eq!(
            rows(&list.shown),
            [(29, 1), (28, 1), (27, 1), (2, 1), (0, 1)]
        );
        assert_eq!(list.folded.len(), 19);
        assert_eq!(words::more_strangers(19), "Calls from 19 more strangers");
        // Who was called back is somebody.
        contacts.note(PastCall {
            direction: Direction::Outgoing,
            ..call(40, "guest-1")
        });
        let list = call_list(&contacts);
        assert_eq!(rows(&list.shown)[4..], [(3, 1), (2, 1), (1, 1), (0, 1)]);
    }

    #[test]
    fn who_has_a_key_and_is_unknown_can_be_kept() {
        let contacts = with(key_id(), "Alice");
        assert!(can_keep(&key_id(), &Contacts::default()));
        assert!(!can_keep(&key_id(), &contacts));
        assert!(!can_keep(&guest_id(), &Contacts::default()));
    }

    #[test]
    fn who_is_blocked_is_told_from_others_of_that_name() {
        let mut stranger = BlockedStranger {
            id: key_id(),
            claimed_name: Some("Mum".to_owned()),
            at: 0,
        };
        assert_eq!(blocked_name(&stranger), "“Mum” (Person aaaaa)");
        stranger.claimed_name = None;
        assert_eq!(blocked_name(&stranger), "Person aaaaa");
    }

    #[test]
    fn a_past_call_says_which_way_and_how_it_went() {
        let call = PastCall {
            call_id: CallId::parse("call_1").unwrap(),
            peer: key_id(),
            peer_name: None,
            at: 0,
            direction: Direction::Incoming,
            call_type: CallType::Audio,
            outcome: Outcome::Missed,
            is_seen: false,
        };
        let shown = past_call(&call);
        assert_eq!(
            (shown.arrow, &*shown.summary, shown.is_missed),
            ("↙", "Audio call, missed", true)
        );
        let mut contacts = Contacts::default();
        contacts.note(call.clone());
        assert_eq!(unseen(&contacts), std::slice::from_ref(&call.call_id));
        let made = PastCall {
            direction: Direction::Outgoing,
            outcome: Outcome::Answered { seconds: 61 },
            ..call
        };
        let shown = past_call(&made);
        assert_eq!(
            (shown.arrow, &*shown.summary, shown.is_missed),
            ("↗", "Audio call, 1 minute 1 second", false)
        );
    }

    fn entry(tail: char, name: &str, like: Option<&str>) -> ImportEntry {
        let id = UserId::parse(format!("w1{}", tail.to_string().repeat(32))).unwrap();
        let double = like.map(|name| Double {
            name: Name::parse(name).unwrap(),
            likeness: Likeness::LooksAlike,
        });
        ImportEntry {
            contact: Contact::new(id, Name::parse(name).unwrap(), KeySource::File, 0),
            double,
        }
    }

    #[test]
    fn an_import_says_whom_it_brings_and_what_came_of_it() {
        let mut preview = ImportPreview {
            entries: vec![entry('b', "Bob", None)],
            known: 0,
            unreadable: 0,
        };
        assert_eq!(this_device::found(&preview), "1 new contact.");
        assert_eq!(this_device::imported(1, &preview), "1 contact added.");
        let mut blocked = entry('c', "Carol", None);
        blocked.contact.is_blocked = true;
        preview.entries.push(blocked);
        preview.entries.push(entry('d', "Воb", Some("Bob")));
        (preview.known, preview.unreadable) = (3, 1);
        assert_eq!(
            this_device::found(&preview),
            "3 new contacts, 1 with a name that is taken, 1 blocked, 3 already known, 1 entry couldn’t be read."
        );
        assert_eq!(
            this_device::imported(2, &preview),
            "2 contacts added, 1 left out, 3 already known, 1 entry couldn’t be read."
        );
        assert_eq!(chosen_first(&preview), [true, true, false]);
        let names = |are_chosen: &[bool]| {
            let contacts = chosen(&preview, are_chosen, &Contacts::default()).expect("room");
            contacts
                .iter()
                .map(|it| it.name.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&[true, false, true]), ["Bob", "Воb"]);
        let error = this_device::import_error(wimpex_contacts::ImportError::NewerVersion);
        assert!(error.contains("newer Wimpex"), "{error}");
    }

    #[test]
    fn a_file_brings_no_more_than_there_is_room_for() {
        let mut contacts = Contacts::default();
        for number in 1..wimpex_contacts::MAX_CONTACTS {
            let id = format!("w1{number:a>32}");
            add(&mut contacts, UserId::parse(id).unwrap(), "Somebody");
        }
        let preview = ImportPreview {
            entries: vec![entry('b', "Bob", None), entry('c', "Carol", None)],
            ..ImportPreview::default()
        };
        let error = chosen(&preview, &[true, true], &contacts).unwrap_err();
        assert!(error.contains("room for 1 more"), "{error}");
        assert!(chosen(&preview, &[false, true], &contacts).is_ok());
    }

    #[test]
    fn contacts_are_listed_by_name() {
        let mut contacts = with(key_id(), "bob");
        add(&mut contacts, bobs_id(), "Alice");
        assert_eq!(listed(&contacts), [bobs_id(), key_id()]);
    }
}
