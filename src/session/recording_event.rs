//! What there is to be known about recording a call, and what the screens show of it.

use leptos::prelude::RwSignal;
use wimpex_protocol::CallId;
use wimpex_recording::{Kind, Layout};

use super::event::Event;

/// Something about it.
pub enum RecordingEvent {
    /// A screen shows it in this signal from now on.
    Show(RwSignal<RecordingView>),
    /// The user wants to make one of these of the call that is seen, with whom it names so.
    Ask(Kind, String),
    /// The user takes that back, or it is enough.
    End,
    /// The user agrees to what the peer of that call has asked, or does not, or not any more.
    Answer(bool),
    /// The user wants to see these in it.
    SetLayout(Layout),
    /// The user has read why there is none.
    Understood,
    /// The peer of that call agrees.
    Start(CallId, Kind),
    /// It has to end.
    Stop(CallId),
    /// The peer does not agree.
    Declined(Kind),
    /// The peer does not agree any more.
    Withdrawn(Kind),
    /// The so manieth has begun, or could not.
    Begun(u32, Result<Box<dyn RecordCall>, Problem>),
    /// The browser mixes no sound for that one, or does again.
    Silent(u32, bool),
    /// All of it is kept, or as much as could be.
    Made(u32, Result<(), Problem>),
}

impl From<RecordingEvent> for Event {
    fn from(event: RecordingEvent) -> Self {
        Self::Later(Box::new(event))
    }
}

/// A recording that is being made: its code is loaded when it begins.
pub trait RecordCall {
    /// What there is to be seen and heard now.
    fn follow(&mut self, sources: &Sources);
    /// What of it is to be seen.
    fn show(&mut self, layout: Layout);
    /// It is enough: [`RecordingEvent::Made`] follows.
    fn stop(&mut self);
}

/// What there is to be seen and heard of a call.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// It is a video call, whoever is to be seen at the moment.
    pub has_video: bool,
    /// The user's picture.
    pub own: Option<web_sys::MediaStream>,
    /// The peer's.
    pub peer: Option<web_sys::MediaStream>,
    /// The screen that one of them shows.
    pub screen: Option<web_sys::MediaStream>,
    /// The user's voice, the peer's, and the sound of what the user shows.
    pub sounds: [Option<web_sys::MediaStreamTrack>; 3],
}

/// What begins.
pub struct RecordingWish {
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) layout: Layout,
    /// Of the user, and of the peer.
    pub(super) names: [String; 2],
    pub(super) sources: Sources,
    /// WebM, or what the browser has instead.
    pub(super) mime_type: &'static str,
}

/// Why there is no recording, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The peer does not agree.
    Declined(Kind),
    /// The peer has agreed, and does not any more.
    Withdrawn(Kind),
    /// There is no room for it on this device.
    NoRoom,
    /// This browser keeps no files, as in a private window.
    CannotKeep,
    /// This browser makes none.
    CannotRecord(Kind),
    /// It had ended before there was anything in it.
    Empty,
    /// A part of the page could not be loaded.
    NotLoaded,
}

/// What a call's screen shows of it, beside what the pages have agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingView {
    /// What is being made of the call that is seen.
    pub runs: Option<Kind>,
    /// There is no sound in it, since the browser mixes none.
    pub is_silent: bool,
    /// One is being made, or put in order: there is room for no other.
    pub is_busy: bool,
    /// What is to be seen in it.
    pub layout: Layout,
    /// Why there is none.
    pub problem: Option<Problem>,
    /// How many have been kept since the page was loaded.
    pub made: u32,
}
