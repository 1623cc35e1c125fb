//! Everything that can come into the inbox.

use std::any::Any;

use futures_channel::mpsc::UnboundedSender;
use wasm_bindgen::JsValue;
use wimpex_call::PeerConnectionId;
use wimpex_client::{Client, Input, Output, View};

pub use super::boxed_calls::BoxedCalls;
use super::capture::CaptureEvent;
use super::direct_event::DirectEvent;
use super::host::PageHost;
use super::identity::Identity;
use super::media_policy::Hardware;
use super::share_event::ShareEvent;
use crate::browser::BrowserError;
use crate::browser::rtc_peer_connection::PeerEvent;

/// What runs a call: its code is loaded later.
pub trait RunCall {
    /// `view` is what it was when the client asked.
    fn run(&mut self, output: Output, view: &View);
    /// Takes an event of the call apart: keeps the browser's object in it, and gives what the
    /// client has to know.
    fn translate(&mut self, event: Event, client: &Client<PageHost>) -> Option<Input<BoxedCalls>>;
}

/// Something that happened: an input of the client, or what has to be taken apart here
/// since it holds an object of the browser.
pub enum Event {
    /// For the client as it is.
    Client(wimpex_client::Input<BoxedCalls>),
    /// The key that this browser keeps, if any; or why it cannot.
    Key(Result<Option<Identity>, BrowserError>),
    /// What this device does in hardware.
    Hardware(Hardware),
    /// A peer connection reports.
    Peer(PeerConnectionId, PeerEvent),
    /// About microphone, camera and speaker.
    Capture(CaptureEvent),
    /// About what the two pages exchange beside the media.
    Direct(DirectEvent),
    /// About the screen that is shown.
    Share(ShareEvent),
    /// About something of which the first load knows nothing: a file, a recording. Whoever it is for
    /// knows its type.
    Later(Box<dyn Any>),
    /// `getStats` has an answer.
    Stats(PeerConnectionId, JsValue),
    /// A second of a call has passed.
    StatsTick(PeerConnectionId),
    /// A tenth of a second of an audio call has passed.
    AudioLevelTick(PeerConnectionId),
    /// The browser has nothing else to do.
    Idle,
    /// What runs a call is there, or cannot be loaded.
    CallEffectsLoaded(Option<Box<dyn RunCall>>),
    /// The contacts were written, or could not be.
    ContactsWritten(bool),
    /// The camera on the other side is to be used.
    SwitchCamera,
    /// The user returns to the call whose page was left, or does not.
    LeftCall {
        /// Whether they do.
        returns: bool,
    },
    /// A screen has changed, some time ago.
    Sweep,
}

impl From<DirectEvent> for Event {
    fn from(event: DirectEvent) -> Self {
        Self::Direct(event)
    }
}

impl From<ShareEvent> for Event {
    fn from(event: ShareEvent) -> Self {
        Self::Share(event)
    }
}

impl From<wimpex_call::Command> for Event {
    fn from(command: wimpex_call::Command) -> Self {
        wimpex_client::Command::from(command).into()
    }
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
