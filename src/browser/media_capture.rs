//! Microphone and camera (`getUserMedia`).

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamConstraints, MediaStreamTrack};

use super::{BrowserError, Listener};

/// A captured track. Dropping it stops it, and with it the camera's light.
pub struct Track {
    track: MediaStreamTrack,
    _ended: Listener,
}

impl Track {
    /// Owns a track from now on; `ended` is called if it ends by itself.
    pub fn new(track: MediaStreamTrack, ended: impl Fn() + 'static) -> Self {
        let listener = Listener::new(&track, "ended", move |_| ended());
        Self {
            track,
            _ended: listener,
        }
    }

    /// The browser's object, to be sent or shown.
    pub fn js(&self) -> &MediaStreamTrack {
        &self.track
    }

    /// Whether sound is let through, or silence is sent in its place.
    pub fn set_enabled(&self, enabled: bool) {
        self.track.set_enabled(enabled);
    }
}

impl Drop for Track {
    fn drop(&mut self) {
        self.track.stop();
    }
}

/// What came of a question. What was not asked for is `None`.
#[derive(Default)]
pub struct Captured {
    /// The microphone.
    pub audio: Option<Result<MediaStreamTrack, BrowserError>>,
    /// The camera.
    pub video: Option<Result<MediaStreamTrack, BrowserError>>,
}

/// Asks for the microphone, the camera, or both at once. If both are not to be
/// had together, each is tried alone, so that one that is missing or refused
/// does not take the other with it.
pub async fn capture(audio: bool, video: bool) -> Captured {
    let together = ask(audio, video).await;
    match together {
        Ok(stream) => Captured {
            audio: audio.then(|| first(stream.get_audio_tracks())),
            video: video.then(|| first(stream.get_video_tracks())),
        },
        Err(_) if audio && video => {
            let audio = ask(true, false).await;
            let video = ask(false, true).await;
            Captured {
                audio: Some(audio.and_then(|stream| first(stream.get_audio_tracks()))),
                video: Some(video.and_then(|stream| first(stream.get_video_tracks()))),
            }
        }
        Err(error) => Captured {
            audio: audio.then(|| Err(error.clone())),
            video: video.then(|| Err(error.clone())),
        },
    }
}

/// The camera that looks away from the person, where there is a choice.
///
/// # Errors
/// As for the others.
pub async fn back_camera() -> Result<MediaStream, BrowserError> {
    let facing = Object::new();
    Reflect::set(&facing, &"facingMode".into(), &"environment".into())?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&facing);
    ask_for(&constraints).await
}

async fn ask(audio: bool, video: bool) -> Result<MediaStream, BrowserError> {
    let constraints = MediaStreamConstraints::new();
    if audio {
        constraints.set_audio(&audio_constraints()?);
    }
    if video {
        constraints.set_video(&video_constraints()?);
    }
    ask_for(&constraints).await
}

async fn ask_for(constraints: &MediaStreamConstraints) -> Result<MediaStream, BrowserError> {
    // Absent on a page that is not secure, where web-sys would hand out garbage.
    let devices = super::window::window().navigator().media_devices()?;
    if devices.is_undefined() {
        return Err(BrowserError::named("InsecureError"));
    }
    let promise = devices.get_user_media_with_constraints(constraints)?;
    Ok(JsFuture::from(promise).await?.unchecked_into())
}

fn audio_constraints() -> Result<JsValue, BrowserError> {
    object(&[
        ("echoCancellation", true.into()),
        ("noiseSuppression", true.into()),
        ("autoGainControl", true.into()),
    ])
}

fn video_constraints() -> Result<JsValue, BrowserError> {
    let ideal = |value: u32| object(&[("ideal", value.into())]);
    object(&[
        ("width", ideal(1280)?),
        ("height", ideal(720)?),
        ("frameRate", ideal(30)?),
    ])
}

fn object(fields: &[(&str, JsValue)]) -> Result<JsValue, BrowserError> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &JsValue::from_str(name), value)?;
    }
    Ok(object.into())
}

fn first(tracks: js_sys::Array) -> Result<MediaStreamTrack, BrowserError> {
    tracks
        .get(0)
        .dyn_into()
        .map_err(|_| BrowserError::named("NotFoundError"))
}

/// A stream of these tracks, for an element to play. It owns none of them.
pub fn stream_of<'a>(
    tracks: impl IntoIterator<Item = &'a MediaStreamTrack>,
) -> Option<MediaStream> {
    let stream = MediaStream::new().ok()?;
    for track in tracks {
        stream.add_track(track);
    }
    Some(stream)
}
