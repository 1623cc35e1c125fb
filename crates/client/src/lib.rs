//! Everything that the page decides, without a browser.
//!
//! One [`Client`] is one tab. It composes the state machines below it (the signaling
//! session, verification, the call) with the contacts and the user's settings, and
//! follows the contract of [`wimpex_sansio`]: one input, then outputs until there are
//! none, then one timer.
//!
//! ```text
//!  user ──Command──►┌─────────────── Client ───────────────┐──Changed──► screens
//!                   │ signaling ◄─► verification ◄─► call  │
//!  WebSocket ──────►│     contacts, settings, trust        │──────► WebSocket
//!  RTCPeerConnection└──────────────────────────────────────┘──────► RTCPeerConnection
//! ```
//!
//! A signal of a call goes from the call machine through verification, which signs it,
//! to the signaling session, and the other way back: what fails verification never
//! reaches the call. The parts talk until none has anything to say
//! ([`Machine::poll_output`](wimpex_sansio::Machine::poll_output) of each, in a fixed
//! order), so that an input is handled whole before the next one.
//!
//! This crate must not know browsers, the DOM, wording, or Leptos.

pub mod address;
mod audience;
mod call_slot;
mod check;
mod client;
mod command;
mod contact_store;
mod contact_write;
pub mod devices;

mod host;
mod identity;
mod io;
mod left_call;
mod page_build;
mod peer;
mod signaling;
mod silent_call;
mod strangers;
mod trust;
mod turn_servers;
mod verifier_slot;
mod view;

pub use audience::Audience;
pub use check::{Check, CheckResult, Loopback};
pub use client::{Client, Stored, UNTIL_TURNED_OFF};
pub use command::{Command, ContactCommand};
pub use contact_store::ContactsRead;
pub use contact_write::ContactWrite;
pub use host::{Host, InputOf};
pub use io::{HttpAnswer, Input, LoadAnew, Loaded, Output, Setting};
pub use left_call::{LeftCall, ReturnToCall};
pub use peer::{MAX_WATCHED, Peer};
pub use signaling::{
    KeyOwner, LeftSession, ResumeToken, SignalingClient, SignalingInput, SignalingOutput,
    SocketEvent, SocketId, Ticket, backoff,
};
pub use trust::{Alert, Caller, Introduction, KeyStorage, Lock, Trust};
pub use view::{CandidateSummary, LinkedCall, Part, Routes, ServerState, View};
