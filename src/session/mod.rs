//! The one inbox and the one loop.
//!
//! Whatever happens, in the browser, on the socket or by the person, is an
//! [`Event`] in one queue. The loop hands it to the call machine, carries out
//! every output, and patches the [`View`] that the ui reads. Here is no markup
//! and no wording.

pub mod address;
pub mod backoff;
pub mod check;
mod connection;
mod devices;
pub(crate) mod diagnostics;
mod event;
pub(crate) mod gatekeeper;
pub mod gauge;
pub mod guard;
pub mod identity;
pub(crate) mod lazy;
mod link;
pub mod media_policy;
mod news;
pub(crate) mod people;
mod perform;
mod person;
pub mod probe;
pub mod recorder;
pub mod routes;
mod runtime;
pub mod tones;
mod trace;
mod view;

use futures_channel::mpsc::{UnboundedSender, unbounded};
use leptos::prelude::*;
use wimpex_call::limits;
use wimpex_protocol::{CallType, Name, UserId};

pub use event::Event;
pub use view::{Alarm, Contact, ServerState, Trust, View};

/// So many contacts are watched: the server takes 256 at a time.
pub const CONTACTS: usize = 250;

/// What the person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// To go by this name.
    SetName(Name),
    /// To call somebody.
    Call {
        /// Whom.
        peer: UserId,
        /// Sound and picture, or sound alone.
        call_type: CallType,
    },
    /// To take the call that rings.
    Accept {
        /// With the camera, if it is a video call.
        camera: bool,
    },
    /// Not to take it.
    Decline,
    /// To cancel or hang up.
    HangUp,
    /// To leave the screen that says how the call ended.
    Dismiss,
    /// To be heard or not.
    SetMuted(bool),
    /// To be seen or not.
    SetCamera(bool),
    /// Not to show one's network addresses to whoever one calls: relayed calls only.
    HideAddress(bool),
    /// To have everything checked that a call needs.
    Check,
    /// To answer the check's question whether the sound was heard.
    Heard(bool),
    /// To say whether the other side sees the same pictures; `None` takes it back.
    Compared(Option<bool>),
    /// To have read the alarm.
    Alarmed,
    /// To know whether this person is there.
    Watch(UserId),
    /// The same of somebody whose link was opened, or typed in.
    Open(UserId),
    /// To have these people as contacts; no more than [`CONTACTS`] of them are watched.
    Know(Vec<Contact>),
}

/// How the page is to behave; read from its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Show and log what the call machine and the browser do.
    pub debug: bool,
    /// How long a call rings; for debugging only.
    pub ring: std::time::Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            debug: false,
            ring: limits::RING,
        }
    }
}

impl Options {
    /// From the query: `?debug`, and with it `debug-ring-seconds=N`.
    pub fn from_query(query: &str) -> Self {
        let fields = || query.trim_start_matches('?').split('&');
        let debug = fields().any(|field| field == "debug" || field.starts_with("debug="));
        let ring = fields()
            .find_map(|field| field.strip_prefix("debug-ring-seconds=")?.parse().ok())
            .filter(|_| debug)
            .map(|seconds: u16| std::time::Duration::from_secs(seconds.into()));
        Self {
            debug,
            ring: ring.unwrap_or(limits::RING),
        }
    }
}

/// The ui's end of the session: a view to read, and a place to send intents.
#[derive(Clone, Copy)]
pub struct Session {
    /// What is.
    pub view: View,
    inbox: StoredValue<UnboundedSender<Event>>,
}

impl Session {
    /// Starts the loop, which runs as long as the page.
    pub fn start(options: Options) -> Self {
        let (inbox, events) = unbounded();
        let view = View::new();
        runtime::spawn(options, view, inbox.clone(), events);
        Self {
            view,
            inbox: StoredValue::new(inbox),
        }
    }

    /// A session without a loop, to render a view that a test made up. The
    /// second part receives what the ui sends.
    pub fn detached() -> (Self, futures_channel::mpsc::UnboundedReceiver<Event>) {
        let (inbox, events) = unbounded();
        let session = Self {
            view: View::new(),
            inbox: StoredValue::new(inbox),
        };
        (session, events)
    }

    /// The inbox itself, for what is loaded later.
    pub(crate) fn inbox(&self) -> UnboundedSender<Event> {
        self.inbox.get_value()
    }

    /// Tells the loop what the person wants.
    pub fn dispatch(&self, intent: Intent) {
        // The loop ends only with the page; then there is nobody to tell.
        self.inbox.with_value(|inbox| {
            let _ = inbox.unbounded_send(Event::Person(intent));
        });
    }
}
