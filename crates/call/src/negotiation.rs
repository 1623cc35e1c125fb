//! How far the exchange of descriptions has come, and what of it can be said again.

use wimpex_protocol::{DeviceId, Sdp};
use wimpex_webrtc::IceCandidateInit;

use crate::call::limits;

/// The last description of ours that went out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Local {
    Offer(Sdp),
    Answer(Sdp),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Negotiation {
    /// The browser is making an offer of ours.
    pub(crate) offering: bool,
    /// So many answers of ours the browser is making; only the last one counts.
    pub(crate) answering: u32,
    /// An offer of ours is out and has no answer yet. There is never a second
    /// one meanwhile: it is repeated instead, so that an answer, which does not
    /// say what it answers, cannot be taken for another's.
    pub(crate) offered: bool,
    /// What the peer has to be told again when it may have been lost.
    pub(crate) local: Option<Local>,
    /// Ours of this description; those before `sent` are out, the others wait
    /// for the description to be out and the call accepted.
    pub(crate) local_candidates: Vec<IceCandidateInit>,
    pub(crate) sent: usize,
    /// Hashes of the peer's descriptions, the one in use last. A repeated one
    /// is told by it.
    remote_descriptions: Vec<u64>,
    /// Theirs, waiting for the remote description.
    pub(crate) remote_candidates: Vec<(DeviceId, IceCandidateInit)>,
    /// How many of theirs the browser was given for that description.
    pub(crate) added: usize,
}

impl Negotiation {
    /// The browser is making a description of ours; candidates wait for it, so
    /// that the peer never sees a candidate before its description.
    pub(crate) fn is_describing(&self) -> bool {
        self.offering || self.answering > 0
    }

    /// There is a remote description for candidates to belong to.
    pub(crate) fn has_remote(&self) -> bool {
        !self.remote_descriptions.is_empty()
    }

    pub(crate) fn has_seen(&self, sdp: &Sdp) -> bool {
        self.remote_descriptions.contains(&hash(sdp))
    }

    /// Whether that is the description in use.
    pub(crate) fn is_remote(&self, sdp: &Sdp) -> bool {
        self.remote_descriptions.last() == Some(&hash(sdp))
    }

    /// That is the remote description from now on.
    pub(crate) fn set_remote(&mut self, sdp: &Sdp) {
        if self.remote_descriptions.len() == limits::REMOTE_DESCRIPTIONS {
            self.remote_descriptions.remove(0);
        }
        self.remote_descriptions.push(hash(sdp));
        self.added = 0;
    }

    /// A new description of ours is begun, with candidates of its own.
    pub(crate) fn forget_local(&mut self) {
        self.local = None;
        self.local_candidates.clear();
        self.sent = 0;
    }
}

/// FNV-1a: descriptions are long, and whoever makes two collide spoils only
/// their own call.
fn hash(sdp: &Sdp) -> u64 {
    sdp.0.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
