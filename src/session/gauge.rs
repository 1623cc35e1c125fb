//! From `getStats` to what the page shows of a call's quality, and to what the picture
//! may take where the browser has no estimate of the way. Loaded with the first call (`super::lazy`); the session knows it as a [`Measure`].

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use serde::Serialize;
use wasm_bindgen::JsValue;
use web_sys::RtcPeerConnection;
use wimpex_quality::{
    CandidateEnd, Flow, History, Limit, Meter, Reading, Report, Route, Sample, Security, Verdict,
    fingerprint,
};

use super::View;
use super::recorder::Recorder;
use crate::browser::clock;
use crate::browser::rtc_rtp_sender::{EncodingLimit, limit_video, prefer_motion, video_lines};
use crate::browser::rtc_stats_report::Reader;
use crate::ui::words::quality::{Direction, grade, reason};

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
    /// What the video is kept to.
    limit: Option<EncodingLimit>,
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

    fn keep_to(&mut self, limit: Option<Limit>) {
        let limit = limit.map(|limit| {
            let scale = video_lines(&self.pc).map_or(1.0, |lines| lines / f64::from(limit.lines));
            EncodingLimit {
                max_bitrate: limit.bitrate,
                max_framerate: limit.frame_rate,
                scale_resolution_down_by: scale.max(1.0),
            }
        });
        if self.limit != limit {
            self.limit = limit;
            limit_video(&self.pc, limit);
        }
    }

    /// Says what matters of the picture, once it leaves: before that there is nothing to
    /// say it of, and the first picture waits for nothing. A camera that was off comes
    /// back with another track.
    fn wish(&mut self, reading: &Reading) {
        let quality = &reading.quality;
        let rate = quality.picture_out.as_ref().and_then(|out| out.frame_rate);
        let leaves = !quality.camera_off && rate.is_some_and(|rate| rate > 0.0);
        // Two changes of the parameters at once are one too many.
        if leaves && !self.has_wish && self.limit.is_none() {
            prefer_motion(&self.pc);
            self.has_wish = true;
        }
        self.has_wish &= !quality.camera_off;
    }

    /// Firefox tells nothing of certificates; the descriptions that are applied do.
    fn describe(&mut self, security: &mut Security) {
        let shown = [
            &mut security.own_fingerprint,
            &mut security.peer_fingerprint,
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
        let Ok(report) = Report::parse(&self.reader.json(report)) else {
            return false;
        };
        let mut sample = Sample {
            redundant: told.redundant,
            camera_off: told.camera_off,
            ..Sample::new(&report)
        };
        self.describe(&mut sample.security);
        let Some(reading) = self.meter.take(sample) else {
            return false;
        };
        let arrives = self.view.picture_arrives;
        if reading.picture.is_some() && reading.picture != arrives.get_untracked() {
            arrives.set(reading.picture);
        }
        let silent = reading.silent;
        self.keep_to(reading.limit);
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

/// A reading for diagnostics: no addresses, no fingerprints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    at: f64,
    receiving: [&'static str; 2],
    sending: [&'static str; 2],
    rating: Option<f64>,
    sound_in: Option<&'a Flow>,
    picture_in: Option<&'a Flow>,
    sound_out: Option<&'a Flow>,
    picture_out: Option<&'a Flow>,
    whole_in: Option<f64>,
    whole_out: Option<f64>,
    redundant: bool,
    camera_off: bool,
    round_trip: Option<f64>,
    available: Option<f64>,
    protocol: Option<&'a str>,
    route: [Option<&'a str>; 2],
}

/// As it stands in the file.
pub(crate) fn line(at: Duration, reading: &Reading) -> serde_json::Value {
    let quality = &reading.quality;
    let route = quality.route.as_ref();
    let kind =
        |end: fn(&Route) -> &CandidateEnd| route.and_then(|route| end(route).kind.as_deref());
    let verdict =
        |direction, verdict: Verdict| [grade(verdict.grade), reason(direction, verdict.reason)];
    let line = Line {
        at: at.as_secs_f64(),
        receiving: verdict(Direction::Receiving, reading.receiving),
        sending: verdict(Direction::Sending, reading.sending),
        rating: reading.rating,
        sound_in: quality.sound_in.as_ref(),
        picture_in: quality.picture_in.as_ref(),
        sound_out: quality.sound_out.as_ref(),
        picture_out: quality.picture_out.as_ref(),
        whole_in: quality.whole_in,
        whole_out: quality.whole_out,
        redundant: quality.redundant,
        camera_off: quality.camera_off,
        round_trip: quality.round_trip,
        available: route.and_then(|route| route.available),
        protocol: route.and_then(|route| {
            let relays = route.relay_protocol.as_deref();
            relays.or(route.protocol.as_deref())
        }),
        route: [kind(|route| &route.local), kind(|route| &route.remote)],
    };
    // Numbers and texts always can.
    serde_json::to_value(&line).unwrap_or_default()
}
