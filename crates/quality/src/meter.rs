//! Sample by sample, what to show.

use std::collections::VecDeque;

use crate::allowance::{Allowance, Limit};
use crate::grade::{Steady, Verdict, receiving, sending};
use crate::history::History;
use crate::quality::Quality;
use crate::sample::Sample;

/// Over how many readings it is judged: long enough for some hundred packets, short
/// enough to notice.
const WINDOW: usize = 8;
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
    pub quality: Quality,
    /// How what arrives fares.
    pub receiving: Verdict,
    /// How what leaves fares.
    pub sending: Verdict,
    /// Pictures came in the interval; unknown while that cannot be told.
    pub picture: Option<bool>,
    /// Nothing at all has come over the route for some seconds: for the first time
    /// since something came.
    pub silent: bool,
    /// What the picture that leaves is to keep to, where the browser has no estimate of
    /// the way.
    pub limit: Option<Limit>,
}

/// Follows one peer connection.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    samples: VecDeque<Sample>,
    history: History,
    receiving: Steady,
    sending: Steady,
    allowance: Allowance,
    seen: bool,
    quiet: u32,
    /// Much came before it got quiet.
    busy: bool,
}

impl Meter {
    /// The last two minutes.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// One more sample; nothing can be said of the first.
    pub fn take(&mut self, mut sample: Sample) -> Option<Reading> {
        if let (Some(limit), Some(picture)) = (self.allowance.limit(), &mut sample.picture_out) {
            // In the words of a browser that does it itself.
            picture.limitation = Some("bandwidth".to_owned());
            picture.target = Some(f64::from(limit.bitrate));
        }
        let before = self.samples.back();
        let interval = before.map(|before| Quality::between(before, &sample));
        if before.is_some_and(|before| way(before) != way(&sample)) {
            // What was measured of the old way says nothing of another.
            self.receiving = Steady::default();
            self.sending = Steady::default();
            self.allowance = Allowance::default();
            self.samples.clear();
        } else if let (Some(before), Some(interval)) = (before, &interval) {
            self.allowance.after(before, &sample, interval);
        }
        if self.samples.len() > WINDOW {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        Some(self.judge(interval?))
    }

    fn judge(&mut self, quality: Quality) -> Reading {
        let window = match (self.samples.front(), self.samples.back()) {
            (Some(first), Some(last)) => Quality::between(first, last),
            _ => Quality::default(),
        };
        let picture = quality.picture_in.as_ref().and_then(|flow| flow.frame_rate);
        self.seen |= picture.is_some_and(|rate| rate > 0.0);
        let receiving = receiving(&window, self.seen, self.receiving.grade());
        let sending = sending(&window, self.sending.grade());
        match quality.route_bytes {
            Some(0.0) => self.quiet += 1,
            bytes => {
                self.quiet = 0;
                self.busy = bytes.is_some_and(|bytes| bytes >= BUSY);
            }
        }
        self.history.add(&quality);
        Reading {
            receiving: self.receiving.after(receiving),
            sending: self.sending.after(sending),
            picture: picture.map(|rate| rate > 0.0),
            silent: self.busy && self.quiet == SILENT,
            limit: self.allowance.limit(),
            quality,
        }
    }
}

/// Which way a sample went.
fn way(sample: &Sample) -> Option<&str> {
    sample.route.as_ref().map(|route| route.id.as_str())
}
