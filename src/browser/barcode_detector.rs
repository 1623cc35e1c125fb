//! `BarcodeDetector` (<https://wicg.github.io/shape-detection-api/>) with a camera, to read
//! QR codes: Chromium on phones and on macOS. Elsewhere the phone's own camera reads them,
//! since they are links.

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlVideoElement, MediaStream, MediaStreamTrack};

use super::reflect::method;
use super::window::window;
use super::{BrowserError, media_capture};

/// How often a frame is searched for a code, in milliseconds.
const EVERY: u32 = 200;

/// A camera that is on; it is turned off when this is dropped.
pub struct Scanner {
    stream: MediaStream,
    detector: JsValue,
}

impl Scanner {
    /// Whether this browser has a detector.
    pub fn is_supported() -> bool {
        detector_class().is_some()
    }

    /// Turns the camera on.
    ///
    /// # Errors
    /// `NotSupportedError` where the browser has no detector; otherwise as `getUserMedia`
    /// rejects.
    pub async fn start() -> Result<Self, BrowserError> {
        let class = detector_class().ok_or_else(|| BrowserError::named("NotSupportedError"))?;
        let options = Object::new();
        Reflect::set(&options, &"formats".into(), &Array::of1(&"qr_code".into()))?;
        let detector = Reflect::construct(&class, &Array::of1(&options))?;
        let stream = media_capture::back_camera().await?;
        Ok(Self { stream, detector })
    }

    /// What the camera sees, to be shown.
    pub fn stream(&self) -> &MediaStream {
        &self.stream
    }

    /// The text of the first code in `video`, which plays [`Scanner::stream`]; `None` if
    /// `goes_on` returns false before.
    ///
    /// # Errors
    /// Where the detector fails.
    pub async fn read(
        self,
        video: &HtmlVideoElement,
        goes_on: impl Fn() -> bool,
    ) -> Result<Option<String>, BrowserError> {
        let detect = Reflect::get(&self.detector, &"detect".into())?;
        let detect: Function = detect.dyn_into()?;
        while goes_on() {
            // Before the first picture there is nothing to look at.
            if video.ready_state() >= web_sys::HtmlMediaElement::HAVE_CURRENT_DATA {
                let found: Promise = detect.call1(&self.detector, video)?.unchecked_into();
                let found: Array = JsFuture::from(found).await?.unchecked_into();
                let first = found.get(0);
                if !first.is_undefined() {
                    return Ok(Reflect::get(&first, &"rawValue".into())?.as_string());
                }
            }
            TimeoutFuture::new(EVERY).await;
        }
        Ok(None)
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        for track in self.stream.get_tracks() {
            track.unchecked_into::<MediaStreamTrack>().stop();
        }
    }
}

fn detector_class() -> Option<Function> {
    method(&window(), "BarcodeDetector")
}
