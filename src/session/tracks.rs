//! The captured tracks of the call: what the browser gave, and for which request.

use wimpex_call::{MediaError, MediaRequest, TrackKind};

use crate::browser::BrowserError;
use crate::browser::media_capture::{Captured, Track};

/// The tracks of one question.
#[derive(Default)]
struct Answer {
    audio: Option<Track>,
    video: Option<Track>,
}

/// All tracks that are live. What is not in here has been stopped.
/// A handful at most, so that a list will do.
#[derive(Default)]
pub(super) struct Tracks(Vec<(MediaRequest, Answer)>);

/// One question's outcome, for the machine.
pub(super) type Outcome = Option<Result<(), MediaError>>;

impl Tracks {
    /// Takes what the browser gave; says what came of it.
    pub(super) fn take(
        &mut self,
        request: MediaRequest,
        captured: Captured,
        ended: impl Fn(TrackKind) + Clone + 'static,
    ) -> (Outcome, Outcome) {
        let mut answer = Answer::default();
        let mut hold = |outcome: Option<Result<_, BrowserError>>, kind| {
            outcome.map(|outcome| {
                let ended = ended.clone();
                let track = outcome.map(|track| Track::new(track, move || ended(kind)));
                match kind {
                    TrackKind::Audio => store(&mut answer.audio, track),
                    TrackKind::Video => store(&mut answer.video, track),
                }
            })
        };
        let outcomes = (
            hold(captured.audio, TrackKind::Audio),
            hold(captured.video, TrackKind::Video),
        );
        self.0.push((request, answer));
        outcomes
    }

    /// Keeps these of the request's tracks, and stops its others.
    pub(super) fn keep(&mut self, request: MediaRequest, audio: bool, video: bool) {
        for (_, answer) in self.0.iter_mut().filter(|(of, _)| *of == request) {
            if !audio {
                answer.audio = None;
            }
            if !video {
                answer.video = None;
            }
        }
    }

    /// The track of that kind and request.
    pub(super) fn track(&self, request: MediaRequest, kind: TrackKind) -> Option<&Track> {
        let (_, answer) = self.0.iter().find(|(of, _)| *of == request)?;
        match kind {
            TrackKind::Audio => answer.audio.as_ref(),
            TrackKind::Video => answer.video.as_ref(),
        }
    }

    /// Whether the microphones are let through.
    pub(super) fn set_muted(&self, muted: bool) {
        for track in self
            .0
            .iter()
            .filter_map(|(_, answer)| answer.audio.as_ref())
        {
            track.set_enabled(!muted);
        }
    }

    /// Stops every camera.
    pub(super) fn stop_cameras(&mut self) {
        for (_, answer) in &mut self.0 {
            answer.video = None;
        }
    }

    /// Stops the tracks of one request.
    pub(super) fn release(&mut self, request: MediaRequest) {
        self.0.retain(|(of, _)| *of != request);
    }

    /// Stops everything.
    pub(super) fn release_all(&mut self) {
        self.0.clear();
    }
}

fn store(place: &mut Option<Track>, track: Result<Track, BrowserError>) -> Result<(), MediaError> {
    *place = Some(track.map_err(|error| MediaError::from_exception_name(&error.name))?);
    Ok(())
}
