//! Recording a call, and taking photos of it: begins what the peer agrees to, gives it what there is
//! to be seen and heard, and ends it. Loaded with the call; what records, with the first recording
//! (`super::lazy_recorder`).

use leptos::prelude::{RwSignal, Set};
use wasm_bindgen_futures::spawn_local;
use wimpex_call::{ActiveCall, CallSnapshot};
use wimpex_protocol::{CallId, MediaFlag};
use wimpex_recording::Kind;

use super::event::{Event, Inbox};
use super::lazy_recorder;
use super::recording_event::{
    Problem, RecordCall, RecordingEvent, RecordingView, RecordingWish, Sources,
};
use super::signals::Signals;
use crate::browser::media_recorder;
use crate::chunk::NotLoaded;

pub(super) struct CallRecording {
    inbox: Inbox,
    signals: Signals,
    shown: Option<RwSignal<RecordingView>>,
    view: RecordingView,
    /// What the user calls whom they see.
    peer_name: String,
    /// Whatever began with another number is over.
    number: u32,
    making: Option<Making>,
    seen: Option<CallId>,
}

struct Making {
    number: u32,
    call: CallId,
    kind: Kind,
    /// There once it has begun.
    recorder: Option<Box<dyn RecordCall>>,
    is_over: bool,
}

/// What the exchange with the peer's page is to be told.
pub(super) enum Word {
    Ask(Kind),
    Started(CallId),
    Ended(CallId),
    /// The same of the call that is seen, whichever it is.
    EndSeen,
    Answer(bool),
}

impl CallRecording {
    pub(super) fn new(inbox: Inbox, signals: Signals) -> Self {
        Self {
            inbox,
            signals,
            shown: None,
            view: RecordingView::default(),
            peer_name: String::new(),
            number: 0,
            making: None,
            seen: None,
        }
    }

    /// One of a call that is over ends with it.
    pub(super) fn follow_calls(&mut self, calls: &CallSnapshot) {
        let mut all = [&calls.call, &calls.waiting, &calls.held]
            .into_iter()
            .flatten();
        if let Some(making) = &mut self.making
            && all.all(|call| call.call_id != making.call)
        {
            making.stop();
        }
        let seen = calls.call.as_ref().map(|call| call.call_id.clone());
        if self.seen != seen {
            self.seen = seen;
            self.view.problem = None;
            self.show();
        }
    }

    /// The call of which something is being made.
    pub(super) fn of(&self) -> Option<&CallId> {
        let making = self.making.as_ref().filter(|making| !making.is_over)?;
        Some(&making.call)
    }

    /// What there is to be seen and heard of it now.
    pub(super) fn follow(&mut self, sources: &Sources) {
        let making = self.making.as_mut().filter(|making| !making.is_over);
        if let Some(recorder) = making.and_then(|making| making.recorder.as_mut()) {
            recorder.follow(sources);
        }
    }

    /// Gives what the peer's page has to know. `sources` are those of the call that is seen.
    pub(super) fn handle(&mut self, event: RecordingEvent, sources: &Sources) -> Option<Word> {
        let word = match event {
            RecordingEvent::Show(signal) => {
                self.shown = Some(signal);
                None
            }
            RecordingEvent::Ask(..) if self.making.is_some() => None,
            RecordingEvent::Ask(kind, name) => {
                self.peer_name = name;
                self.view.problem = mime_type(kind, sources)
                    .is_none()
                    .then_some(Problem::CannotRecord(kind));
                self.view.problem.is_none().then_some(Word::Ask(kind))
            }
            RecordingEvent::End => Some(Word::EndSeen),
            RecordingEvent::Answer(agrees) => {
                self.note(match agrees {
                    true => "agreed to be recorded",
                    false => "did not agree to be recorded",
                });
                Some(Word::Answer(agrees))
            }
            RecordingEvent::SetLayout(layout) => {
                self.view.layout = layout;
                let making = self.making.as_mut();
                if let Some(recorder) = making.and_then(|making| making.recorder.as_mut()) {
                    recorder.show(layout);
                }
                None
            }
            RecordingEvent::Understood => {
                self.view.problem = None;
                None
            }
            RecordingEvent::Start(call, kind) => self.start(call, kind, sources),
            RecordingEvent::Stop(call) => {
                let making = self.making.as_mut();
                if let Some(making) = making.filter(|making| making.call == call) {
                    making.stop();
                }
                None
            }
            RecordingEvent::Declined(kind) => {
                self.note("the peer does not agree to be recorded");
                self.view.problem = Some(Problem::Declined(kind));
                None
            }
            RecordingEvent::Withdrawn(kind) => {
                self.note("the peer does not agree any more to be recorded");
                self.view.problem = Some(Problem::Withdrawn(kind));
                None
            }
            RecordingEvent::Begun(number, begun) => self.begun(number, begun),
            RecordingEvent::Silent(number, is_silent) => {
                if self.making.as_ref().is_some_and(|it| it.number == number) {
                    self.note(match is_silent {
                        true => "a recording is silent: the browser mixes no sound",
                        false => "a recording has sound again",
                    });
                    self.view.is_silent = is_silent;
                }
                None
            }
            RecordingEvent::Made(number, made) => self.made(number, made),
        };
        self.show();
        word
    }

    /// For the record of the call.
    fn note(&self, what: &str) {
        let note = wimpex_client::Input::Note(what.to_owned());
        self.inbox.post(Event::Client(note));
    }

    fn start(&mut self, call: CallId, kind: Kind, sources: &Sources) -> Option<Word> {
        let mime_type = mime_type(kind, sources);
        let (Some(mime_type), None) = (mime_type, &self.making) else {
            return Some(Word::Ended(call));
        };
        self.note("the peer agrees to be recorded");
        self.number += 1;
        self.view.is_silent = false;
        let name = self.signals.name.get_untracked();
        let wish = RecordingWish {
            number: self.number,
            kind,
            layout: self.view.layout,
            names: [
                name.map_or_else(String::new, String::from),
                self.peer_name.clone(),
            ],
            sources: sources.clone(),
            mime_type,
        };
        self.making = Some(Making {
            number: self.number,
            call,
            kind,
            recorder: None,
            is_over: false,
        });
        let (inbox, number) = (self.inbox.clone(), self.number);
        let made = inbox.clone();
        let begin = lazy_recorder::begin(wish, made);
        spawn_local(async move {
            let begun = match begin.await {
                Ok(begun) => begun.await,
                Err(NotLoaded) => Err(Problem::NotLoaded),
            };
            inbox.post(RecordingEvent::Begun(number, begun).into());
        });
        None
    }

    fn begun(&mut self, number: u32, begun: Result<Box<dyn RecordCall>, Problem>) -> Option<Word> {
        let making = self.making.as_mut().filter(|it| it.number == number)?;
        match begun {
            Ok(mut recorder) => {
                if making.is_over {
                    recorder.stop();
                }
                making.recorder = Some(recorder);
                (!making.is_over).then(|| Word::Started(making.call.clone()))
            }
            Err(problem) => self.made(number, Err(problem)),
        }
    }

    fn made(&mut self, number: u32, made: Result<(), Problem>) -> Option<Word> {
        let making = self.making.take_if(|it| it.number == number)?;
        self.note(match made {
            Ok(()) => "a recording is kept",
            Err(_) => "a recording has failed",
        });
        match made {
            Ok(()) => self.view.made += 1,
            // It is said already why.
            Err(Problem::Empty) if self.view.problem.is_some() => {}
            Err(problem) => {
                // As much of it as there was room for is kept.
                self.view.made += u32::from(problem == Problem::NoRoom);
                self.view.problem = Some(problem);
            }
        }
        Some(Word::Ended(making.call))
    }

    fn show(&mut self) {
        let seen = self.making.as_ref();
        let seen = seen.filter(|it| !it.is_over && Some(&it.call) == self.seen.as_ref());
        self.view.runs = seen.map(|it| it.kind);
        self.view.is_busy = self.making.is_some();
        if let Some(shown) = self.shown {
            // The screen may be gone.
            let _ = shown.try_set(self.view.clone());
        }
    }
}

impl Making {
    fn stop(&mut self) {
        if !std::mem::replace(&mut self.is_over, true)
            && let Some(recorder) = &mut self.recorder
        {
            recorder.stop();
        }
    }
}

/// What this browser makes of it, if anything.
fn mime_type(kind: Kind, sources: &Sources) -> Option<&'static str> {
    match kind {
        Kind::Photo => Some("image/jpeg"),
        Kind::Recording if sources.has_video => media_recorder::first_supported(&VIDEO),
        Kind::Recording => media_recorder::first_supported(&AUDIO),
    }
}

/// WebM with VP8 and Opus is recorded by Chromium, Firefox and Safari from 18.4 on, and played by
/// all; older ones of Safari record MP4.
const AUDIO: [&str; 2] = ["audio/webm;codecs=opus", "audio/mp4"];
const VIDEO: [&str; 3] = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];

/// Whether the peer sends the picture of a camera, or of a screen in its place.
pub(super) fn sends_picture(call: &ActiveCall) -> bool {
    let media = call.peer_media.as_ref();
    media.is_none_or(|it| {
        it.has(MediaFlag::Camera) || (it.has(MediaFlag::Sharing) && !it.has(MediaFlag::ScreenTrack))
    })
}

/// Whether the peer shows a screen beside it.
pub(super) fn sends_screen(call: &ActiveCall) -> bool {
    let media = call.peer_media.as_ref();
    media.is_some_and(|it| it.has(MediaFlag::Sharing) && it.has(MediaFlag::ScreenTrack))
}
