//! How large the picture may be that is sent (`RTCRtpEncodingParameters`), and what
//! matters of it.

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RtcPeerConnection, RtcRtpSender};
use wimpex_webrtc::TrackKind;

use super::sending::transceivers;
use crate::browser::reflect::call;

/// The shorter side of the picture that is sent, in pixels, before it is scaled; none
/// while there is none.
pub fn lines(pc: &RtcPeerConnection) -> Option<f64> {
    let track: JsValue = sender(pc)?.track()?.into();
    let settings = call(&track, "getSettings", &JsValue::UNDEFINED)?;
    let side = |name: &str| Reflect::get(&settings, &name.into()).ok()?.as_f64();
    Some(side("width")?.min(side("height")?))
}

/// Keeps the picture to so many bits and pictures a second, and scales it down by so
/// much; nothing is no limit.
pub fn limit_picture(pc: &RtcPeerConnection, limit: Option<(u32, u32, f64)>) {
    let set = || -> Option<Promise> {
        let sender = sender(pc)?;
        let parameters = call(&sender, "getParameters", &JsValue::UNDEFINED)?;
        let encodings = Reflect::get(&parameters, &"encodings".into()).ok()?;
        let number = |of: fn((u32, u32, f64)) -> f64| {
            limit.map_or(JsValue::UNDEFINED, |limit| of(limit).into())
        };
        for encoding in encodings.dyn_into::<Array>().ok()?.iter() {
            for (name, value) in [
                ("maxBitrate", number(|(bitrate, ..)| bitrate.into())),
                ("maxFramerate", number(|(_, rate, _)| rate.into())),
                (
                    "scaleResolutionDownBy",
                    limit.map_or(1.0, |(.., scale)| scale).into(),
                ),
            ] {
                Reflect::set(&encoding, &name.into(), &value).ok()?;
            }
        }
        call(&sender, "setParameters", &parameters)?.dyn_into().ok()
    };
    wait_for(set());
}

/// Says that the motion of the picture matters more than its detail: to the track's user
/// (`contentHint`, mst-content-hint) and, where the browser takes it, to the encoder
/// (`degradationPreference`). Needs a description that is agreed.
pub fn prefer_motion(pc: &RtcPeerConnection) {
    let set = || -> Option<Promise> {
        let sender = sender(pc)?;
        let track: JsValue = sender.track()?.into();
        Reflect::set(&track, &"contentHint".into(), &"motion".into()).ok()?;
        let parameters = call(&sender, "getParameters", &JsValue::UNDEFINED)?;
        let preference = "maintain-framerate";
        Reflect::set(
            &parameters,
            &"degradationPreference".into(),
            &preference.into(),
        )
        .ok()?;
        call(&sender, "setParameters", &parameters)?.dyn_into().ok()
    };
    wait_for(set());
}

/// A browser that refuses goes on as it did.
fn wait_for(set: Option<Promise>) {
    if let Some(set) = set {
        wasm_bindgen_futures::spawn_local(async move {
            let _ = JsFuture::from(set).await;
        });
    }
}

fn sender(pc: &RtcPeerConnection) -> Option<RtcRtpSender> {
    transceivers(pc)
        .into_iter()
        .find(|transceiver| transceiver.receiver().track().kind() == TrackKind::Video.as_str())
        .map(|transceiver| transceiver.sender())
}
