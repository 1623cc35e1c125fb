//! The messages on the wire between the page and the server, version 1.
//!
//! One JSON object per WebSocket text frame; `type` is kebab-case, fields are
//! camelCase. The full description, with an example of each message, is
//! `docs/protocol.md`.
//!
//! This crate must not know that calls have states, nor that browsers exist:
//! it turns text into checked values and back, and holds every limit that both
//! sides have to agree on.

pub mod close_code;
mod codec;
mod combining_mark;
mod description;
mod direct;
mod error;
mod frame;
mod ice;
mod id;
pub mod limits;
mod login;
mod message;
mod missed;
mod name;
mod presence;
mod resume;
#[cfg(feature = "serde")]
mod serde_impls;
mod signal;

pub use codec::Unreadable;
pub use description::{Answer, CallType, Offer, Sdp, Sec, session_id};
pub use direct::{DirectMessage, MediaFlag, MediaState};
pub use error::{AccessRefusal, DecodeError, ErrorCode, ErrorMessage, References};
pub use frame::Frame;
pub use ice::{IceServers, IceServersRequest};
pub use id::{CallId, DeviceId, InvalidId, SessionId, UserId};
pub use login::{Hello, Login, Welcome};
pub use message::{ClientMessage, ServerMessage};
pub use missed::{MissedCall, MissedCalls, MissedCallsErase};
pub use name::{InvalidName, Name};
pub use presence::{MessagesWaiting, Presence, PresenceVisibility, PresenceWatch};
pub use resume::{Ack, Resume};
pub use signal::{
    CallAnswer, CallConfirm, CallEnd, CallEndReason, CallOffer, CallReject, CallRejectReason,
    CallRinging, Envelope, IceCandidate, Signal,
};
pub use wimpex_webrtc::{IceCandidateInit, IceServer};

/// The version of the protocol that `hello` names.
pub const VERSION: u32 = 1;
