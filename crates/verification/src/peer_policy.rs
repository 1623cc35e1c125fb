//! What the user's contacts say of peers, as far as verification depends on it.

use wimpex_protocol::UserId;

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
    /// Whether calls are taken from contacts only.
    pub contacts_only: bool,
}

impl PeerPolicy {
    /// Whether a call of this peer may ring: never one of a blocked contact, and with
    /// [`PeerPolicy::contacts_only`] none of a stranger.
    pub fn may_ring(&self, peer: &UserId) -> bool {
        self.contacts.contains(peer) || !self.contacts_only && !self.blocked.contains(peer)
    }

    /// Whether the user means this very id, as a contact or by its link. What fails
    /// verification in a pinned peer's name is then no stranger's mischief.
    pub fn is_pinned(&self, peer: &UserId) -> bool {
        self.contacts.contains(peer) || self.opened.contains(peer)
    }
}
