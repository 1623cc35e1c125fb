//! Contacts, past calls, and what belongs to this device.

use wimpex_contacts::{
    BlockedStranger, Contacts, Direction, ImportError, Imported, Outcome, PastCall,
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

/// Another name for a contact, as it was entered.
///
/// # Errors
/// What is wrong with it, in words.
pub fn renamed(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(welcome::name_error)
}

/// A new contact, as link and name were entered.
///
/// # Errors
/// What is wrong with the link, or else with the name, in words.
pub fn added(
    link: &str,
    name: &str,
    origin: &str,
    me: Option<&UserId>,
) -> Result<(UserId, Name), String> {
    let id = address::parse(link, origin, me).map_err(home::address_error)?;
    if !is_key_id(&id) {
        return Err(words::GUEST.to_owned());
    }
    if !is_whole_key_id(&id) {
        return Err(words::CUT_OFF.to_owned());
    }
    Ok((id, renamed(name)?))
}

/// Whether who a call was with can be added to the contacts: they have a key, and are not
/// among them.
pub fn can_keep(peer: &UserId, contacts: &Contacts) -> bool {
    is_key_id(peer) && contacts.contact(peer).is_none()
}

/// Under which name somebody is added who calls themselves so, which may be no name at all.
pub fn kept_name(claimed: &str, peer: &UserId) -> Option<Name> {
    let name = Name::parse(claimed).or_else(|_| Name::parse(&common::nameless(peer)));
    name.ok()
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

/// What came of a file of contacts, in words.
pub fn import_outcome(outcome: &Result<Imported, ImportError>) -> String {
    match outcome {
        Ok(imported) => this_device::imported(imported),
        Err(error) => this_device::import_error(*error).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use wimpex_protocol::CallType;

    use super::*;
    use crate::ui::screens::test_data::{guest_id, key_id};

    const HERE: &str = "https://calls.example";

    fn bobs_id() -> UserId {
        UserId::parse("w1bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb").unwrap()
    }

    fn with(id: UserId, name: &str) -> Contacts {
        let mut contacts = Contacts::default();
        contacts.add(wimpex_contacts::Contact {
            id,
            name: Name::parse(name).expect("a name"),
            added: 0,
            is_blocked: false,
            is_mistrusted: false,
        });
        contacts
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
        contacts.block(&key_id(), true);
        contacts.mistrust(&key_id(), true);
        let shown = contact_screen(&key_id(), &contacts, &[], ServerState::Lost);
        assert_eq!(shown.presence, "not online");
        assert!(!shown.can_call && shown.is_blocked && shown.is_mistrusted);
        // Removed while it is on the screen.
        let gone = contact_screen(&guest_id(), &contacts, &[], ServerState::Online);
        assert_eq!(gone.name, "");
    }

    #[test]
    fn what_cannot_be_a_contact_is_told_apart() {
        let whole = bobs_id();
        let add = |link: &str, name| added(link, name, HERE, Some(&key_id()));
        let link = format!("{HERE}/u/{whole}");
        assert_eq!(
            add(&link, "Bob"),
            Ok((whole.clone(), Name::parse("Bob").unwrap()))
        );
        assert_eq!(add("guest-bob", "Bob"), Err(words::GUEST.to_owned()));
        let cut_off = &link[..link.len() - 1];
        assert_eq!(add(cut_off, "Bob"), Err(words::CUT_OFF.to_owned()));
        assert!(
            add("nobody at all", "")
                .unwrap_err()
                .contains("not a call link")
        );
        assert!(add(&link, "").unwrap_err().contains("enter a name"));
    }

    #[test]
    fn who_has_a_key_and_is_unknown_can_be_kept() {
        let contacts = with(key_id(), "Alice");
        assert!(can_keep(&key_id(), &Contacts::default()));
        assert!(!can_keep(&key_id(), &contacts));
        assert!(!can_keep(&guest_id(), &Contacts::default()));
        let name = |claimed| kept_name(claimed, &key_id()).map(String::from);
        assert_eq!(name("Alice").as_deref(), Some("Alice"));
        assert_eq!(name("\u{7}").as_deref(), Some("Person aaaaa"));
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

    #[test]
    fn an_import_counts_what_came_of_it() {
        let imported = |added: usize, known, unreadable| {
            import_outcome(&Ok(Imported {
                added: vec![key_id(); added],
                known,
                unreadable,
            }))
        };
        assert_eq!(imported(1, 0, 0), "1 contact added.");
        assert_eq!(
            imported(2, 3, 1),
            "2 contacts added, 3 already known, 1 entry couldn’t be read."
        );
        assert!(imported(0, 0, 2).contains("2 entries couldn’t be read"));
        let error = import_outcome(&Err(ImportError::NewerVersion));
        assert!(error.contains("newer Wimpex"), "{error}");
    }

    #[test]
    fn contacts_are_listed_by_name() {
        let mut contacts = with(key_id(), "bob");
        let alice = wimpex_contacts::Contact {
            id: bobs_id(),
            name: Name::parse("Alice").unwrap(),
            added: 1,
            is_blocked: false,
            is_mistrusted: false,
        };
        contacts.add(alice);
        assert_eq!(listed(&contacts), [bobs_id(), key_id()]);
    }
}
