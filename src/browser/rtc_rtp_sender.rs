//! `RTCRtpSender` of the video: how large and how often its frames are sent, and what
//! matters of them (<https://www.w3.org/TR/webrtc/#rtcrtpsender-interface>).

use js_sys::{Array, JSON, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStreamTrack, RtcPeerConnection, RtcRtpSender};
use wimpex_webrtc::TrackKind;

use super::reflect::{call, method};
use super::rtc_rtp_transceiver::{screen_transceiver, transceiver};

/// Which video it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentVideo {
    /// The camera's, or a screen's in place of it.
    Camera,
    /// A screen's, beside the camera's.
    Screen,
}

/// Of `RTCRtpEncodingParameters`: what the video that is sent is kept to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncodingLimit {
    /// `maxBitrate`, in bits a second.
    pub max_bitrate: u32,
    /// `maxFramerate`, in frames a second.
    pub max_framerate: u32,
    /// `scaleResolutionDownBy`, at least 1.
    pub scale_resolution_down_by: f64,
    /// `priority` (webrtc-priority): others go before it where there is not enough for all.
    pub is_minor: bool,
}

/// The shorter side of the video track that is sent, in pixels, before it is scaled;
/// `None` while there is no such track.
pub fn video_lines(pc: &RtcPeerConnection, of: SentVideo) -> Option<f64> {
    let track: JsValue = sender(pc, of)?.track()?.into();
    let settings = call(&track, "getSettings", &JsValue::UNDEFINED)?;
    let side = |name: &str| Reflect::get(&settings, &name.into()).ok()?.as_f64();
    Some(side("width")?.min(side("height")?))
}

/// Keeps the video that is sent to a limit; `None` is no limit.
pub fn limit_video(pc: &RtcPeerConnection, of: SentVideo, limit: Option<EncodingLimit>) {
    let set = || -> Option<Promise> {
        let sender = sender(pc, of)?;
        let parameters = parameters(&sender)?;
        let number = |of: fn(EncodingLimit) -> u32| {
            limit.map_or(JsValue::UNDEFINED, |limit| of(limit).into())
        };
        let scale = limit.map_or(1.0, |limit| limit.scale_resolution_down_by);
        let priority = match of {
            SentVideo::Screen => "high",
            SentVideo::Camera if limit.is_some_and(|limit| limit.is_minor) => "very-low",
            SentVideo::Camera => "low",
        };
        let fields = [
            ("maxBitrate", number(|limit| limit.max_bitrate)),
            ("maxFramerate", number(|limit| limit.max_framerate)),
            ("scaleResolutionDownBy", scale.into()),
            ("priority", priority.into()),
        ];
        set_encodings(&parameters, &fields)?;
        call(&sender, "setParameters", &parameters)?.dyn_into().ok()
    };
    forget_result(set());
}

/// What matters of a video where not all of it can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentHint {
    /// That it moves: a face, a film.
    Motion,
    /// That it can be read.
    Text,
}

impl ContentHint {
    /// For `contentHint` and for `degradationPreference`.
    fn values(self) -> [&'static str; 2] {
        match self {
            Self::Motion => ["motion", "maintain-framerate"],
            Self::Text => ["text", "maintain-resolution"],
        }
    }
}

/// Says what matters of the video: to the track's user (`contentHint`, mst-content-hint) and,
/// where the browser takes it, to the encoder (`degradationPreference`). Needs a description
/// that is agreed. A screen of its own begins to be sent with it.
pub fn prefer(pc: &RtcPeerConnection, of: SentVideo, hint: ContentHint) {
    let [hint, preference] = hint.values();
    let set = || -> Option<Promise> {
        let sender = sender(pc, of)?;
        if let Some(track) = sender.track() {
            hint_track(&track, hint);
        }
        let parameters = parameters(&sender)?;
        if of == SentVideo::Screen {
            set_encodings(
                &parameters,
                &[("active", true.into()), ("priority", "high".into())],
            )?;
        }
        Reflect::set(
            &parameters,
            &"degradationPreference".into(),
            &preference.into(),
        )
        .ok()?;
        call(&sender, "setParameters", &parameters)?.dyn_into().ok()
    };
    forget_result(set());
}

/// Sends nothing, and takes no part in what the videos share of the network (`active`), until
/// [`prefer`] says what matters of it.
pub(super) fn rest(sender: &RtcRtpSender) {
    let set = || -> Option<Promise> {
        let parameters = parameters(sender)?;
        set_encodings(&parameters, &[("active", false.into())])?;
        call(sender, "setParameters", &parameters)?.dyn_into().ok()
    };
    forget_result(set());
}

/// [`rest`] of the screen's.
pub fn rest_screen(pc: &RtcPeerConnection) {
    if let Some(sender) = sender(pc, SentVideo::Screen) {
        rest(&sender);
    }
}

/// By which `getStats` names the video of a screen (`RTCRtpTransceiver.mid`).
pub fn screen_mid(pc: &RtcPeerConnection) -> Option<String> {
    screen_transceiver(pc)?.mid()
}

fn set_encodings(parameters: &JsValue, fields: &[(&str, JsValue)]) -> Option<()> {
    let encodings = Reflect::get(parameters, &"encodings".into()).ok()?;
    for encoding in encodings.dyn_into::<Array>().ok()?.iter() {
        for (name, value) in fields {
            Reflect::set(&encoding, &(*name).into(), value).ok()?;
        }
    }
    Some(())
}

/// Says it of a track that no sender has yet: `replaceTrack` takes its time.
pub fn hint(track: &MediaStreamTrack, hint: ContentHint) {
    hint_track(track, hint.values()[0]);
}

fn hint_track(track: &JsValue, hint: &str) {
    // A browser that does not know it is left alone.
    let _ = Reflect::set(track, &"contentHint".into(), &hint.into());
}

const KEY_FRAME: &str = r#"{"encodingOptions":[{"keyFrame":true}]}"#;

/// Sends a key frame of each video now (`RTCEncodingOptions.keyFrame`, webrtc-extensions). A
/// browser that does not know the option sets the parameters that it has.
pub fn send_key_frame(pc: &RtcPeerConnection) {
    for of in [SentVideo::Camera, SentVideo::Screen] {
        key_frame_of(pc, of);
    }
}

fn key_frame_of(pc: &RtcPeerConnection, of: SentVideo) {
    let set = || -> Option<Promise> {
        let sender = sender(pc, of)?;
        let (parameters, options) = (parameters(&sender)?, JSON::parse(KEY_FRAME).ok()?);
        let set = method(&sender, "setParameters")?;
        set.call2(&sender, &parameters, &options)
            .ok()?
            .dyn_into()
            .ok()
    };
    forget_result(set());
}

fn sender(pc: &RtcPeerConnection, of: SentVideo) -> Option<RtcRtpSender> {
    let transceiver = match of {
        SentVideo::Camera => transceiver(pc, TrackKind::Video),
        SentVideo::Screen => screen_transceiver(pc),
    };
    transceiver.map(|transceiver| transceiver.sender())
}

fn parameters(sender: &RtcRtpSender) -> Option<JsValue> {
    call(sender, "getParameters", &JsValue::UNDEFINED)
}

/// A browser that refuses goes on as it did.
fn forget_result(set: Option<Promise>) {
    if let Some(set) = set {
        wasm_bindgen_futures::spawn_local(async move {
            let _ = JsFuture::from(set).await;
        });
    }
}
