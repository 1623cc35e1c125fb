//! Writes down what the user says, on this device and only while the peer wants to read it. Loaded
//! with the call.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use web_sys::MediaStreamTrack;
use wimpex_direct::Caption;

use super::caption_event::CaptionEvent;
use super::direct_event::DirectEvent;
use super::event::Inbox;
use crate::browser::speech_recognition::{self, SpeechRecognition};

/// Browsers end a recognition by themselves when nothing is said; another one begins after so many
/// milliseconds.
const AGAIN_AFTER: u32 = 500;

pub(super) struct Captioning {
    inbox: Inbox,
    /// Whatever began with another number is over.
    number: u32,
    running: Option<Running>,
}

struct Running {
    track: String,
    /// Filled once it has begun.
    recognition: Rc<RefCell<Option<SpeechRecognition>>>,
    again: Option<Timeout>,
}

impl Captioning {
    /// Finds out whether this browser can.
    pub(super) fn new(inbox: Inbox) -> Self {
        let told = inbox.clone();
        spawn_local(async move {
            let available = speech_recognition::is_available().await;
            told.post(DirectEvent::Caption(CaptionEvent::Available(available)).into());
        });
        Self {
            inbox,
            number: 0,
            running: None,
        }
    }

    /// Listens to this microphone, while somebody wants to read.
    pub(super) fn follow(&mut self, microphone: Option<MediaStreamTrack>, is_read: bool) {
        let microphone = microphone.filter(|_| is_read);
        let track = microphone.as_ref().map(MediaStreamTrack::id);
        let now = self.running.as_ref().map(|running| &running.track);
        if now == track.as_ref() {
            return;
        }
        self.number += 1;
        self.running = microphone.map(|microphone| {
            let running = Running {
                track: microphone.id(),
                recognition: Rc::default(),
                again: None,
            };
            self.begin(&microphone, &running);
            running
        });
    }

    fn begin(&self, microphone: &MediaStreamTrack, running: &Running) {
        let place = Rc::downgrade(&running.recognition);
        let (inbox, number) = (self.inbox.clone(), self.number);
        let post = move |event| inbox.post(DirectEvent::Caption(event).into());
        let (heard, ended) = (post.clone(), post);
        let microphone = Clone::clone(microphone);
        spawn_local(async move {
            let begun = SpeechRecognition::interim(
                &microphone,
                move |said| heard(CaptionEvent::Heard(number, said)),
                move || ended(CaptionEvent::Ended(number)),
            );
            let begun = begun.await;
            // Of one that is over nothing is kept.
            if let Some(place) = place.upgrade() {
                place.replace(begun);
            }
        });
    }

    /// Gives what is to be told to the peer.
    pub(super) fn handle(
        &mut self,
        event: CaptionEvent,
        microphone: Option<MediaStreamTrack>,
    ) -> Option<Caption> {
        let running = self.running.as_mut()?;
        match event {
            CaptionEvent::Heard(number, said) if number == self.number => {
                Caption::of_speech(&said.text, said.is_final)
            }
            CaptionEvent::Ended(number) if number == self.number => {
                let inbox = self.inbox.clone();
                running.recognition.take();
                running.again = Some(Timeout::new(AGAIN_AFTER, move || {
                    inbox.post(DirectEvent::Caption(CaptionEvent::Again(number)).into());
                }));
                None
            }
            CaptionEvent::Again(number) if number == self.number => {
                running.again = None;
                if let (Some(microphone), Some(running)) = (microphone, &self.running) {
                    self.begin(&microphone, running);
                }
                None
            }
            // Of one that is over.
            CaptionEvent::Available(_)
            | CaptionEvent::Heard(..)
            | CaptionEvent::Ended(_)
            | CaptionEvent::Again(_) => None,
        }
    }
}
