//! From `getStats` to what the page shows of a call's quality, and to the limits of the
//! outbound video where the browser has no bandwidth estimate of its own. Loaded with
//! what runs a call.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::RtcPeerConnection;
use wimpex_quality::{
    EncodingLimits, Meter, Reading, Sample, StatsReport, TransportSecurity, fingerprint,
};
use wimpex_record::Recorder;

use super::signals::Signals;
use super::stats::{CallFacts, QualitySnapshot};
use crate::browser::clock;
use crate::browser::rtc_rtp_sender::{
    ContentHint, EncodingLimit, SentVideo, limit_video, prefer, screen_mid, video_lines,
};
use crate::browser::rtc_stats_report::Reader;

/// How many readings are kept for diagnostics: ten minutes of them.
const READINGS: usize = 600;

/// Frames a second of a screen that is to be read, where there is not enough for all of it.
const TEXT_FRAME_RATE: u32 = 5;

/// What a face beside a screen is kept to: it is seen small, and what it does not take of a
/// narrow path the screen has.
const FACE_BITRATE: u32 = 250_000;
const FACE_FRAME_RATE: u32 = 15;
const FACE_SHORT_SIDE: f64 = 360.0;
/// Of what the network carries, where the browser does not share it out by itself.
const FACE_SHARE: u32 = 5;

/// What a report shows that asks for something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// [`Reading::receiving_timed_out`]
    pub(crate) receiving_timed_out: bool,
    /// [`Reading::broken_codec`]
    pub(crate) broken_codec: Option<String>,
}

/// Follows one peer connection, and writes what it finds into the view.
pub(crate) struct StatsMonitor {
    meter: Meter,
    reader: Reader,
    view: Signals,
    pc: RtcPeerConnection,
    number: u32,
    /// What has been set: `maxBitrate`, `maxFramerate` and `scaleResolutionDownBy`.
    limits: Option<EncodingLimit>,
    /// The same of a screen's own video.
    screen_limits: Option<EncodingLimit>,
    /// What the browser has been told to matter of the video.
    preferred: Option<ContentHint>,
    /// Local and remote, from the session descriptions, where reports have no certificates.
    fingerprints: [Option<String>; 2],
}

impl StatsMonitor {
    pub(crate) fn new(view: Signals, pc: RtcPeerConnection) -> Self {
        Self {
            meter: Meter::default(),
            reader: Reader::default(),
            view,
            pc,
            number: 0,
            limits: None,
            screen_limits: None,
            preferred: None,
            fingerprints: [None, None],
        }
    }

    fn apply(&mut self, limits: Option<EncodingLimits>, facts: CallFacts) {
        let face = facts.beside.map(|_| self.face(limits));
        let taken = face.map_or(0, |face| face.max_bitrate);
        let camera = face.or_else(|| self.limit(SentVideo::Camera, limits, 0, facts.shared));
        let screen = facts
            .beside
            .and_then(|_| self.limit(SentVideo::Screen, limits, taken, facts.beside));
        if self.limits != camera {
            self.limits = camera;
            limit_video(&self.pc, SentVideo::Camera, camera);
        }
        if self.screen_limits != screen {
            self.screen_limits = screen;
            limit_video(&self.pc, SentVideo::Screen, screen);
        }
    }

    /// What is to be read keeps its size, and has fewer frames.
    fn limit(
        &self,
        of: SentVideo,
        limits: Option<EncodingLimits>,
        taken: u32,
        hint: Option<ContentHint>,
    ) -> Option<EncodingLimit> {
        let limits = limits?;
        let is_text = hint == Some(ContentHint::Text);
        let lines = video_lines(&self.pc, of).filter(|_| !is_text);
        let scale = lines.map_or(1.0, |short_side| {
            short_side / f64::from(limits.max_short_side)
        });
        let rate = if is_text { TEXT_FRAME_RATE } else { u32::MAX };
        Some(EncodingLimit {
            max_bitrate: limits.max_bitrate.saturating_sub(taken),
            max_framerate: limits.max_framerate.min(rate),
            scale_resolution_down_by: scale.max(1.0),
            is_minor: false,
        })
    }

    /// The camera's beside a screen.
    fn face(&self, limits: Option<EncodingLimits>) -> EncodingLimit {
        let lines = video_lines(&self.pc, SentVideo::Camera);
        let bitrate = limits.map(|limits| limits.max_bitrate / FACE_SHARE);
        EncodingLimit {
            max_bitrate: bitrate.map_or(FACE_BITRATE, |it| it.min(FACE_BITRATE)),
            max_framerate: FACE_FRAME_RATE,
            scale_resolution_down_by: lines.map_or(1.0, |it| (it / FACE_SHORT_SIDE).max(1.0)),
            is_minor: true,
        }
    }

    /// Prefers motion once video is sent: before that there is no sender to set it on, and
    /// the first frame waits for nothing. A camera that was off comes back with another
    /// track, and so it does after a screen.
    fn prefer(&mut self, reading: &Reading, shared: Option<ContentHint>) {
        let stats = &reading.interval;
        let video = stats.outbound_video.as_ref();
        let rate = video.and_then(|video| video.frames_per_second);
        let is_sent = !stats.camera_off && rate.is_some_and(|rate| rate > 0.0);
        // One change of the sender's parameters at a time: a second may fail.
        let wanted = shared.unwrap_or(ContentHint::Motion);
        if is_sent && self.preferred != Some(wanted) && self.limits.is_none() {
            prefer(&self.pc, SentVideo::Camera, wanted);
            self.preferred = Some(wanted);
        }
        self.preferred.take_if(|_| stats.camera_off);
    }

    /// Firefox reports no certificates; the session descriptions name their fingerprints.
    fn complete(&mut self, security: &mut TransportSecurity) {
        let reported = [
            &mut security.local_fingerprint,
            &mut security.remote_fingerprint,
        ];
        let all = reported.into_iter().zip(&mut self.fingerprints);
        for (which, (reported, described)) in all.enumerate() {
            if reported.is_some() {
                continue;
            }
            if described.is_none() {
                let description = match which {
                    0 => self.pc.local_description(),
                    _ => self.pc.remote_description(),
                };
                *described = description.and_then(|it| fingerprint(&it.sdp()));
            }
            reported.clone_from(described);
        }
    }

    /// Takes an `RTCStatsReport`, about one per second, and what it does not contain.
    /// Returns what has to be done about it.
    pub(crate) fn on_report(&mut self, report: JsValue, facts: CallFacts) -> Findings {
        // Without a report there is nothing to show.
        let Ok(report) = StatsReport::parse(&self.reader.json(report)) else {
            return Findings::default();
        };
        let mut sample = Sample {
            red: facts.red,
            camera_off: facts.camera_off,
            ..Sample::with_screen(&report, screen_mid(&self.pc).as_deref())
        };
        self.complete(&mut sample.security);
        let Some(reading) = self.meter.push(sample) else {
            return Findings::default();
        };
        let arrives = self.view.video_arrives;
        if reading.video_received.is_some() && reading.video_received != arrives.get_untracked() {
            arrives.set(reading.video_received);
        }
        let findings = Findings {
            receiving_timed_out: reading.receiving_timed_out,
            broken_codec: reading.broken_codec.clone(),
        };
        self.apply(reading.encoding_limits, facts);
        self.prefer(&reading, facts.shared);
        let reading = Arc::new(reading);
        self.view.readings.update_value(|readings| {
            if readings.len() == READINGS {
                readings.pop_front();
            }
            readings.push_back((clock::now(), reading.clone()));
        });
        // The record grows while there is a call.
        self.view.recorder.update_value(Recorder::shorten);
        self.number = self.number.wrapping_add(1);
        self.view.quality.set(Some(Arc::new(QualitySnapshot {
            number: self.number,
            reading,
            history: self.meter.history().clone(),
        })));
        findings
    }
}
