//! What somebody is called here, and who a caller is.

use wimpex_call::ActiveCall;
use wimpex_protocol::{Name, UserId};

use crate::ui::words::common::{id_tail, nameless};
use wimpex_client::Caller;
use wimpex_client::Peer;

/// The best name that is known for somebody: the one that the person has given them, then
/// what they call themselves in this call, then what they call themselves to everybody.
pub fn name_of(people: &[Peer], user: &UserId, claimed: Option<&str>) -> String {
    let given = find(people, user).and_then(|it| it.contact_name.clone());
    given
        .or_else(|| claimed_name(people, user, claimed))
        .unwrap_or_else(|| nameless(user))
}

/// What somebody calls themselves, who is no contact: the name under which they are shown is then
/// their own choice, and nobody's word for who they are. `None` also where that is no name, whatever
/// the server let pass.
pub fn claimed_name(people: &[Peer], user: &UserId, claimed: Option<&str>) -> Option<String> {
    let known = find(people, user);
    if known.is_some_and(|it| it.contact_name.is_some()) {
        return None;
    }
    let announced = known.and_then(|it| it.claimed_name.as_deref());
    fit(claimed).or_else(|| fit(announced))
}

fn fit(claimed: Option<&str>) -> Option<String> {
    claimed
        .and_then(|name| Name::parse(name).ok())
        .map(String::from)
}

/// The same of the peer of a call.
pub fn peer_claim(people: &[Peer], call: Option<&ActiveCall>) -> Option<Claim> {
    call.and_then(|call| claim(people, &call.peer, call.peer_name.as_deref()))
}

/// The sign of a claimed name; `None` where it is not one.
pub fn claim(people: &[Peer], user: &UserId, claimed: Option<&str>) -> Option<Claim> {
    claimed_name(people, user, claimed).map(|_| Claim {
        tail: id_tail(user),
    })
}

/// Stands beside a name that its bearer chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The end of the id: of two who call themselves the same, which one.
    pub tail: String,
}

/// The name of the peer of a call; empty where there is no call.
pub fn peer_name(people: &[Peer], call: Option<&ActiveCall>) -> String {
    call.map_or_else(String::new, |call| {
        name_of(people, &call.peer, call.peer_name.as_deref())
    })
}

/// Who is at the other end of the call.
pub fn caller(people: &[Peer], call: Option<&ActiveCall>) -> Caller {
    call.map_or(Caller::Unknown, |call| {
        Caller::of(
            &call.peer,
            find(people, &call.peer),
            fit(call.peer_name.as_deref()),
        )
    })
}

/// Whether the SAS of a call with somebody was the same when it was compared last.
pub fn is_compared(people: &[Peer], user: &UserId) -> bool {
    find(people, user).is_some_and(|it| it.compared)
}

/// Whether somebody is online; `None` while that is not known.
pub fn presence(people: &[Peer], user: &UserId) -> Option<bool> {
    find(people, user).and_then(|it| it.online)
}

fn find<'a>(people: &'a [Peer], user: &UserId) -> Option<&'a Peer> {
    people.iter().find(|it| it.user == *user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screens::test_data::{alice_calls, contact, guest_id, key_id};

    #[test]
    fn a_given_name_comes_before_a_claimed_one() {
        let stranger = Peer {
            claimed_name: Some("Announced".to_owned()),
            ..Peer::new(key_id())
        };
        let sister = Peer {
            contact_name: Some("My sister".to_owned()),
            ..stranger.clone()
        };
        let name = |known: &Peer, claimed| name_of(std::slice::from_ref(known), &key_id(), claimed);
        assert_eq!(name(&sister, Some("Claimed")), "My sister");
        assert_eq!(name(&stranger, Some("Claimed")), "Claimed");
        assert_eq!(name(&stranger, None), "Announced");
        assert_eq!(name_of(&[], &key_id(), None), "Person aaaaa");
        assert_eq!(name_of(&[], &guest_id(), None), "Guest alice");
    }

    #[test]
    fn a_name_that_nobody_gave_is_a_claim() {
        let sister = contact(key_id(), "My sister");
        let shown = |people: &[Peer], claimed| {
            let claim = claim(people, &key_id(), claimed);
            claim.map(|claim| claim.tail)
        };
        assert_eq!(shown(&[], Some("Mum")).as_deref(), Some("ID …aaaaa"));
        let announced = Peer {
            claimed_name: Some("Mum".to_owned()),
            opened: true,
            ..Peer::new(key_id())
        };
        assert!(shown(&[announced], None).is_some(), "also behind a link");
        assert_eq!(shown(&[sister], Some("Mum")), None);
        assert_eq!(shown(&[], None), None, "an id is no claim");
        // What an honest server would not have let pass.
        let name = |claimed| name_of(&[], &key_id(), Some(claimed));
        for claimed in [
            "",
            "\u{3164}",
            "Mum\u{202e}",
            "Mum\u{fe0f}",
            &"x".repeat(65),
        ] {
            assert_eq!(name(claimed), "Person aaaaa", "{claimed:?}");
            assert_eq!(shown(&[], Some(claimed)), None);
        }
    }

    #[test]
    fn a_caller_is_judged_by_what_is_known_of_their_id() {
        let mut call = alice_calls();
        call.peer = key_id();
        let known = [contact(key_id(), "Alice")];
        assert_eq!(caller(&known, Some(&call)), Caller::Contact(None));
        let added = [Peer {
            by_link: false,
            ..contact(key_id(), "Alice")
        }];
        assert_eq!(caller(&added, Some(&call)), Caller::Added(None));
        assert_eq!(caller(&[], Some(&call)), Caller::Unknown);
        assert_eq!(caller(&known, None), Caller::Unknown);
    }
}
