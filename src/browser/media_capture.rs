//! Media Capture and Streams: microphone and camera
//! (<https://www.w3.org/TR/mediacapture-streams/>).

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamConstraints, MediaStreamTrack};

use super::window::window;
use super::{BrowserError, Listener};

/// A captured track; it is stopped when it is dropped, and with it the camera's light.
pub struct Track {
    track: MediaStreamTrack,
    _ended: Listener,
}

impl Track {
    /// Takes ownership of a track; `ended` is called if it ends by itself, as when the
    /// device is unplugged.
    pub fn new(track: MediaStreamTrack, ended: impl Fn() + 'static) -> Self {
        let listener = Listener::new(&track, "ended", move |_| ended());
        Self {
            track,
            _ended: listener,
        }
    }

    /// The browser's object, to be sent or shown. Another reference to it is
    /// `Clone::clone(track.js())`: `js().clone()` is the browser's own method of this
    /// name, and turns on a second track.
    pub fn js(&self) -> &MediaStreamTrack {
        &self.track
    }

    /// `MediaStreamTrack.enabled`: false sends silence, or black frames.
    pub fn set_enabled(&self, enabled: bool) {
        self.track.set_enabled(enabled);
    }
}

impl Drop for Track {
    fn drop(&mut self) {
        self.track.stop();
    }
}

/// What `getUserMedia` gave. What was not asked for is `None`.
#[derive(Default)]
pub struct Captured {
    /// The microphone.
    pub audio: Option<Result<MediaStreamTrack, BrowserError>>,
    /// The camera.
    pub video: Option<Result<MediaStreamTrack, BrowserError>>,
}

/// What the camera is asked for; it may give something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoConstraints {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// In frames a second.
    pub frame_rate: u32,
}

/// Asks for the microphone, the camera, or both at once (`getUserMedia`). If both are not
/// to be had together, each is tried alone, so that one that is missing or refused
/// does not take the other with it.
pub async fn capture(audio: bool, video: Option<VideoConstraints>) -> Captured {
    let together = ask(audio, video).await;
    match together {
        Ok(stream) => Captured {
            audio: audio.then(|| first(stream.get_audio_tracks())),
            video: video.map(|_| first(stream.get_video_tracks())),
        },
        Err(_) if audio && video.is_some() => {
            let audio = ask(true, None).await;
            let video = ask(false, video).await;
            Captured {
                audio: Some(audio.and_then(|stream| first(stream.get_audio_tracks()))),
                video: Some(video.and_then(|stream| first(stream.get_video_tracks()))),
            }
        }
        Err(error) => Captured {
            audio: audio.then(|| Err(error.clone())),
            video: video.map(|_| Err(error.clone())),
        },
    }
}

/// The camera that looks away from the user, where there is a choice.
///
/// # Errors
/// As `getUserMedia` rejects, and `InsecureError` where the page is not secure.
pub async fn back_camera() -> Result<MediaStream, BrowserError> {
    let facing = Object::new();
    Reflect::set(&facing, &"facingMode".into(), &"environment".into())?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&facing);
    ask_for(&constraints).await
}

async fn ask(audio: bool, video: Option<VideoConstraints>) -> Result<MediaStream, BrowserError> {
    let constraints = MediaStreamConstraints::new();
    if audio {
        constraints.set_audio(&audio_constraints()?);
    }
    if let Some(video) = video {
        constraints.set_video(&video_constraints(video)?);
    }
    ask_for(&constraints).await
}

async fn ask_for(constraints: &MediaStreamConstraints) -> Result<MediaStream, BrowserError> {
    // Absent on a page that is not secure, where web-sys would hand out garbage.
    let devices = window().navigator().media_devices()?;
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

fn video_constraints(video: VideoConstraints) -> Result<JsValue, BrowserError> {
    let ideal = |value: u32| object(&[("ideal", value.into())]);
    object(&[
        ("width", ideal(video.width)?),
        ("height", ideal(video.height)?),
        ("frameRate", ideal(video.frame_rate)?),
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

/// A stream of these tracks, for an element to play. It does not own them.
pub fn stream_of<'a>(
    tracks: impl IntoIterator<Item = &'a MediaStreamTrack>,
) -> Option<MediaStream> {
    let stream = MediaStream::new().ok()?;
    for track in tracks {
        stream.add_track(track);
    }
    Some(stream)
}
