//! MediaStream Recording (<https://www.w3.org/TR/mediastream-recording/>).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobEvent, BlobPropertyBag, HtmlVideoElement, MediaRecorderOptions, MediaStream,
};

use super::{BrowserError, Listener, promise, window};

/// So often the recorder hands out what it has, in milliseconds.
const SLICE: i32 = 1_000;
/// So often it is looked whether there is a picture, in milliseconds, and how often in all.
const LOOK: u32 = 50;
const LOOKS: u32 = 60;

/// What a recording is encoded with, in bits a second.
#[derive(Clone, Copy, Debug)]
pub struct BitRates {
    /// The microphone's.
    pub audio: u32,
    /// The camera's.
    pub video: u32,
}

/// Records while it lives.
pub struct MediaRecorder {
    recorder: web_sys::MediaRecorder,
    parts: Rc<RefCell<Vec<Blob>>>,
    size: Rc<Cell<f64>>,
    _data: Listener,
}

/// The first of these types that this browser records; `None` if it records none, or nothing.
pub fn first_supported(types: &[&'static str]) -> Option<&'static str> {
    let all = super::reflect::property(&js_sys::global(), "MediaRecorder");
    all.is_some()
        .then(|| {
            let mut types = types.iter();
            types.find(|it| web_sys::MediaRecorder::is_type_supported(it))
        })
        .flatten()
        .copied()
}

/// Waits for the camera's first picture, but not for ever. A recording that begins before it has a
/// size of 2 by 2 points, in Chromium, whatever comes after it.
pub async fn first_picture(stream: &MediaStream) {
    let element = window::document().create_element("video").ok();
    let Some(video) = element.and_then(|it| it.dyn_into::<HtmlVideoElement>().ok()) else {
        return;
    };
    video.set_muted(true);
    video.set_src_object(Some(stream));
    // Where it is not allowed to play, the recording begins as it is.
    if let Ok(played) = video.play() {
        promise::ignore(&played);
    }
    for _ in 0..LOOKS {
        if video.video_width() > 2 {
            break;
        }
        TimeoutFuture::new(LOOK).await;
    }
    video.set_src_object(None);
}

impl MediaRecorder {
    /// Begins to record.
    ///
    /// # Errors
    /// `NotSupportedError` for a type that this browser does not record.
    pub fn start(
        stream: &MediaStream,
        mime_type: &str,
        rates: BitRates,
    ) -> Result<Self, BrowserError> {
        let recorder = recorder(stream, mime_type, rates)?;
        let (parts, size) = (Rc::new(RefCell::new(Vec::new())), Rc::new(Cell::new(0.0)));
        let data = Listener::new(&recorder, "dataavailable", {
            let (parts, size) = (Rc::clone(&parts), Rc::clone(&size));
            move |event| {
                if let Some(part) = event.unchecked_into::<BlobEvent>().data() {
                    size.set(size.get() + part.size());
                    parts.borrow_mut().push(part);
                }
            }
        });
        recorder.start_with_time_slice(SLICE)?;
        Ok(Self {
            recorder,
            parts,
            size,
            _data: data,
        })
    }

    /// Bytes so far; the last second is not in it.
    pub fn size(&self) -> f64 {
        self.size.get()
    }

    /// Ends the recording, and gives it with the type that it has.
    ///
    /// # Errors
    /// What the browser could not put together.
    pub async fn stop(self) -> Result<(Blob, String), BrowserError> {
        if self.recorder.state() != web_sys::RecordingState::Inactive {
            let mut listener = None;
            let stopped = Promise::new(&mut |resolve, _| {
                listener = Some(Listener::new(&self.recorder, "stop", move |_| {
                    let _ = resolve.call0(&JsValue::NULL);
                }));
            });
            self.recorder.stop()?;
            JsFuture::from(stopped).await?;
            drop(listener);
        }
        let mime_type = self.recorder.mime_type();
        let parts: Array = self.parts.borrow().iter().collect();
        let options = BlobPropertyBag::new();
        options.set_type(&mime_type);
        let blob = Blob::new_with_blob_sequence_and_options(&parts, &options)?;
        Ok((blob, mime_type))
    }
}

impl Drop for MediaRecorder {
    fn drop(&mut self) {
        if self.recorder.state() != web_sys::RecordingState::Inactive {
            // It cannot fail while it records.
            let _ = self.recorder.stop();
        }
    }
}

/// What a [`PartRecorder`] has.
pub enum RecorderEvent {
    /// What comes next.
    Part(Blob),
    /// That was the last: it was stopped, or could not go on.
    Stopped,
}

/// Records while it lives, and hands out what it has each second.
pub struct PartRecorder {
    recorder: web_sys::MediaRecorder,
    _listeners: [Listener; 2],
}

/// A picture that needs none before it comes at least so often, in milliseconds, where the browser
/// can be told: one can begin to play there.
const KEY_FRAME_EVERY: u32 = 2_000;

impl PartRecorder {
    /// Begins to record.
    ///
    /// # Errors
    /// As [`MediaRecorder::start`].
    pub fn start(
        stream: &MediaStream,
        mime_type: &str,
        rates: BitRates,
        report: impl Fn(RecorderEvent) + Clone + 'static,
    ) -> Result<Self, BrowserError> {
        let recorder = recorder(stream, mime_type, rates)?;
        let stopped = report.clone();
        let data = Listener::new(&recorder, "dataavailable", move |event| {
            if let Some(part) = event.unchecked_into::<BlobEvent>().data() {
                report(RecorderEvent::Part(part));
            }
        });
        // An error is followed by it.
        let stop = Listener::new(&recorder, "stop", move |_| stopped(RecorderEvent::Stopped));
        recorder.start_with_time_slice(SLICE)?;
        Ok(Self {
            recorder,
            _listeners: [data, stop],
        })
    }

    /// The last parts come, and then nothing.
    pub fn stop(&self) {
        if self.recorder.state() != web_sys::RecordingState::Inactive {
            // It cannot fail while it records.
            let _ = self.recorder.stop();
        }
    }
}

impl Drop for PartRecorder {
    fn drop(&mut self) {
        self.stop();
    }
}

fn recorder(
    stream: &MediaStream,
    mime_type: &str,
    rates: BitRates,
) -> Result<web_sys::MediaRecorder, BrowserError> {
    let options = MediaRecorderOptions::new();
    options.set_mime_type(mime_type);
    options.set_audio_bits_per_second(rates.audio);
    options.set_video_bits_per_second(rates.video);
    // Chromium's, in the MediaStream Recording API too; others ignore it.
    let name = "videoKeyFrameIntervalDuration";
    let _ = js_sys::Reflect::set(&options, &name.into(), &KEY_FRAME_EVERY.into());
    Ok(web_sys::MediaRecorder::new_with_media_stream_and_media_recorder_options(stream, &options)?)
}
