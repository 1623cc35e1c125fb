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
use crate::browser::rtc_rtp_sender::{EncodingLimit, limit_video, prefer_motion, video_lines};
use crate::browser::rtc_stats_report::Reader;

/// How many readings are kept for diagnostics: ten minutes of them.
const READINGS: usize = 600;

/// Follows one peer connection, and writes what it finds into the view.
pub(crate) struct StatsMonitor {
    meter: Meter,
    reader: Reader,
    view: Signals,
    pc: RtcPeerConnection,
    number: u32,
    /// What has been set: `maxBitrate`, `maxFramerate` and `scaleResolutionDownBy`.
    limits: Option<EncodingLimit>,
    /// The browser has been told that motion matters more than detail.
    prefers_motion: bool,
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
            prefers_motion: false,
            fingerprints: [None, None],
        }
    }

    fn apply(&mut self, limits: Option<EncodingLimits>) {
        let limits = limits.map(|limits| {
            let scale = video_lines(&self.pc).map_or(1.0, |short_side| {
                short_side / f64::from(limits.max_short_side)
            });
            EncodingLimit {
                max_bitrate: limits.max_bitrate,
                max_framerate: limits.max_framerate,
                scale_resolution_down_by: scale.max(1.0),
            }
        });
        if self.limits != limits {
            self.limits = limits;
            limit_video(&self.pc, limits);
        }
    }

    /// Prefers motion once video is sent: before that there is no sender to set it on, and
    /// the first frame waits for nothing. A camera that was off comes back with another
    /// track.
    fn prefer_motion(&mut self, reading: &Reading) {
        let stats = &reading.interval;
        let video = stats.outbound_video.as_ref();
        let rate = video.and_then(|video| video.frames_per_second);
        let is_sent = !stats.camera_off && rate.is_some_and(|rate| rate > 0.0);
        // One change of the sender's parameters at a time: a second may fail.
        if is_sent && !self.prefers_motion && self.limits.is_none() {
            prefer_motion(&self.pc);
            self.prefers_motion = true;
        }
        self.prefers_motion &= !stats.camera_off;
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
    /// Returns whether receiving has timed out with it
    /// ([`Reading::receiving_timed_out`]).
    pub(crate) fn on_report(&mut self, report: JsValue, facts: CallFacts) -> bool {
        // Without a report there is nothing to show.
        let Ok(report) = StatsReport::parse(&self.reader.json(report)) else {
            return false;
        };
        let mut sample = Sample {
            red: facts.red,
            camera_off: facts.camera_off,
            ..Sample::new(&report)
        };
        self.complete(&mut sample.security);
        let Some(reading) = self.meter.push(sample) else {
            return false;
        };
        let arrives = self.view.video_arrives;
        if reading.video_received.is_some() && reading.video_received != arrives.get_untracked() {
            arrives.set(reading.video_received);
        }
        let receiving_timed_out = reading.receiving_timed_out;
        self.apply(reading.encoding_limits);
        self.prefer_motion(&reading);
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
        receiving_timed_out
    }
}
