//! The handshakes of all calls that are known.

use wimpex_protocol::{CallId, UserId};

use crate::handshake::Handshake;

/// With so many handshakes, the current call's and those of others that ring, no further
/// offer is taken: none that is known may be forgotten for it, or an answer would count
/// as that of a guest.
const MAX_HANDSHAKES: usize = 32;

/// The handshakes of all calls that are known.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Handshakes(Vec<Handshake>);

impl Handshakes {
    /// Whether the peers' offers have taken up all room.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= MAX_HANDSHAKES
    }

    /// Adds the handshake of a new call.
    pub(crate) fn push(&mut self, handshake: Handshake) {
        self.0.push(handshake);
    }

    /// That of this call.
    pub(crate) fn get(&self, peer: &UserId, call_id: &CallId) -> Option<&Handshake> {
        self.0.iter().find(|it| it.is_for(peer, call_id))
    }

    /// That of this call.
    pub(crate) fn get_mut(&mut self, peer: &UserId, call_id: &CallId) -> Option<&mut Handshake> {
        self.0.iter_mut().find(|it| it.is_for(peer, call_id))
    }

    /// Forgets those that `keep` says no to.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Handshake) -> bool) {
        self.0.retain(keep);
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Handshake> {
        self.0.iter()
    }

    /// All of them.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Handshake> {
        self.0.iter_mut()
    }
}
