//! A recording that is being made.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use web_sys::{Blob, MediaStream};
use wimpex_mailbox::{Captions, Kind};
use wimpex_sansio::Now;

use crate::browser::media_capture::{self, Captured, Track, VideoConstraints};
use crate::browser::media_recorder::{self, BitRates, MediaRecorder};
use crate::browser::speech_recognition::SpeechRecognition;
use crate::browser::{BrowserError, clock};

/// WebM with VP8 and Opus is recorded by Chromium, Firefox and Safari from 18.4 on, and played by
/// all; older ones of Safari record MP4, which is played by all that have its codecs.
const AUDIO: [&str; 2] = ["audio/webm;codecs=opus", "audio/mp4"];
const VIDEO: [&str; 3] = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];
/// Three minutes are 0.7 MB and 14 MB.
const RATES: BitRates = BitRates {
    audio: 32_000,
    video: 600_000,
};
const PICTURE: VideoConstraints = VideoConstraints {
    width: 640,
    height: 480,
    frame_rate: 24,
    facing_mode: Some("user"),
};
/// The most that a recording may have: what is sealed has a little more.
const MOST: f64 = (wimpex_mailbox::limits::SEALED_BYTES - 1024 * 1024) as f64;

/// See the module. Microphone and camera go off when it is dropped.
pub(crate) struct Recording {
    recorder: MediaRecorder,
    stream: MediaStream,
    kind: Kind,
    began: Now,
    captions: Rc<RefCell<Captions>>,
    _speech: Option<SpeechRecognition>,
    _tracks: Vec<Track>,
}

/// A finished one.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) kind: Kind,
    pub(crate) blob: Blob,
    pub(crate) mime_type: String,
    pub(crate) length: Duration,
    /// What is said, as WebVTT; empty where this browser cannot tell.
    pub(crate) captions: String,
}

/// Why none began: of which device, and the browser's error name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StartError {
    pub(crate) is_camera: bool,
    pub(crate) error: String,
}

/// Whether this browser records at all.
pub(crate) fn can_record(kind: Kind) -> bool {
    mime_type(kind).is_some()
}

fn mime_type(kind: Kind) -> Option<&'static str> {
    media_recorder::first_supported(match kind {
        Kind::Audio => &AUDIO,
        Kind::Video => &VIDEO,
    })
}

impl Recording {
    /// Asks for microphone and camera, and begins.
    pub(crate) async fn start(kind: Kind) -> Result<Self, StartError> {
        let picture = (kind == Kind::Video).then_some(PICTURE);
        let Captured { audio, video } = media_capture::capture(true, picture).await;
        let mut tracks = Vec::new();
        for (is_camera, captured) in [(false, audio), (true, video)] {
            match captured {
                Some(Ok(track)) => tracks.push(Track::new(track, |_| ())),
                Some(Err(error)) => {
                    let error = error.name;
                    return Err(StartError { is_camera, error });
                }
                None => {}
            }
        }
        let failed = |error: BrowserError| StartError {
            is_camera: false,
            error: error.name,
        };
        let stream = media_capture::stream_of(tracks.iter().map(Track::js))
            .ok_or_else(|| failed(BrowserError::named("NotSupportedError")))?;
        let mime_type =
            mime_type(kind).ok_or_else(|| failed(BrowserError::named("NotSupportedError")))?;
        if kind == Kind::Video {
            media_recorder::first_picture(&stream).await;
        }
        let captions = Rc::new(RefCell::new(Captions::default()));
        let recorder = MediaRecorder::start(&stream, mime_type, RATES).map_err(failed)?;
        let began = clock::now();
        let written = Rc::clone(&captions);
        let before = Cell::new(Duration::ZERO);
        let on_said = move |said: String| {
            let now = clock::now().since(began);
            let from = before.replace(now);
            written.borrow_mut().add(from, now, &said);
        };
        let speech = match tracks.first() {
            Some(microphone) => SpeechRecognition::start(microphone.js(), on_said).await,
            None => None,
        };
        Ok(Self {
            recorder,
            stream,
            kind,
            began,
            captions,
            _speech: speech,
            _tracks: tracks,
        })
    }

    /// What the camera sees.
    pub(crate) fn stream(&self) -> MediaStream {
        // Not the browser's own method of this name, which turns on second tracks.
        Clone::clone(&self.stream)
    }

    /// How long it is.
    pub(crate) fn length(&self) -> Duration {
        clock::now().since(self.began)
    }

    /// Whether it is as long, or as large, as a message may be.
    pub(crate) fn is_full(&self) -> bool {
        self.length() >= wimpex_mailbox::limits::LENGTH || self.recorder.size() >= MOST
    }

    /// Ends it.
    pub(crate) async fn stop(self) -> Result<Recorded, BrowserError> {
        let length = self.length();
        let (blob, mime_type) = self.recorder.stop().await?;
        Ok(Recorded {
            kind: self.kind,
            blob,
            mime_type,
            length: length.min(wimpex_mailbox::limits::LENGTH),
            captions: self.captions.borrow().encode(),
        })
    }
}
