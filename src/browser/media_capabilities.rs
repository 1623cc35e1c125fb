//! Media Capabilities (<https://www.w3.org/TR/media-capabilities/>).

use js_sys::{JSON, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::reflect::{call, property};
use super::window::window;

/// Which of the two is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodecUse {
    /// `encodingInfo`.
    Encoding,
    /// `decodingInfo`.
    Decoding,
}

/// `VideoConfiguration`, without its `contentType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoConfiguration {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// In bits a second.
    pub bitrate: u32,
    /// In frames a second.
    pub framerate: u32,
}

/// `MediaCapabilitiesInfo.powerEfficient` of such a video over WebRTC, which in all browsers
/// says whether hardware does it; false where the browser does not know. `codec` is the
/// subtype of the media type: `VP8`.
pub async fn is_power_efficient(
    direction: CodecUse,
    codec: &str,
    video: VideoConfiguration,
) -> bool {
    let method = match direction {
        CodecUse::Encoding => "encodingInfo",
        CodecUse::Decoding => "decodingInfo",
    };
    let VideoConfiguration {
        width,
        height,
        bitrate,
        framerate,
    } = video;
    let query = format!(
        r#"{{"type":"webrtc","video":{{"contentType":"video/{codec}","width":{width},"height":{height},"bitrate":{bitrate},"framerate":{framerate}}}}}"#
    );
    let info = property(&window().navigator(), "mediaCapabilities")
        .zip(JSON::parse(&query).ok())
        .and_then(|(capabilities, query)| call(&capabilities, method, &query))
        .and_then(|info| info.dyn_into::<Promise>().ok());
    let Some(info) = info else { return false };
    match JsFuture::from(info).await {
        Ok(info) => property(&info, "powerEfficient") == Some(JsValue::TRUE),
        Err(_) => false,
    }
}
