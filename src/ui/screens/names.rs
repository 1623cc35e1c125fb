//! What somebody is called here, and who a caller is.

use wimpex_call::ActiveCall;
use wimpex_protocol::UserId;

use crate::ui::words::common::nameless;
use wimpex_client::Caller;
use wimpex_client::Peer;

/// The best name that is known for somebody: the one that the person has given them, then
/// what they call themselves in this call, then what they call themselves to everybody.
pub fn name_of(people: &[Peer], user: &UserId, claimed: Option<&str>) -> String {
    let known = find(people, user);
    let given = known.and_then(|it| it.contact_name.as_deref());
    let announced = known.and_then(|it| it.claimed_name.as_deref());
    let name = given.or(claimed).or(announced);
    name.map_or_else(|| nameless(user), str::to_owned)
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
        Caller::of(&call.peer, find(people, &call.peer), call.peer_name.clone())
    })
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
    fn a_caller_is_judged_by_what_is_known_of_their_id() {
        let mut call = alice_calls();
        call.peer = key_id();
        let known = [contact(key_id(), "Alice")];
        assert_eq!(caller(&known, Some(&call)), Caller::Contact(None));
        assert_eq!(caller(&[], Some(&call)), Caller::Unknown);
        assert_eq!(caller(&known, None), Caller::Unknown);
    }
}
