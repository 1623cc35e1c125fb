//! Everything that can come into the inbox.

use wasm_bindgen::JsValue;
use wimpex_call::{Generation, MediaRequest, TrackKind};

use super::Intent;
use super::check::{Finding, Part};
use super::gauge::Measure;
use super::guard::{Guard, Word};
use super::identity::Identity;
use super::media_policy::Hardware;
use crate::browser::BrowserError;
use crate::browser::media_capture::Captured;
use crate::browser::rtc_peer_connection::PeerEvent;
use crate::browser::web_socket::WebSocketEvent;

/// One thing that happened.
pub enum Event {
    /// The person wants something.
    Person(Intent),
    /// The socket of that number reports.
    Socket(u32, WebSocketEvent),
    /// It is time to try the server again.
    Reconnect,
    /// It is time to see whether the server is still there.
    Beat,
    /// The server answers to plain HTTP, so it is the WebSocket that is blocked.
    HttpWorks(bool),
    /// What this device does in hardware.
    Hardware(Hardware),
    /// The key that this browser keeps, if any; or why it cannot.
    Identity(Result<Option<Identity>, BrowserError>),
    /// The key has signed the login over the socket of that number.
    SignedLogin(u32, Result<String, BrowserError>),
    /// The guard was loaded, or could not be.
    Guard(Option<Box<dyn Guard + Send>>),
    /// It is time to try again to load it.
    LoadGuard,
    /// What the guard had asked the browser for.
    Guarded(Word),
    /// A peer connection reports.
    Peer(Generation, PeerEvent),
    /// The peer says this over the connection's data channel.
    DataChannelMessage(Generation, String),
    /// An offer was made ours.
    Offered(Generation, Result<String, BrowserError>),
    /// An answer was made ours.
    Answered(Generation, Result<String, BrowserError>),
    /// The peer's answer was taken.
    Accepted(Generation, Result<(), BrowserError>),
    /// `getUserMedia` has an answer.
    Captured(MediaRequest, Captured),
    /// A captured track ended by itself.
    TrackEnded(MediaRequest, TrackKind),
    /// `getStats` has an answer.
    Measured(Generation, JsValue),
    /// What reads such answers is loaded.
    Gauge(Generation, Box<dyn Measure + Send>),
    /// A part of the check before the call fares so.
    Checked(Part, Finding),
    /// The check could not be loaded.
    NoCheck,
    /// A second of a call has passed.
    Second,
    /// A tenth of a second of an audio call has passed.
    Tenth,
    /// The call machine asked to be woken.
    Wake,
    /// The browser says that the network is back, or the page is in sight again.
    Back,
    /// Another tab has written what is remembered on this device.
    Stored,
    /// The machine is on another network, or on one again.
    NetworkChanged,
    /// The page is being closed or left.
    Leaving,
}
