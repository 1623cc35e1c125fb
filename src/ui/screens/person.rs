//! The screen of a call link, `/u/USERID`.

use wimpex_protocol::UserId;

use super::names::{claimed_name, name_of, presence};
use crate::ui::words::{common, person as words};
use wimpex_client::Peer;

/// The person behind a link, ready to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonScreen {
    /// What they are called here.
    pub name: String,
    /// It is their own choice.
    pub is_claimed: bool,
    /// Whether they are there, in words.
    pub presence: &'static str,
    /// They are.
    pub is_online: bool,
    /// It is the own link: there is nobody to call.
    pub is_own: bool,
}

/// From whose link it is, what is known of everybody, and the own id.
pub fn person_screen(user: &UserId, people: &[Peer], me: Option<&UserId>) -> PersonScreen {
    let online = presence(people, user);
    PersonScreen {
        name: name_of(people, user, None),
        is_claimed: claimed_name(people, user, None).is_some(),
        presence: match online {
            None => common::ONE_MOMENT,
            Some(true) => words::ONLINE,
            Some(false) => words::OFFLINE,
        },
        is_online: online == Some(true),
        is_own: me == Some(user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screens::test_data::{guest_id, key_id};

    #[test]
    fn presence_is_not_guessed_before_the_server_tells() {
        let shown = |online| {
            let known = Peer {
                online,
                ..Peer::new(key_id())
            };
            let screen = person_screen(&key_id(), &[known], Some(&guest_id()));
            assert!(!screen.is_own);
            (screen.presence, screen.is_online)
        };
        assert_eq!(shown(None), (common::ONE_MOMENT, false));
        assert_eq!(shown(Some(true)), (words::ONLINE, true));
        assert_eq!(shown(Some(false)), (words::OFFLINE, false));
    }

    #[test]
    fn a_link_does_not_say_whose_it_is() {
        let known = |contact_name| Peer {
            claimed_name: Some("Mum".to_owned()),
            contact_name,
            opened: true,
            ..Peer::new(key_id())
        };
        let shown = |known: Peer| {
            let screen = person_screen(&key_id(), &[known], None);
            (screen.name, screen.is_claimed)
        };
        assert_eq!(shown(known(None)), ("Mum".to_owned(), true));
        let named = known(Some("My sister".to_owned()));
        assert_eq!(shown(named), ("My sister".to_owned(), false));
    }

    #[test]
    fn the_own_link_calls_nobody() {
        assert!(person_screen(&key_id(), &[], Some(&key_id())).is_own);
        assert!(!person_screen(&key_id(), &[], None).is_own);
    }
}
