//! The messages on the wire between the page and the server, version 1.
//!
//! One JSON object per WebSocket text frame; `type` is kebab-case, fields are
//! camelCase. The full description, with an example of each message, is
//! `docs/protocol.md`.
//!
//! This crate must not know that calls have states, nor that browsers exist:
//! it turns text into checked values and back, and holds every limit that both
//! sides have to agree on.

mod decode;
mod description;
mod ice;
mod id;
pub mod limits;
mod message;
mod name;
mod session;
mod signal;

pub use decode::{DecodeError, References, Unreadable};
pub use description::{Answer, CallType, Offer, Sdp, Sec};
pub use id::{CallId, DeviceId, InvalidId, SessionId, UserId};
pub use message::{ClientMessage, Numbered, ServerMessage, number};
pub use name::{InvalidName, Name};
pub use session::{
    Ack, ErrorCode, ErrorMessage, Hello, IceServers, Login, Presence, PresenceWatch, Resume,
    Welcome,
};
pub use signal::{
    CallAnswer, CallConfirm, CallEnd, CallEndReason, CallOffer, CallReject, CallRejectReason,
    CallRinging, IceCandidate, Relayed, Signal,
};
pub use wimpex_webrtc::{IceCandidateInit as Candidate, IceServer};

/// The version of the protocol that `hello` names.
pub const VERSION: u32 = 1;
