//! How much of the way the picture may take, where the browser does not find that out.
//!
//! Firefox (seen in 153) goes on sending a large picture over a way that loses nine
//! packets of ten of it, and sends them all again; the sound is lost with them. It tells
//! of no estimate either, by which it is known here. So what the peer reports as lost
//! says when the picture has to give way: a control by loss alone, as in section 6 of
//! draft-ietf-rmcat-gcc-02, in steps that halve.

use crate::interval::IntervalStats;
use crate::sample::{Sample, StreamSample};

/// What the picture may take, in the terms of `RTCRtpEncodingParameters` (webrtc,
/// section 5.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodingLimits {
    /// `maxBitrate`, in bits a second.
    pub max_bitrate: u32,
    /// The shorter side of the picture, in pixels: what `scaleResolutionDownBy` is to
    /// make of it. A smaller picture stays as it is.
    pub max_short_side: u32,
    /// `maxFramerate`, in pictures a second.
    pub max_framerate: u32,
}

/// Step by step: what is left of the way is for sound.
const LIMITS: [EncodingLimits; 5] = [
    limit(800_000, 540, 30),
    limit(400_000, 360, 20),
    limit(200_000, 270, 15),
    limit(100_000, 180, 15),
    limit(60_000, 180, 10),
];

const fn limit(max_bitrate: u32, max_short_side: u32, max_framerate: u32) -> EncodingLimits {
    EncodingLimits {
        max_bitrate,
        max_short_side,
        max_framerate,
    }
}

/// More than this share lost is trouble: somewhat more than where the draft begins to give
/// way, so that a way that merely loses is not starved on top.
const TROUBLE: f64 = 0.15;
/// So much more lost than before a step for the better says that the step was too much.
const WORSE: f64 = 0.05;
/// What one reading counts for in the mean of those that came before.
const WEIGHT: f64 = 0.3;
/// So many readings of trouble, and the picture gives way.
const BAD: u32 = 2;
/// For so many readings after it gave way, reports tell of what was before.
const SETTLING: u32 = 3;
/// So many other readings, and more is tried; twice as many each time that it was too
/// much, so many times at most.
const PATIENCE: u32 = 10;
const DOUBLINGS: u32 = 3;
/// The share of what gets through that is asked for: the sound needs room.
const ROOM: f64 = 0.8;

/// Follows one way.
#[derive(Clone, Debug, Default)]
pub(crate) struct LossBasedController {
    /// How many of the limits down; 0 is none.
    step: usize,
    /// The share lost, over some readings.
    lost: f64,
    /// What was lost before the last step, if that was for the better.
    tried_from: Option<f64>,
    bad: u32,
    well: u32,
    settling: u32,
    /// How often in a row a step for the better was too much.
    failures: u32,
}

impl LossBasedController {
    pub(crate) fn limit(&self) -> Option<EncodingLimits> {
        LIMITS.get(self.step.checked_sub(1)?).copied()
    }

    /// One more interval, between two samples of one way.
    pub(crate) fn after(&mut self, before: &Sample, after: &Sample, quality: &IntervalStats) {
        let route = after.candidate_pair.as_ref();
        if route.is_some_and(|route| route.available_outgoing_bitrate.is_some()) {
            // This browser measures the way itself, and better.
            *self = Self::default();
            return;
        }
        if self.settling > 0 {
            self.settling -= 1;
            return;
        }
        let Some(lost) = lost(before, after, quality) else {
            return;
        };
        self.lost += WEIGHT * (lost - self.lost);
        let bearable = self.tried_from.map_or(TROUBLE, |before| before + WORSE);
        if self.lost > bearable {
            self.bad += 1;
            if self.bad == BAD {
                self.give_way(lost, quality);
            }
            return;
        }
        self.bad = 0;
        self.well += 1;
        if self.well >= PATIENCE << self.failures.min(DOUBLINGS) {
            self.take_more();
        }
    }

    fn give_way(&mut self, lost: f64, quality: &IntervalStats) {
        let picture = quality.outbound_video.as_ref();
        let through = picture.and_then(|picture| picture.bitrate).unwrap_or(0.0) * (1.0 - lost);
        let fits = LIMITS
            .iter()
            .position(|limit| f64::from(limit.max_bitrate) <= through * ROOM);
        let fitting = fits.map_or(LIMITS.len(), |at| at + 1);
        let next = (self.step + 1).min(LIMITS.len());
        *self = Self {
            step: fitting.max(next),
            settling: SETTLING,
            failures: self.tried_from.map_or(0, |_| self.failures + 1),
            ..Self::default()
        };
    }

    /// What there is has proved not to be too much.
    fn take_more(&mut self) {
        *self = Self {
            step: self.step.saturating_sub(1),
            lost: self.lost,
            tried_from: (self.step > 0).then_some(self.lost),
            failures: self.tried_from.map_or(self.failures, |_| 0),
            ..Self::default()
        };
    }
}

/// The share of what left that did not come: what the peer has reported since the sample
/// before, or what had to go again. Unknown if no picture leaves, and without news.
fn lost(before: &Sample, after: &Sample, quality: &IntervalStats) -> Option<f64> {
    let reported = |before: &Option<StreamSample>, after: &Option<StreamSample>| {
        let after = after.as_ref()?;
        let last = before.as_ref().and_then(|before| before.remote_timestamp);
        after
            .remote_fraction_lost
            .filter(|_| after.remote_timestamp != last)
    };
    let picture = quality
        .outbound_video
        .as_ref()
        .filter(|_| !quality.camera_off)?;
    let packets = picture.packet_rate.filter(|packets| *packets > 0.0)?;
    let again = picture.retransmitted.map(|again| again / packets);
    [
        reported(&before.outbound_video, &after.outbound_video),
        reported(&before.outbound_audio, &after.outbound_audio),
        again.filter(|share| *share > TROUBLE),
    ]
    .into_iter()
    .flatten()
    .reduce(f64::max)
}
