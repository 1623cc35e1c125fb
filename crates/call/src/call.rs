//! The one call of a machine, from its first signal to its end.

use wimpex_protocol::{CallId, CallType, DeviceId, Sdp, UserId};
use wimpex_sansio::Now;

use crate::negotiation::Negotiation;
use crate::{ActiveCall, Capture, MediaRequest, PeerConnectionId, Role};

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
    /// An offer in a live call is said again after this long without an answer.
    pub const RESEND_AFTER: Duration = Duration::from_secs(4);
    /// An ICE restart that was answered has this long before the next one.
    pub const RESTART_AGAIN_AFTER: Duration = Duration::from_secs(10);
    /// A peer that vanishes before the connection may come back for this long.
    pub const PEER_LEFT_AFTER: Duration = Duration::from_secs(3);
    /// The same after a [`crate::Input::SessionRenewed`], counted from there:
    /// when a server restarts, everybody logs in again at their own pace.
    pub const PEER_LEFT_AFTER_RENEWAL: Duration = Duration::from_secs(10);
    /// Candidates that may wait for the description that they belong to, and
    /// own ones that are kept to be sent again.
    pub const WAITING_CANDIDATES: usize = 200;
    /// Candidates of the peer that the browser is given for one description.
    pub const CANDIDATES: usize = 1000;
    /// Candidates that may wait for an offer that has not come yet.
    pub const EARLY_CANDIDATES: usize = 64;
    /// Descriptions of the peer that are known again when they are repeated.
    pub const REMOTE_DESCRIPTIONS: usize = 32;
    /// Calls of one person that are remembered to be over.
    pub const ENDED_CALLS: usize = 32;
    /// The same for all people together, so that nobody can fill the memory.
    pub const ENDED_CALLS_OF_ALL: usize = 128;
}

/// Where a living call stands; [`crate::State`] without its two restful ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Calling { peer_rings: bool },
    Ringing,
    Connecting,
    Connected,
    Reconnecting,
}

/// A device that the call uses, and the question that it came of. Only the
/// newest question counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// What the server has said of who is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Presence {
    /// The peer's devices, if it has said.
    pub(crate) devices: Option<Vec<DeviceId>>,
    /// Until when others may still be on their way back to a restarted server.
    pub(crate) renewed_until: Option<Now>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) peer: UserId,
    /// The one device of the peer that the call is with, once that is settled.
    pub(crate) peer_device: Option<DeviceId>,
    /// Calling: those of the peer's devices that are there and have the offer.
    pub(crate) offered_devices: Vec<DeviceId>,
    pub(crate) peer_name: Option<String>,
    pub(crate) call_type: CallType,
    pub(crate) role: Role,
    pub(crate) phase: Phase,
    pub(crate) connection: PeerConnectionId,
    /// Ringing: the offer. Nothing touches the network before Accept.
    pub(crate) pending_offer: Option<Sdp>,
    pub(crate) negotiation: Negotiation,
    pub(crate) media: Media,
    pub(crate) connected_at: Option<Now>,
    /// When the phase ends by itself.
    pub(crate) deadline: Option<Now>,
    /// When the path is to be repaired: an ICE restart, or its repetition.
    pub(crate) restart_at: Option<Now>,
    /// When the peer, who is not there, has been away for too long.
    pub(crate) peer_left_at: Option<Now>,
    pub(crate) presence: Presence,
}

impl Call {
    pub(crate) fn new(
        id: CallId,
        peer: UserId,
        call_type: CallType,
        role: Role,
        connection: PeerConnectionId,
    ) -> Self {
        Self {
            id,
            peer,
            peer_device: None,
            offered_devices: Vec::new(),
            peer_name: None,
            call_type,
            role,
            phase: match role {
                Role::Caller => Phase::Calling { peer_rings: false },
                Role::Callee => Phase::Ringing,
            },
            connection,
            pending_offer: None,
            negotiation: Negotiation::default(),
            media: Media::NONE,
            connected_at: None,
            deadline: None,
            restart_at: None,
            peer_left_at: None,
            presence: Presence::default(),
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
        self.is_live() && !self.negotiation.is_describing()
    }

    pub(crate) fn snapshot(&self) -> ActiveCall {
        ActiveCall {
            call_id: self.id.clone(),
            peer: self.peer.clone(),
            peer_name: self.peer_name.clone(),
            call_type: self.call_type,
            role: self.role,
            connection: self.connection,
            peer_rings: matches!(self.phase, Phase::Calling { peer_rings: true }),
            connected_at: self.connected_at,
            muted: self.media.muted,
            microphone: self.media.microphone.capture,
            camera: self.media.camera.capture,
        }
    }
}
