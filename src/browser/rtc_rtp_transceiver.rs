//! `RTCRtpTransceiver` (<https://www.w3.org/TR/webrtc/#rtcrtptransceiver-interface>).

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamTrack, RtcPeerConnection, RtcRtpTransceiver};
use wimpex_webrtc::TrackKind;

use super::reflect::{call, property};
use super::window::window;

/// All transceivers of a connection.
pub(super) fn transceivers(pc: &RtcPeerConnection) -> Vec<RtcRtpTransceiver> {
    pc.get_transceivers()
        .iter()
        .map(JsCast::unchecked_into)
        .collect()
}

/// The first transceiver of that kind.
pub(super) fn transceiver(pc: &RtcPeerConnection, kind: TrackKind) -> Option<RtcRtpTransceiver> {
    let mut all = transceivers(pc).into_iter();
    all.find(|transceiver| is_of(transceiver, kind))
}

/// Whether it is for tracks of that kind.
pub(super) fn is_of(transceiver: &RtcRtpTransceiver, kind: TrackKind) -> bool {
    transceiver.receiver().track().kind() == kind.as_str()
}

/// The tracks to send; they are put on the transceivers as soon as there are any.
#[derive(Default)]
pub(super) struct Tracks {
    audio: Option<MediaStreamTrack>,
    video: Option<MediaStreamTrack>,
}

impl Tracks {
    pub(super) fn get(&self, kind: TrackKind) -> Option<MediaStreamTrack> {
        match kind {
            TrackKind::Audio => self.audio.clone(),
            TrackKind::Video => self.video.clone(),
        }
    }

    pub(super) fn set(&mut self, kind: TrackKind, track: Option<&MediaStreamTrack>) {
        let track = track.cloned();
        match kind {
            TrackKind::Audio => self.audio = track,
            TrackKind::Video => self.video = track,
        }
    }

    /// Puts the tracks on the first transceiver of their kind
    /// (`RTCRtpSender.replaceTrack`), where they are not yet: after a rollback Chromium 148
    /// ends the tab ("Check failed: source == nullptr" in webrtc_video_engine.cc) where a
    /// sender is given even the track that it has.
    pub(super) fn attach(&self, pc: &RtcPeerConnection) {
        for (kind, track) in [
            (TrackKind::Audio, &self.audio),
            (TrackKind::Video, &self.video),
        ] {
            if let Some(transceiver) = transceiver(pc, kind)
                && transceiver.sender().track() != *track
            {
                // Fails only on a connection that is closed, where nothing is sent.
                let replaced = transceiver.sender().replace_track(track.as_ref());
                wasm_bindgen_futures::spawn_local(async move {
                    let _ = JsFuture::from(replaced).await;
                });
            }
        }
    }
}

/// Tells the peer that the track belongs to this stream (`RTCRtpSender.setStreams`), where
/// the browser has it; web-sys has not.
pub(super) fn set_stream(transceiver: &RtcRtpTransceiver, stream: &MediaStream) {
    let _ = call(&transceiver.sender(), "setStreams", stream);
}

/// Asks the peer for these video codecs first (`setCodecPreferences`), by the subtypes of
/// their media types; for what the browser would have asked for if there are none.
pub(super) fn prefer_video_codecs(transceiver: &RtcRtpTransceiver, names: &[&str]) {
    if names.is_empty() {
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
            let name = name.get("video/".len()..).unwrap_or_default();
            if names.contains(&name) == preferred {
                order.push(&codec);
            }
        }
    }
    // A browser that refuses asks for what it would have asked for.
    call(transceiver, "setCodecPreferences", &order);
}
