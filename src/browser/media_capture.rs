//! Media Capture and Streams: microphone and camera
//! (<https://www.w3.org/TR/mediacapture-streams/>).

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamConstraints, MediaStreamTrack};

use super::reflect::{call, property};
use super::window::{document, window};
use super::{BrowserError, Listener};

/// A captured track; it is stopped when it is dropped, and with it the camera's light.
pub struct Track {
    track: MediaStreamTrack,
    _listeners: [Listener; 3],
}

/// What a track reports of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackEvent {
    /// `ended`: as when the device is unplugged.
    Ended,
    /// `mute` or `unmute`: the system has taken the device for a while, or given it back.
    Muted(bool),
}

/// `MediaTrackSettings`, as far as they say which device it is, and what it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackDevice {
    /// `deviceId`
    pub id: String,
    /// `groupId`
    pub group: String,
    /// `label` of the track.
    pub label: String,
    /// `backgroundBlur` can be true or false.
    pub can_blur: bool,
    /// `voiceIsolation` can be true or false.
    pub can_isolate_voice: bool,
}

impl Track {
    /// Takes ownership of a track; `report` hears what happens to it by itself.
    pub fn new(track: MediaStreamTrack, report: impl Fn(TrackEvent) + Clone + 'static) -> Self {
        let on = |name, event| {
            let report = report.clone();
            Listener::new(&track, name, move |_| report(event))
        };
        let listeners = [
            on("ended", TrackEvent::Ended),
            on("mute", TrackEvent::Muted(true)),
            on("unmute", TrackEvent::Muted(false)),
        ];
        Self {
            track,
            _listeners: listeners,
        }
    }

    /// Which device it is of.
    pub fn device(&self) -> TrackDevice {
        let settings = call(&self.track, "getSettings", &JsValue::UNDEFINED);
        let text = |name| {
            let text = settings.as_ref().and_then(|it| property(it, name));
            text.and_then(|text| text.as_string()).unwrap_or_default()
        };
        let capabilities = call(&self.track, "getCapabilities", &JsValue::UNDEFINED);
        let can = |name| {
            let values = capabilities.as_ref().and_then(|it| property(it, name));
            let values = values.and_then(|values| values.dyn_into::<Array>().ok());
            let has = |value| values.as_ref().is_some_and(|it| it.includes(&value, 0));
            has(JsValue::TRUE) && has(JsValue::FALSE)
        };
        TrackDevice {
            id: text("deviceId"),
            group: text("groupId"),
            label: self.track.label(),
            can_blur: can("backgroundBlur"),
            can_isolate_voice: can("voiceIsolation"),
        }
    }

    /// `MediaStreamTrack.muted`: the system has taken the device for a while.
    pub fn is_muted(&self) -> bool {
        self.track.muted()
    }

    /// It has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.track.ready_state() == web_sys::MediaStreamTrackState::Ended
    }

    /// `applyConstraints` with one more than it was asked for with: `voiceIsolation` or
    /// `backgroundBlur`.
    ///
    /// # Errors
    /// `OverconstrainedError` where the device cannot.
    pub async fn constrain(
        track: MediaStreamTrack,
        video: Option<VideoConstraints>,
        name: &str,
        is_on: bool,
    ) -> Result<(), BrowserError> {
        let constraints = match video {
            Some(video) => video_constraints(video, None)?,
            None => audio_constraints(None)?,
        };
        let exact = object(&[("exact", is_on.into())])?;
        Reflect::set(&constraints, &name.into(), &exact)?;
        let applied = call(&track, "applyConstraints", &constraints)
            .and_then(|applied| applied.dyn_into::<js_sys::Promise>().ok())
            .ok_or_else(|| BrowserError::named("NotSupportedError"))?;
        JsFuture::from(applied).await?;
        Ok(())
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
    /// `VideoFacingModeEnum`, where it matters; another camera is better than none.
    pub facing_mode: Option<&'static str>,
}

/// A device by its `deviceId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceWish {
    /// This one, or another if it is not there (`ideal`).
    Rather(String),
    /// This one or none (`exact`).
    Only(String),
}

/// Asks for the microphone, the camera, or both at once (`getUserMedia`). If both are not
/// to be had together, each is tried alone, so that one that is missing or refused
/// does not take the other with it.
pub async fn capture(audio: bool, video: Option<VideoConstraints>) -> Captured {
    capture_from(audio, video, [None, None]).await
}

/// [`capture`] from these devices: the microphone's and the camera's.
pub async fn capture_from(
    audio: bool,
    video: Option<VideoConstraints>,
    wishes: [Option<DeviceWish>; 2],
) -> Captured {
    let ask = async |audio, video| ask(audio, video, &wishes).await;
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
/// As `getUserMedia` rejects; `InsecureError` where the page is not secure, and `UnsupportedError`
/// where the browser has no such API all the same, like those inside of other apps.
pub async fn back_camera() -> Result<MediaStream, BrowserError> {
    let facing = Object::new();
    Reflect::set(&facing, &"facingMode".into(), &"environment".into())?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&facing);
    ask_for(&constraints).await
}

/// Whether the browser has the API at all, `navigator.mediaDevices`, and the page around this one, if
/// there is one, passes microphone or camera on.
pub fn is_supported() -> bool {
    let is_there = property(&window().navigator(), "mediaDevices").is_some();
    is_there && FEATURES.iter().any(|name| passes(name) != Some(false))
}

/// Whether the page around this one passes both on; `false` where the browser does not say.
pub fn is_passed_on() -> bool {
    FEATURES.iter().all(|name| passes(name) == Some(true))
}

/// What a frame needs to be allowed (<https://www.w3.org/TR/permissions-policy/>).
const FEATURES: [&str; 2] = ["microphone", "camera"];

/// `allowsFeature`, which only Chromium has, by the name that it had at first.
fn passes(feature: &str) -> Option<bool> {
    let policy = property(&document(), "featurePolicy")?;
    call(&policy, "allowsFeature", &feature.into())?.as_bool()
}

/// The facing modes of all cameras, as far as the browser tells them: by
/// `InputDeviceInfo.getCapabilities`, else by the words that it labels them with. None before a
/// camera was allowed.
pub async fn facing_modes() -> Vec<String> {
    let devices = async {
        let devices = property(&window().navigator(), "mediaDevices")?;
        let listed: Promise = call(&devices, "enumerateDevices", &JsValue::UNDEFINED)?
            .dyn_into()
            .ok()?;
        JsFuture::from(listed).await.ok()?.dyn_into::<Array>().ok()
    };
    let devices = devices.await.unwrap_or_default();
    let text = |device: &JsValue, name| property(device, name).and_then(|it| it.as_string());
    let mut found = Vec::new();
    for device in devices.iter() {
        if text(&device, "kind").as_deref() != Some("videoinput") {
            continue;
        }
        let told = call(&device, "getCapabilities", &JsValue::UNDEFINED)
            .and_then(|capabilities| property(&capabilities, "facingMode"))
            .and_then(|modes| modes.dyn_into::<Array>().ok())
            .and_then(|modes| modes.get(0).as_string());
        let label = text(&device, "label")
            .unwrap_or_default()
            .to_ascii_lowercase();
        found.extend(told.or_else(|| {
            let side = |word, mode: &str| label.contains(word).then(|| mode.to_owned());
            side("back", "environment").or_else(|| side("front", "user"))
        }));
    }
    found
}

/// `MediaTrackSettings.facingMode` of the first video track.
pub fn facing_mode(stream: &MediaStream) -> Option<String> {
    let track = stream.get_video_tracks().get(0);
    let settings = call(&track, "getSettings", &JsValue::UNDEFINED)?;
    property(&settings, "facingMode")?.as_string()
}

async fn ask(
    audio: bool,
    video: Option<VideoConstraints>,
    [microphone, camera]: &[Option<DeviceWish>; 2],
) -> Result<MediaStream, BrowserError> {
    let constraints = MediaStreamConstraints::new();
    if audio {
        constraints.set_audio(&audio_constraints(microphone.as_ref())?);
    }
    if let Some(video) = video {
        constraints.set_video(&video_constraints(video, camera.as_ref())?);
    }
    ask_for(&constraints).await
}

async fn ask_for(constraints: &MediaStreamConstraints) -> Result<MediaStream, BrowserError> {
    // Absent on a page that is not secure, where web-sys would hand out garbage.
    let devices = window().navigator().media_devices()?;
    if devices.is_undefined() {
        let is_secure = window().is_secure_context();
        return Err(BrowserError::named(if is_secure {
            "UnsupportedError"
        } else {
            "InsecureError"
        }));
    }
    let promise = devices.get_user_media_with_constraints(constraints)?;
    Ok(JsFuture::from(promise).await?.unchecked_into())
}

fn audio_constraints(wish: Option<&DeviceWish>) -> Result<JsValue, BrowserError> {
    let constraints = object(&[
        ("echoCancellation", true.into()),
        ("noiseSuppression", true.into()),
        ("autoGainControl", true.into()),
    ])?;
    from_device(constraints, wish)
}

fn video_constraints(
    video: VideoConstraints,
    wish: Option<&DeviceWish>,
) -> Result<JsValue, BrowserError> {
    let ideal = |value: u32| object(&[("ideal", value.into())]);
    let constraints = object(&[
        ("width", ideal(video.width)?),
        ("height", ideal(video.height)?),
        ("frameRate", ideal(video.frame_rate)?),
        (
            "facingMode",
            video
                .facing_mode
                .map_or(JsValue::UNDEFINED, JsValue::from_str),
        ),
    ])?;
    from_device(constraints, wish)
}

fn from_device(constraints: JsValue, wish: Option<&DeviceWish>) -> Result<JsValue, BrowserError> {
    let (how, id) = match wish {
        None => return Ok(constraints),
        Some(DeviceWish::Rather(id)) => ("ideal", id),
        Some(DeviceWish::Only(id)) => ("exact", id),
    };
    let id = object(&[(how, JsValue::from_str(id))])?;
    Reflect::set(&constraints, &"deviceId".into(), &id)?;
    Ok(constraints)
}

fn object(fields: &[(&str, JsValue)]) -> Result<JsValue, BrowserError> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &JsValue::from_str(name), value)?;
    }
    Ok(object.into())
}

fn first(tracks: Array) -> Result<MediaStreamTrack, BrowserError> {
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
