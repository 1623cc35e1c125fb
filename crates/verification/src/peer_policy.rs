//! What the user's contacts say of peers, as far as verification depends on it.

use std::sync::Arc;

use wimpex_identity::{CallLink, IssuedLink, Malformed};
use wimpex_protocol::{Sec, UserId};

/// Whom the user knows and whom they want to hear from. The default is that of a user
/// without contacts: everybody may ring, and nobody is pinned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PeerPolicy {
    /// Contacts that are not blocked.
    pub contacts: Vec<UserId>,
    /// Contacts that are blocked.
    pub blocked: Vec<UserId>,
    /// Peers whose link the user has opened or typed in here.
    pub opened: Vec<UserId>,
    /// Whether calls are taken from contacts only, and from who has one of `links`.
    pub contacts_only: bool,
    /// The links that end which the user has given out.
    pub links: Arc<Vec<IssuedLink>>,
    /// Those that the user was given, as text, and whose they are.
    pub given_links: Vec<(UserId, Sec)>,
}

impl PeerPolicy {
    /// Whether a call of this peer may ring: never one of a blocked contact, and with
    /// [`PeerPolicy::contacts_only`] none of a stranger.
    pub fn may_ring(&self, peer: &UserId) -> bool {
        self.contacts.contains(peer) || !self.contacts_only && !self.blocked.contains(peer)
    }

    /// Whether this peer is blocked.
    pub fn is_blocked(&self, peer: &UserId) -> bool {
        self.blocked.contains(peer)
    }

    /// The link that the user was given by this peer; an error if it is none: its page says so.
    pub fn given_link(&self, peer: &UserId) -> Option<Result<CallLink, Malformed>> {
        let given = self.given_links.iter().find(|(owner, _)| owner == peer)?;
        Some(CallLink::parse(given.1.as_str()))
    }

    /// Whether the user means this very id, as a contact or by its link. What fails
    /// verification in a pinned peer's name is then no stranger's mischief.
    pub fn is_pinned(&self, peer: &UserId) -> bool {
        self.contacts.contains(peer) || self.opened.contains(peer)
    }
}
