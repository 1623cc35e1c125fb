//! What somebody is called here, and who a caller is.

use wimpex_call::CallView;
use wimpex_protocol::UserId;

use crate::session::Contact;
use crate::session::trust::Caller;
use crate::ui::words::common::nameless;

/// The best name that is known for somebody: the one that the person has given them, then
/// what they call themselves in this call, then what they call themselves to everybody.
pub fn name_of(people: &[Contact], user: &UserId, claimed: Option<&str>) -> String {
    let known = find(people, user);
    let given = known.and_then(|it| it.called.as_deref());
    let announced = known.and_then(|it| it.name.as_deref());
    let name = given.or(claimed).or(announced);
    name.map_or_else(|| nameless(user), str::to_owned)
}

/// The name of the peer of a call; empty where there is no call.
pub fn peer_name(people: &[Contact], call: Option<&CallView>) -> String {
    call.map_or_else(String::new, |call| {
        name_of(people, &call.peer, call.peer_name.as_deref())
    })
}

/// Who is at the other end of the call.
pub fn caller(people: &[Contact], call: Option<&CallView>) -> Caller {
    call.map_or(Caller::Unknown, |call| {
        Caller::of(&call.peer, find(people, &call.peer), call.peer_name.clone())
    })
}

/// Whether somebody is online; `None` while that is not known.
pub fn presence(people: &[Contact], user: &UserId) -> Option<bool> {
    find(people, user).and_then(|it| it.online)
}

fn find<'a>(people: &'a [Contact], user: &UserId) -> Option<&'a Contact> {
    people.iter().find(|it| it.user == *user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screens::test_data::{alice_calls, contact, guest_id, key_id};

    #[test]
    fn a_given_name_comes_before_a_claimed_one() {
        let stranger = Contact {
            name: Some("Announced".to_owned()),
            ..Contact::new(key_id())
        };
        let sister = Contact {
            called: Some("My sister".to_owned()),
            ..stranger.clone()
        };
        let name =
            |known: &Contact, claimed| name_of(std::slice::from_ref(known), &key_id(), claimed);
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
