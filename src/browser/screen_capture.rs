//! Screen Capture: a screen, a window or a tab, and its sound
//! (<https://www.w3.org/TR/screen-capture/>).

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamTrack};

use super::BrowserError;
use super::reflect::{call, method, property};
use super::window::window;

/// What the user has chosen to show.
pub struct CapturedScreen {
    /// Its picture.
    pub video: MediaStreamTrack,
    /// Its sound, where the browser can and the user wants it.
    pub audio: Option<MediaStreamTrack>,
}

impl CapturedScreen {
    /// Lets go of what nobody wants any more.
    pub fn stop(self) {
        for track in [Some(self.video), self.audio].into_iter().flatten() {
            track.stop();
        }
    }
}

fn media_devices() -> Option<JsValue> {
    property(&window().navigator(), "mediaDevices")
}

/// Whether the browser can show a screen at all: those of telephones cannot.
pub fn is_supported() -> bool {
    media_devices().is_some_and(|devices| method(&devices, "getDisplayMedia").is_some())
}

/// Lets the user choose (`getDisplayMedia`): only while a click of theirs is fresh.
///
/// # Errors
/// `NotAllowedError` where the user, or the system, has refused; `NotSupportedError`,
/// `NotReadableError`, `InvalidStateError` and others where there is nothing to be had.
pub async fn capture() -> Result<CapturedScreen, BrowserError> {
    let unsupported = || BrowserError::named("NotSupportedError");
    let devices = media_devices().ok_or_else(unsupported)?;
    let method = method(&devices, "getDisplayMedia").ok_or_else(unsupported)?;
    let asked: Promise = method
        .call1(&devices, &options(&devices)?.into())?
        .dyn_into()?;
    let stream: MediaStream = JsFuture::from(asked).await?.dyn_into()?;
    let first = |tracks: js_sys::Array| tracks.iter().next().map(JsCast::unchecked_into);
    let video: Option<MediaStreamTrack> = first(stream.get_video_tracks());
    Ok(CapturedScreen {
        video: video.ok_or_else(|| BrowserError::named("NotFoundError"))?,
        audio: first(stream.get_audio_tracks()),
    })
}

/// `DisplayMediaStreamOptions`. A browser takes no notice of what it does not know.
fn options(devices: &JsValue) -> Result<Object, BrowserError> {
    let supported = call(devices, "getSupportedConstraints", &JsValue::UNDEFINED);
    let leaves_own_out = supported.is_some_and(|it| property(&it, "restrictOwnAudio").is_some());
    // What is played is no voice.
    let audio = object(&[
        ("autoGainControl", false.into()),
        ("noiseSuppression", false.into()),
        ("voiceIsolation", false.into()),
        // The peer, whom this page plays, must not hear themselves: their sound is left out
        // of what is captured, or where that is not known, taken out of it as an echo.
        ("restrictOwnAudio", true.into()),
        ("echoCancellation", (!leaves_own_out).into()),
    ])?;
    let rate = object(&[("max", 30.into())])?;
    let video = object(&[("frameRate", rate.into())])?;
    object(&[
        ("video", video.into()),
        ("audio", audio.into()),
        ("systemAudio", "include".into()),
        // Another tab can be shown without being asked anew.
        ("surfaceSwitching", "include".into()),
        // Who shows this very page sees it without end.
        ("selfBrowserSurface", "exclude".into()),
    ])
}

fn object(fields: &[(&str, JsValue)]) -> Result<Object, BrowserError> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object)
}
