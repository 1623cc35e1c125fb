//! `RTCRtpSender` of the video: how large and how often its frames are sent, and what
//! matters of them (<https://www.w3.org/TR/webrtc/#rtcrtpsender-interface>).

use js_sys::{Array, JSON, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RtcPeerConnection, RtcRtpSender};
use wimpex_webrtc::TrackKind;

use super::reflect::{call, method};
use super::rtc_rtp_transceiver::transceiver;

/// Of `RTCRtpEncodingParameters`: what the video that is sent is kept to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncodingLimit {
    /// `maxBitrate`, in bits a second.
    pub max_bitrate: u32,
    /// `maxFramerate`, in frames a second.
    pub max_framerate: u32,
    /// `scaleResolutionDownBy`, at least 1.
    pub scale_resolution_down_by: f64,
}

/// The shorter side of the video track that is sent, in pixels, before it is scaled;
/// `None` while there is no such track.
pub fn video_lines(pc: &RtcPeerConnection) -> Option<f64> {
    let track: JsValue = sender(pc)?.track()?.into();
    let settings = call(&track, "getSettings", &JsValue::UNDEFINED)?;
    let side = |name: &str| Reflect::get(&settings, &name.into()).ok()?.as_f64();
    Some(side("width")?.min(side("height")?))
}

/// Keeps the video that is sent to a limit; `None` is no limit.
pub fn limit_video(pc: &RtcPeerConnection, limit: Option<EncodingLimit>) {
    let set = || -> Option<Promise> {
        let sender = sender(pc)?;
        let parameters = parameters(&sender)?;
        let encodings = Reflect::get(&parameters, &"encodings".into()).ok()?;
        let number = |of: fn(EncodingLimit) -> u32| {
            limit.map_or(JsValue::UNDEFINED, |limit| of(limit).into())
        };
        let scale = limit.map_or(1.0, |limit| limit.scale_resolution_down_by);
        for encoding in encodings.dyn_into::<Array>().ok()?.iter() {
            for (name, value) in [
                ("maxBitrate", number(|limit| limit.max_bitrate)),
                ("maxFramerate", number(|limit| limit.max_framerate)),
                ("scaleResolutionDownBy", scale.into()),
            ] {
                Reflect::set(&encoding, &name.into(), &value).ok()?;
            }
        }
        call(&sender, "setParameters", &parameters)?.dyn_into().ok()
    };
    forget_result(set());
}

/// Says that the motion of the video matters more than its detail: to the track's user
/// (`contentHint`, mst-content-hint) and, where the browser takes it, to the encoder
/// (`degradationPreference`). Needs a description that is agreed.
pub fn prefer_motion(pc: &RtcPeerConnection) {
    let set = || -> Option<Promise> {
        let sender = sender(pc)?;
        let track: JsValue = sender.track()?.into();
        Reflect::set(&track, &"contentHint".into(), &"motion".into()).ok()?;
        let parameters = parameters(&sender)?;
        let preference = "maintain-framerate";
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

const KEY_FRAME: &str = r#"{"encodingOptions":[{"keyFrame":true}]}"#;

/// Sends a key frame now (`RTCEncodingOptions.keyFrame`, webrtc-extensions). A browser
/// that does not know the option sets the parameters that it has.
pub fn send_key_frame(pc: &RtcPeerConnection) {
    let set = || -> Option<Promise> {
        let sender = sender(pc)?;
        let (parameters, options) = (parameters(&sender)?, JSON::parse(KEY_FRAME).ok()?);
        let set = method(&sender, "setParameters")?;
        set.call2(&sender, &parameters, &options)
            .ok()?
            .dyn_into()
            .ok()
    };
    forget_result(set());
}

fn sender(pc: &RtcPeerConnection) -> Option<RtcRtpSender> {
    transceiver(pc, TrackKind::Video).map(|transceiver| transceiver.sender())
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
