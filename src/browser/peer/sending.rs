//! What is sent, and on which transceiver.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamTrack, RtcPeerConnection, RtcRtpTransceiver};
use wimpex_webrtc::TrackKind;

use crate::browser::reflect::call;

/// The tracks to send; they are put on the transceivers as soon as there are any.
#[derive(Default)]
pub(super) struct Sending {
    pub(super) audio: Option<MediaStreamTrack>,
    pub(super) video: Option<MediaStreamTrack>,
}

/// Puts the tracks on the first transceiver of their kind.
pub(super) fn place(pc: &RtcPeerConnection, sending: &Sending) {
    for (kind, track) in [
        (TrackKind::Audio, &sending.audio),
        (TrackKind::Video, &sending.video),
    ] {
        let transceiver = transceivers(pc)
            .into_iter()
            .find(|t| t.receiver().track().kind() == kind.as_str());
        if let Some(transceiver) = transceiver {
            // Fails only on a connection that is closed, where nothing is sent.
            let replaced = transceiver.sender().replace_track(track.as_ref());
            wasm_bindgen_futures::spawn_local(async move {
                let _ = JsFuture::from(replaced).await;
            });
        }
    }
}

pub(super) fn transceivers(pc: &RtcPeerConnection) -> Vec<RtcRtpTransceiver> {
    pc.get_transceivers()
        .iter()
        .map(JsCast::unchecked_into)
        .collect()
}

/// `RTCRtpSender.setStreams`, where the browser has it; web-sys has not.
pub(super) fn name_stream(transceiver: &RtcRtpTransceiver, stream: &MediaStream) {
    let _ = call(&transceiver.sender(), "setStreams", stream);
}
