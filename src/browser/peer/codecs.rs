//! Which codecs: what this device does in hardware, and the order in which codecs
//! are asked for and used.
//!
//! Each side puts what it decodes in hardware before the rest of its description.
//! The other uses the first of these that it encodes in hardware; where there is
//! none, both use VP8, the middle between fine and light (docs/quality.md).

use js_sys::{Array, JSON, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::RtcRtpTransceiver;
use wimpex_webrtc::TrackKind;

use crate::browser::reflect::{call, property};
use crate::browser::window::window;

/// The picture's codecs that browsers have.
const CODECS: [&str; 4] = ["VP8", "VP9", "H264", "AV1"];

/// Some of the picture's codecs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codecs(u8);

impl Codecs {
    /// These and the one of this name: `VP8`, `VP9`, `H264` or `AV1`.
    pub fn with(self, name: &str) -> Self {
        Self(self.0 | bit(name))
    }

    fn has(self, name: &str) -> bool {
        self.0 & bit(name) != 0
    }
}

fn bit(name: &str) -> u8 {
    let known = CODECS.iter().position(|codec| *codec == name);
    known.map_or(0, |at| 1 << at)
}

/// What this device does in hardware, as far as the browser says
/// (`MediaCapabilitiesInfo.powerEfficient`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hardware {
    /// Of what it sends.
    pub encodes: Codecs,
    /// Of what it receives.
    pub decodes: Codecs,
}

impl Hardware {
    /// Asks the browser (`MediaCapabilities`); nothing where it does not know.
    pub async fn of_this_device() -> Self {
        let mut found = [Codecs::default(); 2];
        let capabilities = property(&window().navigator(), "mediaCapabilities");
        for (at, method) in ["encodingInfo", "decodingInfo"].iter().enumerate() {
            for name in CODECS {
                let query = [QUERY[0], name, QUERY[1]].concat();
                let info = capabilities
                    .as_ref()
                    .zip(JSON::parse(&query).ok())
                    .and_then(|(capabilities, query)| call(capabilities, method, &query))
                    .and_then(|info| info.dyn_into::<Promise>().ok());
                if let Some(info) = info
                    && let Ok(info) = JsFuture::from(info).await
                    && property(&info, "powerEfficient") == Some(JsValue::TRUE)
                {
                    found[at] = found[at].with(name);
                }
            }
        }
        let [encodes, decodes] = found;
        Self { encodes, decodes }
    }
}

/// Around the codec's name.
const QUERY: [&str; 2] = [
    r#"{"type":"webrtc","video":{"contentType":"video/"#,
    r#"","width":1280,"height":720,"bitrate":1500000,"framerate":30}}"#,
];

/// Asks the peer for what this device decodes in hardware
/// (`RTCRtpTransceiver.setCodecPreferences`).
pub(super) fn prefer(transceiver: &RtcRtpTransceiver, decodes: Codecs) {
    if decodes == Codecs::default() {
        return;
    }
    let known = property(&window(), "RTCRtpReceiver")
        .and_then(|receiver| {
            call(
                &receiver,
                "getCapabilities",
                &TrackKind::Video.as_str().into(),
            )
        })
        .and_then(|capabilities| property(&capabilities, "codecs"))
        .and_then(|codecs| codecs.dyn_into::<Array>().ok());
    let Some(known) = known else { return };
    let order = Array::new();
    for preferred in [true, false] {
        for codec in known.iter() {
            let name = property(&codec, "mimeType").and_then(|name| name.as_string());
            let name = name.unwrap_or_default();
            if decodes.has(name.get("video/".len()..).unwrap_or_default()) == preferred {
                order.push(&codec);
            }
        }
    }
    // A browser that refuses asks for what it would have asked for.
    call(transceiver, "setCodecPreferences", &order);
}

/// How RED for sound is named in a description.
pub(super) const RED: &str = " red/48000";

/// A line `m=` of the peer's description with the codec first that we are to send.
/// Sound goes as RED (RFC 2198) where it is known: each packet brings the one before
/// along, so that a lost one is not missed.
pub(super) fn first_choice(line: &str, section: &str, encodes: Codecs) -> Option<String> {
    let plain = if line.starts_with("m=audio") {
        "red"
    } else {
        "VP8"
    };
    let formats = line.match_indices(' ').nth(2)?.0 + 1;
    let (head, payloads) = line.split_at(formats);
    let first = payloads.split(' ').find(|payload| {
        let map = ["a=rtpmap:", payload, " "].concat();
        let codec = section.find(&map).map(|at| &section[at + map.len()..]);
        let codec = codec.and_then(|codec| codec.split('/').next());
        codec.is_some_and(|codec| codec == plain || encodes.has(codec))
    })?;
    let mut chosen = [head, first].concat();
    for payload in payloads.split(' ').filter(|payload| *payload != first) {
        chosen.push(' ');
        chosen.push_str(payload);
    }
    Some(chosen)
}
