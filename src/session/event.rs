//! Everything that can come into the inbox.

use futures_channel::mpsc::UnboundedSender;
use wasm_bindgen::JsValue;
use wimpex_call::PeerConnectionId;
use wimpex_client::{Input, Output, View};
use wimpex_verification::Verify;

use super::capture::CaptureEvent;
use super::identity::Identity;
use super::media_policy::Hardware;
use crate::browser::BrowserError;
use crate::browser::rtc_peer_connection::PeerEvent;

/// The verifier of the page: its code comes with the first call.
pub type BoxedVerifier = Box<dyn Verify + Send>;

/// What runs a call: its code is loaded later.
pub trait RunCall {
    /// `view` is what it was when the client asked.
    fn run(&mut self, output: Output, view: &View);
    /// Takes an event of the call apart: keeps the browser's object in it, and gives what the
    /// client has to know.
    fn translate(&mut self, event: Event) -> Option<Input<BoxedVerifier>>;
}

/// Something that happened: an input of the client, or what has to be taken apart here
/// since it holds an object of the browser.
pub enum Event {
    /// For the client as it is.
    Client(wimpex_client::Input<BoxedVerifier>),
    /// The key that this browser keeps, if any; or why it cannot.
    Key(Result<Option<Identity>, BrowserError>),
    /// What this device does in hardware.
    Hardware(Hardware),
    /// A peer connection reports.
    Peer(PeerConnectionId, PeerEvent),
    /// About microphone, camera and speaker.
    Capture(CaptureEvent),
    /// `getStats` has an answer.
    Stats(PeerConnectionId, JsValue),
    /// A second of a call has passed.
    StatsTick,
    /// A tenth of a second of an audio call has passed.
    AudioLevelTick,
    /// The browser has nothing else to do.
    Idle,
    /// What runs a call is there, or cannot be loaded.
    CallEffectsLoaded(Option<Box<dyn RunCall>>),
    /// The contacts were written, or could not be.
    ContactsWritten(bool),
    /// The camera on the other side is to be used.
    SwitchCamera,
    /// A screen has changed, some time ago.
    Sweep,
}

impl From<wimpex_client::Command> for Event {
    fn from(command: wimpex_client::Command) -> Self {
        Self::Client(wimpex_client::Input::Command(command))
    }
}

impl From<wimpex_call::Input> for Event {
    fn from(input: wimpex_call::Input) -> Self {
        Self::Client(wimpex_client::Input::Call(input))
    }
}

/// Where everything is posted.
#[derive(Clone)]
pub struct Inbox(UnboundedSender<Event>);

impl Inbox {
    pub(super) fn new(sender: UnboundedSender<Event>) -> Self {
        Self(sender)
    }

    /// Adds to the queue. One copy of what that takes, for all who do.
    #[inline(never)]
    pub fn post(&self, event: Event) {
        // The loop ends only with the page; then there is nobody to tell.
        let _ = self.0.unbounded_send(event);
    }
}
