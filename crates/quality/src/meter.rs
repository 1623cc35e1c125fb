//! Follows one peer connection, sample by sample.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::broken_codec::BrokenCodec;
use crate::grade::{Assessment, receiving, sending};
use crate::history::History;
use crate::hysteresis::Hysteresis;
use crate::interval::IntervalStats;
use crate::loss_based_control::{EncodingLimits, LossBasedControl};
use crate::sample::Sample;
use crate::window::{ASSESSED, Window, is_visible};

/// How many intervals without a byte make receiving time out.
const RECEIVING_TIMEOUT: u32 = 3;
/// Bytes per second of somebody who is heard or seen. Less may pause by itself: where nobody
/// speaks and no camera is on, only RTCP and connectivity checks come, every five seconds or
/// so.
const MEDIA_RATE: f64 = 1_500.0;

/// What one more sample says about a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The interval since the sample before.
    pub interval: IntervalStats,
    /// How well the call works from the peer to here.
    pub receiving: Assessment,
    /// How well it works from here to the peer.
    pub sending: Assessment,
    /// The transmission rating R of the speech that arrives, 0 to 93.2
    /// ([`crate::emodel::rating`]), over the intervals that `receiving` is about.
    pub rating: Option<f64>,
    /// Whether video frames came in the interval, and not only the black ones that Firefox
    /// sends while the camera is off; `None` while there is no telling.
    pub video_received: Option<bool>,
    /// Not a byte has come over the route for three intervals. True once, in the third; and
    /// only if media had been coming.
    pub receiving_timed_out: bool,
    /// The video codec that was found not to work, if one just was: `H264`. The call needs another.
    pub broken_codec: Option<String>,
    /// What the outbound video has to keep to where the browser has no bandwidth estimate of
    /// its own; `None` is unlimited.
    pub encoding_limits: Option<EncodingLimits>,
}

/// The state that readings are made of.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// One more than [`ASSESSED`], so that they span as many intervals.
    samples: VecDeque<Sample>,
    window: Window,
    history: Arc<History>,
    receiving: Hysteresis,
    sending: Hysteresis,
    control: LossBasedControl,
    broken: BrokenCodec,
    /// The id of the candidate pair that all this is about.
    route: Option<String>,
    /// The last known round-trip time, in seconds.
    round_trip_time: Option<f64>,
    had_video: bool,
    /// Intervals in a row without a byte.
    silent: u32,
    /// Media was coming until then.
    had_media: bool,
}

impl Meter {
    /// The last [`HISTORY_SECONDS`](crate::HISTORY_SECONDS) readings.
    pub fn history(&self) -> &Arc<History> {
        &self.history
    }

    /// Takes one more sample, about a second after the one before. `None` for the first,
    /// and for one with the timestamp of the one before.
    pub fn push(&mut self, mut sample: Sample) -> Option<Reading> {
        if let (Some(limits), Some(video)) = (self.control.limits(), &mut sample.outbound_video) {
            // As a browser says it that controls the rate itself.
            video.quality_limitation_reason = Some("bandwidth".to_owned());
            video.target_bitrate = Some(f64::from(limits.max_bitrate));
        }
        let before = self.samples.back();
        if before.is_some_and(|before| before.at.is_some() && before.at == sample.at) {
            return None;
        }
        let interval = before.map(|before| IntervalStats::between(before, &sample));
        if self.has_moved(&sample) {
            // What was measured on the old route says nothing about the new one.
            *self = Self {
                history: std::mem::take(&mut self.history),
                had_video: self.had_video,
                control: LossBasedControl::on_another_route(),
                ..Self::default()
            };
        } else if let (Some(before), Some(interval)) = (self.samples.back(), &interval) {
            self.control.update(before, &sample, interval);
            self.window.add(before, &sample, interval);
        }
        if let Some(route) = route(&sample).filter(|route| self.route.as_deref() != Some(route)) {
            self.route = Some(route.to_owned());
        }
        if self.samples.len() > ASSESSED {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        Some(self.assess(interval?))
    }

    /// Whether a sample is of another route. One that names none is not: in an outage a
    /// browser may not say for a moment which pair is selected.
    fn has_moved(&self, sample: &Sample) -> bool {
        let known = self.route.as_deref();
        known.is_some_and(|known| route(sample).is_some_and(|now| now != known))
    }

    fn assess(&mut self, interval: IntervalStats) -> Reading {
        let mut recent = match (self.samples.front(), self.samples.back()) {
            (Some(first), Some(last)) => IntervalStats::between(first, last),
            _ => IntervalStats::default(),
        };
        recent.round_trip_time = recent.round_trip_time.or(self.round_trip_time);
        self.round_trip_time = recent.round_trip_time;
        let video_received = interval.inbound_video.as_ref().and_then(is_visible);
        self.had_video |= video_received == Some(true);
        let before = [self.receiving.grade(), self.sending.grade()];
        let (receiving, rating) = receiving(&self.window, &recent, self.had_video, before[0]);
        let sending = sending(&self.window, &recent, before[1]);
        let receiving_timed_out = self.receiving_times_out(interval.received_byte_rate);
        Arc::make_mut(&mut self.history).add(&interval);
        Reading {
            receiving: self.receiving.update(receiving),
            sending: self.sending.update(sending),
            rating,
            video_received,
            receiving_timed_out,
            broken_codec: self.broken.update(&interval),
            encoding_limits: self.control.limits(),
            interval,
        }
    }

    /// Takes the bytes per second of one more interval, and says whether receiving times out
    /// with it.
    fn receiving_times_out(&mut self, byte_rate: Option<f64>) -> bool {
        match byte_rate {
            Some(0.0) => {
                self.silent += 1;
                self.had_media && self.silent == RECEIVING_TIMEOUT
            }
            Some(byte_rate) => {
                self.silent = 0;
                self.had_media = byte_rate >= MEDIA_RATE;
                false
            }
            // Unknown is neither.
            None => false,
        }
    }
}

fn route(sample: &Sample) -> Option<&str> {
    sample.candidate_pair.as_ref().map(|pair| pair.id.as_str())
}
