//! `RTCRtpTransceiver` (<https://www.w3.org/TR/webrtc/#rtcrtptransceiver-interface>).

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamTrack, RtcPeerConnection, RtcRtpTransceiver};
use wimpex_webrtc::TrackKind;

use super::audio_mix::AudioMix;
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

/// That of a screen, beside the camera's: the second for video.
pub(super) fn screen_transceiver(pc: &RtcPeerConnection) -> Option<RtcRtpTransceiver> {
    let all = transceivers(pc).into_iter();
    all.filter(|it| is_of(it, TrackKind::Video)).nth(1)
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
    /// Sent in place of `video` as long as it is there.
    screen: Option<MediaStreamTrack>,
    screen_audio: Option<MediaStreamTrack>,
    /// Both descriptions have a video of its own for a screen, or not; `None` before it is known.
    takes_screen: Option<bool>,
    /// Of `audio` and `screen_audio`; sent as long as it is there.
    mix: Option<AudioMix>,
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
            TrackKind::Audio => {
                self.audio = track;
                self.blend();
            }
            TrackKind::Video => self.video = track,
        }
    }

    /// A screen and its sound go in place of the camera and beside the microphone; or no longer.
    pub(super) fn share(
        &mut self,
        screen: Option<&MediaStreamTrack>,
        audio: Option<&MediaStreamTrack>,
    ) {
        (self.screen, self.screen_audio) = (screen.cloned(), audio.cloned());
        self.blend();
    }

    /// What came of the descriptions.
    pub(super) fn set_takes_screen(&mut self, takes_screen: bool) {
        self.takes_screen = Some(takes_screen);
    }

    /// See [`Self::set_takes_screen`].
    pub(super) fn takes_screen(&self) -> Option<bool> {
        self.takes_screen
    }

    /// Whether something else is sent than what was set for this kind.
    pub(super) fn is_covered(&self, kind: TrackKind) -> bool {
        match kind {
            TrackKind::Audio => self.mix.is_some(),
            TrackKind::Video => self.covering().is_some(),
        }
    }

    /// The screen, where it has no video of its own.
    fn covering(&self) -> Option<&MediaStreamTrack> {
        let screen = self.screen.as_ref();
        screen.filter(|_| self.takes_screen == Some(false))
    }

    /// Without a mix the voice is sent alone: it matters more.
    fn blend(&mut self) {
        let sound = self.screen_audio.as_ref();
        self.mix = sound
            .and_then(|sound| AudioMix::new(self.audio.iter().chain(std::iter::once(sound))).ok());
    }

    fn sent(&self, kind: TrackKind) -> Option<MediaStreamTrack> {
        match kind {
            TrackKind::Audio => {
                let mixed = self.mix.as_ref().and_then(AudioMix::track);
                mixed.or_else(|| self.audio.clone())
            }
            TrackKind::Video => self.covering().cloned().or_else(|| self.video.clone()),
        }
    }

    /// Puts the tracks on the first transceiver of their kind
    /// (`RTCRtpSender.replaceTrack`), where they are not yet: after a rollback Chromium 148
    /// ends the tab ("Check failed: source == nullptr" in webrtc_video_engine.cc) where a
    /// sender is given even the track that it has.
    pub(super) fn attach(&self, pc: &RtcPeerConnection) {
        for kind in [TrackKind::Audio, TrackKind::Video] {
            put(transceiver(pc, kind), self.sent(kind));
        }
        let screen = self.screen.clone();
        let beside = screen.filter(|_| self.takes_screen == Some(true));
        put(screen_transceiver(pc), beside);
    }
}

fn put(transceiver: Option<RtcRtpTransceiver>, track: Option<MediaStreamTrack>) {
    if let Some(transceiver) = transceiver
        && transceiver.sender().track() != track
    {
        // Fails only on a connection that is closed, where nothing is sent.
        let replaced = transceiver.sender().replace_track(track.as_ref());
        wasm_bindgen_futures::spawn_local(async move {
            let _ = JsFuture::from(replaced).await;
        });
    }
}

/// Tells the peer that the track belongs to this stream (`RTCRtpSender.setStreams`), where
/// the browser has it; web-sys has not.
pub(super) fn set_stream(transceiver: &RtcRtpTransceiver, stream: &MediaStream) {
    let _ = call(&transceiver.sender(), "setStreams", stream);
}

/// Which video codecs the peer is asked for, by the subtypes of their media types.
pub(super) struct VideoCodecs {
    /// First.
    pub(super) preferred: Vec<&'static str>,
    /// Not at all.
    pub(super) refused: Vec<String>,
}

impl VideoCodecs {
    /// `setCodecPreferences`; what the browser would have asked for stays if there is nothing to say.
    pub(super) fn apply(&self, transceiver: &RtcRtpTransceiver) {
        if self.preferred.is_empty() && self.refused.is_empty() {
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
                let is_refused = self.refused.iter().any(|refused| refused == name);
                if self.preferred.contains(&name) == preferred && !is_refused {
                    order.push(&codec);
                }
            }
        }
        // A browser that refuses asks for what it would have asked for.
        call(transceiver, "setCodecPreferences", &order);
    }
}
