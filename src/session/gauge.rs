//! From `getStats` to what the page shows of a call's quality, and to what the picture
//! may take where the browser has no estimate of the way. Loaded with the first call (`crate::lazy`); the session knows it as a [`Measure`].

use std::sync::Arc;

use leptos::prelude::*;
use serde::Serialize;
use wasm_bindgen::JsValue;
use web_sys::RtcPeerConnection;
use wimpex_quality::{
    CandidateEnd, Flow, History, Limit, Meter, Reading, Report, Route, Sample, Verdict,
};

use super::View;
use crate::browser::clock;
use crate::browser::peer::{limit_picture, lines};
use crate::browser::stats::Reader;
use crate::ui::words::quality::{Direction, grade, reason};

/// Follows one peer connection, and tells the view.
pub trait Measure {
    /// One more report of a connection on which sound goes twice, or not. Says whether the way has fallen silent: nothing at all has
    /// come over it for some seconds.
    fn measure(&mut self, report: JsValue, redundant: bool) -> bool;
}

/// What the panel and the indicator show.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The last second, and how the call fares.
    pub reading: Reading,
    /// The last two minutes.
    pub history: History,
}

/// So many are kept for diagnostics: ten minutes.
const READINGS: usize = 600;

pub(crate) struct Gauge {
    meter: Meter,
    reader: Reader,
    view: View,
    pc: RtcPeerConnection,
    /// What the picture is kept to: bits and pictures a second, and how much it is
    /// scaled down.
    limit: Option<(u32, u32, f64)>,
}

impl Gauge {
    pub(crate) fn new(view: View, pc: RtcPeerConnection) -> Self {
        Self {
            meter: Meter::default(),
            reader: Reader::default(),
            view,
            pc,
            limit: None,
        }
    }

    fn keep_to(&mut self, limit: Option<Limit>) {
        let limit = limit.map(|limit| {
            let scale = lines(&self.pc).map_or(1.0, |lines| lines / f64::from(limit.lines));
            (limit.bitrate, limit.frame_rate, scale.max(1.0))
        });
        if self.limit != limit {
            self.limit = limit;
            limit_picture(&self.pc, limit);
        }
    }
}

impl Measure for Gauge {
    fn measure(&mut self, report: JsValue, redundant: bool) -> bool {
        // A browser whose report is none has nothing to show.
        let Ok(report) = Report::parse(&self.reader.json(report)) else {
            return false;
        };
        let sample = Sample {
            redundant,
            ..Sample::new(&report)
        };
        let Some(reading) = self.meter.take(sample) else {
            return false;
        };
        let arrives = self.view.picture_arrives;
        if reading.picture.is_some() && reading.picture != arrives.get_untracked() {
            arrives.set(reading.picture);
        }
        let silent = reading.silent;
        self.keep_to(reading.limit);
        self.view.readings.update_value(|readings| {
            if readings.len() == READINGS {
                readings.pop_front();
            }
            readings.push_back(line(&reading));
        });
        let history = self.meter.history().clone();
        self.view
            .quality
            .set(Some(Arc::new(Shown { reading, history })));
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
    sound_in: Option<&'a Flow>,
    picture_in: Option<&'a Flow>,
    sound_out: Option<&'a Flow>,
    picture_out: Option<&'a Flow>,
    whole_in: Option<f64>,
    whole_out: Option<f64>,
    redundant: bool,
    round_trip: Option<f64>,
    route: [Option<&'a str>; 2],
}

fn line(reading: &Reading) -> String {
    let quality = &reading.quality;
    let kind = |end: fn(&Route) -> &CandidateEnd| {
        let route = quality.route.as_ref();
        route.and_then(|route| end(route).kind.as_deref())
    };
    let verdict =
        |direction, verdict: Verdict| [grade(verdict.grade), reason(direction, verdict.reason)];
    let line = Line {
        at: clock::now().as_secs_f64(),
        receiving: verdict(Direction::Receiving, reading.receiving),
        sending: verdict(Direction::Sending, reading.sending),
        sound_in: quality.sound_in.as_ref(),
        picture_in: quality.picture_in.as_ref(),
        sound_out: quality.sound_out.as_ref(),
        picture_out: quality.picture_out.as_ref(),
        whole_in: quality.whole_in,
        whole_out: quality.whole_out,
        redundant: quality.redundant,
        round_trip: quality.round_trip,
        route: [kind(|route| &route.local), kind(|route| &route.remote)],
    };
    // Numbers and texts always can.
    serde_json::to_string(&line).unwrap_or_default()
}
