//! The handshakes of all calls that are known.

use wimpex_protocol::{CallId, UserId};

use crate::PeerPolicy;
use crate::handshake::Handshake;

/// With so many handshakes, the current call's and those of others that ring, no further
/// offer is taken: none that is known may be forgotten for it, or an answer would count
/// as that of a guest.
const MAX_HANDSHAKES: usize = 32;
/// So many of them may be with peers that are not pinned: the rest is for those who are,
/// however many strangers call.
const MAX_OF_STRANGERS: usize = 16;

/// The handshakes of all calls that are known.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Handshakes(Vec<Handshake>);

impl Handshakes {
    /// Whether there is room for one more that this peer begins.
    pub(crate) fn has_room_for(&self, peer: &UserId, policy: &PeerPolicy) -> bool {
        if self.0.len() >= MAX_HANDSHAKES {
            return false;
        }
        let is_strangers = |it: &&Handshake| !policy.is_pinned(&it.key().peer);
        policy.is_pinned(peer) || self.0.iter().filter(is_strangers).count() < MAX_OF_STRANGERS
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
