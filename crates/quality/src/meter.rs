//! Sample by sample, what to show.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::grade::{Assessment, receiving, sending};
use crate::history::History;
use crate::hysteresis::Hysteresis;
use crate::interval::IntervalStats;
use crate::loss_based::{EncodingLimits, LossBasedController};
use crate::sample::Sample;
use crate::window::{WINDOW, Window, is_seen};

/// So many readings without a byte, and the way is silent.
const SILENT: u32 = 3;
/// Bytes a second of somebody who is heard or seen. Less may pause by itself: where
/// nobody speaks and nobody is seen, only reports and checks of the way come, every
/// five seconds or so.
const BUSY: f64 = 1_500.0;

/// What one more sample says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The interval since the sample before.
    pub interval: IntervalStats,
    /// How what arrives fares.
    pub receiving: Assessment,
    /// How what leaves fares.
    pub sending: Assessment,
    /// How the peer should sound: the transmission rating R of what the verdict is of.
    pub rating: Option<f64>,
    /// Pictures came in the interval, and not only black ones for a camera that is off;
    /// unknown while that cannot be told.
    pub video_received: Option<bool>,
    /// Nothing at all has come over the route for some seconds: for the first time
    /// since something came.
    pub receiving_timed_out: bool,
    /// What the picture that leaves is to keep to, where the browser has no estimate of
    /// the way.
    pub encoding_limits: Option<EncodingLimits>,
}

/// Follows one peer connection.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    samples: VecDeque<Sample>,
    recent: Window,
    history: Arc<History>,
    receiving: Hysteresis,
    sending: Hysteresis,
    allowance: LossBasedController,
    /// The way that all this is of.
    way: Option<String>,
    /// Its last known round trip, in seconds.
    round_trip: Option<f64>,
    seen: bool,
    quiet: u32,
    /// Much came before it got quiet.
    busy: bool,
}

impl Meter {
    /// The last two minutes.
    pub fn history(&self) -> &Arc<History> {
        &self.history
    }

    /// One more sample; nothing can be said of the first, nor of one of the same moment.
    pub fn take(&mut self, mut sample: Sample) -> Option<Reading> {
        if let (Some(limit), Some(picture)) = (self.allowance.limit(), &mut sample.outbound_video) {
            // In the words of a browser that does it itself.
            picture.quality_limitation_reason = Some("bandwidth".to_owned());
            picture.target_bitrate = Some(f64::from(limit.max_bitrate));
        }
        let before = self.samples.back();
        if before.is_some_and(|before| before.at.is_some() && before.at == sample.at) {
            return None;
        }
        let interval = before.map(|before| IntervalStats::between(before, &sample));
        if self.moved(&sample) {
            // What was measured of the old way says nothing of another.
            *self = Self {
                history: std::mem::take(&mut self.history),
                seen: self.seen,
                ..Self::default()
            };
        } else if let (Some(before), Some(interval)) = (self.samples.back(), &interval) {
            self.allowance.after(before, &sample, interval);
            self.recent.add(before, &sample, interval);
        }
        if let Some(way) = way(&sample).filter(|way| self.way.as_deref() != Some(way)) {
            self.way = Some(way.to_owned());
        }
        if self.samples.len() > WINDOW {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        Some(self.judge(interval?))
    }

    /// It went another way than those before. A sample that names none is not another: in
    /// an outage a browser may not say for a moment which one is in use.
    fn moved(&self, sample: &Sample) -> bool {
        let known = self.way.as_deref();
        known.is_some_and(|known| way(sample).is_some_and(|now| now != known))
    }

    fn judge(&mut self, interval: IntervalStats) -> Reading {
        let mut window = match (self.samples.front(), self.samples.back()) {
            (Some(first), Some(last)) => IntervalStats::between(first, last),
            _ => IntervalStats::default(),
        };
        window.round_trip_time = window.round_trip_time.or(self.round_trip);
        self.round_trip = window.round_trip_time;
        let video_received = interval.inbound_video.as_ref().and_then(is_seen);
        self.seen |= video_received == Some(true);
        let before = [self.receiving.grade(), self.sending.grade()];
        let (receiving, rating) = receiving(&self.recent, &window, self.seen, before[0]);
        let sending = sending(&self.recent, &window, before[1]);
        let receiving_timed_out = self.falls_silent(interval.received_byte_rate);
        Arc::make_mut(&mut self.history).add(&interval);
        Reading {
            receiving: self.receiving.after(receiving),
            sending: self.sending.after(sending),
            rating,
            video_received,
            receiving_timed_out,
            encoding_limits: self.allowance.limit(),
            interval,
        }
    }

    /// One more interval with so many bytes a second: whether that makes it silent.
    fn falls_silent(&mut self, bytes: Option<f64>) -> bool {
        match bytes {
            Some(0.0) => {
                self.quiet += 1;
                self.busy && self.quiet == SILENT
            }
            Some(bytes) => {
                self.quiet = 0;
                self.busy = bytes >= BUSY;
                false
            }
            // No news is no news.
            None => false,
        }
    }
}

/// Which way a sample went.
fn way(sample: &Sample) -> Option<&str> {
    sample
        .candidate_pair
        .as_ref()
        .map(|route| route.id.as_str())
}
