//! The one call of a machine, from its first signal to its end.

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_protocol::{CallId, CallType, Candidate, DeviceId, Sdp, UserId};

use crate::{CallView, Capture, Generation, MediaRequest, Role};

/// How long a call waits for what, and how much it keeps.
pub mod limits {
    use std::time::Duration;

    /// Ringing ends after this, on both sides.
    pub const RING: Duration = Duration::from_secs(60);
    /// From the answer to the first connection.
    pub const CONNECT: Duration = Duration::from_secs(20);
    /// From the loss of the connection to giving up.
    pub const RECONNECT: Duration = Duration::from_secs(30);
    /// How long `disconnected` may heal by itself before the caller restarts ICE.
    pub const RESTART_AFTER: Duration = Duration::from_secs(2);
    /// The callee leaves the restart to the caller this much longer.
    pub const CALLEE_RESTART_AFTER: Duration = Duration::from_secs(6);
    /// Candidates that may wait for the description that they belong to.
    pub const WAITING_CANDIDATES: usize = 200;
    /// Candidates that may wait for an offer that has not come yet.
    pub const ORPHANED_CANDIDATES: usize = 64;
}

/// Where a living call stands; [`crate::State`] without its two restful ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Calling { peer_rings: bool },
    Ringing,
    Connecting,
    Connected,
    Reconnecting,
}

/// A device that the call uses, and the question that it came of. Only the
/// newest question counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) capture: Capture,
    pub(crate) request: Option<MediaRequest>,
}

impl Device {
    pub(crate) const OFF: Self = Self {
        capture: Capture::Off,
        request: None,
    };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) muted: bool,
    pub(crate) microphone: Device,
    pub(crate) camera: Device,
}

impl Media {
    pub(crate) const NONE: Self = Self {
        muted: false,
        microphone: Device::OFF,
        camera: Device::OFF,
    };
}

/// How far the exchange of descriptions has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Negotiation {
    /// The browser is making a description of ours; candidates wait for it, so
    /// that the peer never sees a candidate before its description.
    pub(crate) describing: bool,
    /// An offer of ours is out and has no answer yet.
    pub(crate) offered: bool,
    /// The last remote description; `None` before the first. A repeated offer
    /// is told by it.
    pub(crate) remote: Option<Sdp>,
    /// Ours, waiting for their description to be out and the call accepted.
    pub(crate) local_candidates: Vec<Candidate>,
    /// Theirs, waiting for the remote description.
    pub(crate) remote_candidates: Vec<(DeviceId, Candidate)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) peer: UserId,
    /// The one device of the peer that the call is with, once that is settled.
    pub(crate) peer_device: Option<DeviceId>,
    pub(crate) peer_name: Option<String>,
    pub(crate) call_type: CallType,
    pub(crate) role: Role,
    pub(crate) phase: Phase,
    pub(crate) generation: Generation,
    /// Ringing: the offer, unopened. Nothing touches the network before Accept.
    pub(crate) unopened: Option<Sdp>,
    pub(crate) negotiation: Negotiation,
    pub(crate) media: Media,
    pub(crate) connected_at: Option<Duration>,
    /// When the phase ends by itself.
    pub(crate) deadline: Option<Duration>,
    /// When ICE is to be restarted.
    pub(crate) restart_at: Option<Duration>,
}

impl Call {
    pub(crate) fn new(
        id: CallId,
        peer: UserId,
        call_type: CallType,
        role: Role,
        generation: Generation,
    ) -> Self {
        Self {
            id,
            peer,
            peer_device: None,
            peer_name: None,
            call_type,
            role,
            phase: match role {
                Role::Caller => Phase::Calling { peer_rings: false },
                Role::Callee => Phase::Ringing,
            },
            generation,
            unopened: None,
            negotiation: Negotiation {
                describing: false,
                offered: false,
                remote: None,
                local_candidates: Vec::new(),
                remote_candidates: Vec::new(),
            },
            media: Media::NONE,
            connected_at: None,
            deadline: None,
            restart_at: None,
        }
    }

    /// Accepted by both sides, and not over.
    pub(crate) fn is_live(&self) -> bool {
        match self.phase {
            Phase::Calling { .. } | Phase::Ringing => false,
            Phase::Connecting | Phase::Connected | Phase::Reconnecting => true,
        }
    }

    /// Whether a signal of that device of the peer is about this call. Before
    /// one device has been settled on, each may speak.
    pub(crate) fn is_with(&self, peer: &UserId, device: &DeviceId) -> bool {
        self.peer == *peer
            && self
                .peer_device
                .as_ref()
                .is_none_or(|known| known == device)
    }

    /// Whether our candidates may leave: nobody's addresses do before Accept.
    pub(crate) fn may_send_candidates(&self) -> bool {
        self.is_live() && !self.negotiation.describing
    }

    pub(crate) fn view(&self) -> CallView {
        CallView {
            call_id: self.id.clone(),
            peer: self.peer.clone(),
            peer_name: self.peer_name.clone(),
            call_type: self.call_type,
            role: self.role,
            generation: self.generation,
            peer_rings: matches!(self.phase, Phase::Calling { peer_rings: true }),
            connected_at: self.connected_at,
            muted: self.media.muted,
            microphone: self.media.microphone.capture,
            camera: self.media.camera.capture,
        }
    }
}

/// Candidates that came before the offer that they belong to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orphans(VecDeque<(UserId, DeviceId, CallId, Candidate)>);

impl Orphans {
    /// Keeps one; the oldest goes when there are too many.
    pub(crate) fn keep(
        &mut self,
        from: UserId,
        device: DeviceId,
        id: CallId,
        candidate: Candidate,
    ) {
        if self.0.len() == limits::ORPHANED_CANDIDATES {
            self.0.pop_front();
        }
        self.0.push_back((from, device, id, candidate));
    }

    /// Hands out those of a call that has begun, and forgets those of others'
    /// calls that its peer gave up.
    pub(crate) fn claim(&mut self, peer: &UserId, call: &CallId) -> Vec<(DeviceId, Candidate)> {
        let mut claimed = Vec::new();
        self.0.retain(|(from, device, id, candidate)| {
            let belongs = from == peer && id == call;
            if belongs {
                claimed.push((device.clone(), candidate.clone()));
            }
            from != peer
        });
        claimed
    }
}
