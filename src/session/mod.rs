//! The inbox, and the execution of what the client asks for.
//!
//! Whatever happens, in the browser, on the socket or by the user, is an [`Event`] in one
//! queue. The loop hands it to [`wimpex_client::Client`], which decides, carries out every
//! output, and patches the [`Signals`] that the ui reads. Here is no decision, no markup
//! and no wording.

mod boxed_calls;
pub mod call_certificates;
mod call_effects;
mod call_keeping;
mod call_recorder;
mod call_recording;
pub mod caption_event;
mod captioning;
mod capture;
mod capture_session;
mod chat_database;
pub mod check;
mod connection;
mod contact_database;
pub(crate) mod diagnostics;
mod direct;
mod direct_event;
mod effects;
mod event;
mod event_loop;
mod files;
mod files_database;
mod files_event;
mod files_preview;
mod host;
pub mod identity;
pub(crate) mod lazy;
mod lazy_call_effects;
mod lazy_recorder;
pub(crate) mod links;
mod load_anew;
pub(crate) mod mailbox;
pub mod media_policy;
mod noise_files;
mod options;
mod probe;
pub(crate) mod push;
pub(crate) mod quiet;
mod recording_event;
mod recordings;
mod screen_share;
pub(crate) mod settings;
mod share_event;
mod signals;
pub mod stats;
mod stats_monitor;
mod subscribers;
pub mod tones;
mod view_signal;

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use leptos::prelude::*;
use wimpex_client::Command;
use wimpex_client::devices::DeviceCommand;

use crate::browser::rtc_peer_connection;

pub use direct_event::{ChatView, ConsentView, DirectEvent, LiveView};
pub use event::{Event, Inbox};
pub use files_database::{delete_received, received_files, save_received};
pub use files_event::{FilesEvent, FilesView};
pub use files_preview::draw_preview;
pub use options::Options;
pub use recording_event::{Problem, RecordCall, RecordingEvent, RecordingView, Sources};
pub use recordings::{KeptRecording, delete_recording, kept_recordings, save_recording};
pub use share_event::{ShareEvent, ShareView};
pub use signals::Signals;
pub use view_signal::{PartGuard, ViewSignal};

/// Whether this browser can call at all: some have no `RTCPeerConnection`.
pub fn has_webrtc() -> bool {
    rtc_peer_connection::is_supported()
}

/// The ui's end of the session: signals to read, and a place to send commands.
#[derive(Clone, Copy)]
pub struct Session {
    /// What is, part by part.
    pub view: Signals,
    inbox: StoredValue<Inbox, LocalStorage>,
}

impl Session {
    /// Starts the loop, which runs as long as the page.
    pub fn start(options: Options) -> Self {
        let (session, events) = Self::detached();
        event_loop::spawn(options, session.view, session.inbox.get_value(), events);
        session
    }

    /// A session without a loop, to render signals that a test made up. The second part
    /// receives what the ui sends.
    pub fn detached() -> (Self, UnboundedReceiver<Event>) {
        let (inbox, events) = unbounded();
        let session = Self {
            view: Signals::new(),
            inbox: StoredValue::new_local(Inbox::new(inbox)),
        };
        (session, events)
    }

    /// Tells the loop what the user wants.
    pub fn dispatch(&self, command: impl Into<Command>) {
        self.post(command.into());
    }

    /// Tells it what the user wants of microphone, camera and speaker.
    pub fn devices(&self, command: DeviceCommand) {
        let event = Event::Capture(capture::CaptureEvent::Command(command));
        self.inbox.with_value(|inbox| inbox.post(event));
    }

    /// Tells it what the user wants of the chat.
    pub fn direct(&self, event: DirectEvent) {
        self.inbox.with_value(|inbox| inbox.post(event.into()));
    }

    /// Tells it what the user wants to show.
    pub fn share(&self, event: ShareEvent) {
        self.inbox.with_value(|inbox| inbox.post(event.into()));
    }

    /// Tells it what the user wants of files.
    pub fn files(&self, event: FilesEvent) {
        self.inbox.with_value(|inbox| inbox.post(event.into()));
    }

    /// Tells it what the user wants of a recording.
    pub fn record(&self, event: RecordingEvent) {
        self.inbox.with_value(|inbox| inbox.post(event.into()));
    }

    /// Films with the camera on the other side of a telephone, if one is on.
    pub fn switch_camera(&self) {
        self.inbox
            .with_value(|inbox| inbox.post(Event::SwitchCamera));
    }

    /// The user returns to the call whose page was left, or does not.
    pub fn return_to_call(&self, returns: bool) {
        self.inbox
            .with_value(|inbox| inbox.post(Event::LeftCall { returns }));
    }

    /// Tells the loop that a part of the page could not be loaded.
    pub fn report_missing_part(&self) {
        self.inbox.with_value(|inbox| {
            inbox.post(Event::Client(wimpex_client::Input::PartMissing));
        });
    }

    /// Tells the loop what the browser says of the call beside its connection.
    pub fn report(&self, input: wimpex_call::Input) {
        self.inbox.with_value(|inbox| inbox.post(input.into()));
    }

    fn post(&self, command: Command) {
        self.inbox.with_value(|inbox| inbox.post(command.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_time_counts_only_for_who_debugs() {
        let ring = |query| Options::from_query(query).ring.as_secs();
        assert_eq!(ring("?debug&debug-ring-seconds=3"), 3);
        assert_eq!(ring("?debug-ring-seconds=3"), 60);
        assert_eq!(ring("?debug&debug-ring-seconds=soon"), 60);
        assert!(!Options::from_query("?debugger").debug);
    }
}
