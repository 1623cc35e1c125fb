//! The dictionaries and enums of WebRTC that go through Wimpex, as plain Rust types: the
//! page's adapters make them, the call machine decides by them, and two of them stand in
//! messages on the wire.
//!
//! Each has the name that the W3C gives it, without the prefix `RTC`, and a link to where
//! it is defined: in "WebRTC: Real-Time Communication in Browsers" or in "Media Capture
//! and Streams".
//!
//! This crate must not know browsers, messages, or what a call is.

mod dictionary;
mod error;
mod state;
mod track;

pub use dictionary::{IceCandidateInit, IceServer};
pub use error::MediaError;
pub use state::{IceConnectionState, PeerConnectionState, SignalingState};
pub use track::TrackKind;
