//! From `getStats` to what the page shows of a call's quality, and to what the picture
//! may take where the browser has no estimate of the way. Loaded with the first call (`crate::lazy`); the session knows it as a [`Measure`].

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::RtcPeerConnection;
use wimpex_quality::{
    EncodingLimits, History, Meter, Reading, Sample, StatsReport, TransportSecurity, fingerprint,
};

use super::View;
use super::recorder::Recorder;
use crate::browser::clock;
use crate::browser::peer::{limit_picture, lines, prefer_motion};
use crate::browser::stats::Reader;

/// Follows one peer connection, and tells the view.
pub trait Measure {
    /// One more report of a connection, and what no report tells. Says whether the way has
    /// fallen silent: nothing at all has come over it for some seconds.
    fn measure(&mut self, report: JsValue, told: Told) -> bool;
}

/// What the session knows of a call and no report tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Both ends have RED: sound goes twice.
    pub redundant: bool,
    /// Our camera is off, or not to be had.
    pub camera_off: bool,
}

/// What the panel and the indicator show.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// How many readings there have been.
    pub number: u32,
    /// The last second, and how the call fares.
    pub reading: Arc<Reading>,
    /// The last two minutes.
    pub history: Arc<History>,
}

/// So many are kept for diagnostics: ten minutes.
const READINGS: usize = 600;

pub(crate) struct Gauge {
    meter: Meter,
    reader: Reader,
    view: View,
    pc: RtcPeerConnection,
    number: u32,
    /// What the picture is kept to: bits and pictures a second, and how much it is
    /// scaled down.
    limit: Option<(u32, u32, f64)>,
    /// The browser has been told what matters of the picture that leaves.
    has_wish: bool,
    /// From the descriptions, where no report tells.
    fingerprints: [Option<String>; 2],
}

impl Gauge {
    pub(crate) fn new(view: View, pc: RtcPeerConnection) -> Self {
        Self {
            meter: Meter::default(),
            reader: Reader::default(),
            view,
            pc,
            number: 0,
            limit: None,
            has_wish: false,
            fingerprints: [None, None],
        }
    }

    fn keep_to(&mut self, limit: Option<EncodingLimits>) {
        let limit = limit.map(|limit| {
            let scale =
                lines(&self.pc).map_or(1.0, |lines| lines / f64::from(limit.max_short_side));
            (limit.max_bitrate, limit.max_framerate, scale.max(1.0))
        });
        if self.limit != limit {
            self.limit = limit;
            limit_picture(&self.pc, limit);
        }
    }

    /// Says what matters of the picture, once it leaves: before that there is nothing to
    /// say it of, and the first picture waits for nothing. A camera that was off comes
    /// back with another track.
    fn wish(&mut self, reading: &Reading) {
        let quality = &reading.interval;
        let rate = quality
            .outbound_video
            .as_ref()
            .and_then(|out| out.frames_per_second);
        let leaves = !quality.camera_off && rate.is_some_and(|rate| rate > 0.0);
        // Two changes of the parameters at once are one too many.
        if leaves && !self.has_wish && self.limit.is_none() {
            prefer_motion(&self.pc);
            self.has_wish = true;
        }
        self.has_wish &= !quality.camera_off;
    }

    /// Firefox tells nothing of certificates; the descriptions that are applied do.
    fn describe(&mut self, security: &mut TransportSecurity) {
        let shown = [
            &mut security.local_fingerprint,
            &mut security.remote_fingerprint,
        ];
        for (which, (shown, known)) in shown.into_iter().zip(&mut self.fingerprints).enumerate() {
            if shown.is_some() {
                continue;
            }
            if known.is_none() {
                let description = match which {
                    0 => self.pc.local_description(),
                    _ => self.pc.remote_description(),
                };
                *known = description.and_then(|it| fingerprint(&it.sdp()));
            }
            shown.clone_from(known);
        }
    }
}

impl Measure for Gauge {
    fn measure(&mut self, report: JsValue, told: Told) -> bool {
        // A browser whose report is none has nothing to show.
        let Ok(report) = StatsReport::parse(&self.reader.json(report)) else {
            return false;
        };
        let mut sample = Sample {
            red: told.redundant,
            camera_off: told.camera_off,
            ..Sample::new(&report)
        };
        self.describe(&mut sample.security);
        let Some(reading) = self.meter.push(sample) else {
            return false;
        };
        let arrives = self.view.picture_arrives;
        if reading.video_received.is_some() && reading.video_received != arrives.get_untracked() {
            arrives.set(reading.video_received);
        }
        let silent = reading.receiving_timed_out;
        self.keep_to(reading.encoding_limits);
        self.wish(&reading);
        let reading = Arc::new(reading);
        self.view.readings.update_value(|readings| {
            if readings.len() == READINGS {
                readings.pop_front();
            }
            readings.push_back((clock::now(), reading.clone()));
        });
        // What was recorded of calls grows in calls.
        self.view.recorder.update_value(Recorder::shorten);
        self.number = self.number.wrapping_add(1);
        self.view.quality.set(Some(Arc::new(Shown {
            number: self.number,
            reading,
            history: self.meter.history().clone(),
        })));
        silent
    }
}
