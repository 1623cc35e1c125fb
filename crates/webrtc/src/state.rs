//! What an `RTCPeerConnection` reports of itself.

use serde::{Deserialize, Serialize};

/// [`RTCPeerConnectionState`](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnectionstate): ICE and DTLS taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerConnectionState {
    /// Nothing has begun.
    New,
    /// ICE or DTLS is at work.
    Connecting,
    /// Every transport is connected: media flows.
    Connected,
    /// No path answers at the moment; it may recover by itself.
    Disconnected,
    /// No path is left; an ICE restart may find one.
    Failed,
    /// Closed. A browser fires no event for its own `close()`, so that a call hears of
    /// this state only when the peer has closed the DTLS transport (`close_notify`,
    /// RFC 8446, section 6.1).
    Closed,
}

/// [`RTCIceConnectionState`](https://www.w3.org/TR/webrtc/#dom-rtciceconnectionstate): ICE alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IceConnectionState {
    /// Gathering, or waiting for remote candidates.
    New,
    /// Pairs are being checked (RFC 8445, section 7).
    Checking,
    /// A pair works; others may still be checked.
    Connected,
    /// A pair works, and there is nothing left to check.
    Completed,
    /// A pair no longer answers; it may recover by itself.
    Disconnected,
    /// Every pair was checked, and none works.
    Failed,
    /// Shut down.
    Closed,
}

/// [`RTCSignalingState`](https://www.w3.org/TR/webrtc/#dom-rtcsignalingstate): where
/// offer and answer stand (RFC 9429, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignalingState {
    /// No offer is outstanding.
    Stable,
    /// A local offer waits for its answer.
    HaveLocalOffer,
    /// A remote offer waits to be answered.
    HaveRemoteOffer,
    /// A remote offer has a provisional answer.
    HaveLocalPranswer,
    /// A local offer has a provisional answer.
    HaveRemotePranswer,
    /// The connection was closed.
    Closed,
}
