//! Who may learn that the user is online.

use wimpex_contacts::Contacts;
use wimpex_protocol::{UserId, limits};

/// The user's choice of who may. Whoever has the link can call all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Everybody who has the user's link.
    #[default]
    Everybody,
    /// Contacts that are not blocked.
    Contacts,
    /// Nobody; who calls is still seen, until the call ends.
    Nobody,
}

impl Audience {
    /// What holds for a user who has not chosen: contacts once there is one. While it is
    /// not known whether there are any, `may_have_contacts` says what to expect.
    pub(crate) fn by_default(contacts: &Contacts, may_have_contacts: bool) -> Self {
        if may_have_contacts || !contacts.contacts().is_empty() {
            Self::Contacts
        } else {
            Self::Everybody
        }
    }

    /// The same for the server; `None`: everybody. Of more contacts than it takes, the
    /// first by name.
    pub(crate) fn users(self, contacts: &Contacts) -> Option<Vec<UserId>> {
        match self {
            Self::Everybody => None,
            Self::Nobody => Some(Vec::new()),
            Self::Contacts => {
                let contacts = contacts.contacts().into_iter();
                let shown = contacts.filter(|contact| !contact.is_blocked);
                let ids = shown.map(|contact| contact.id.clone());
                Some(ids.take(limits::VISIBLE_TO).collect())
            }
        }
    }
}
