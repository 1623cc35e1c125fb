//! Loss-based rate control of the outbound video, for a browser that does none.
//!
//! In libwebrtc's words this is what `SendSideBandwidthEstimation` does with receiver
//! reports when it has no delay-based estimate: increase while little is lost, hold, and
//! decrease when much is lost (section 6 of draft-ietf-rmcat-gcc-02). A page cannot set the
//! encoder's target directly, so the estimate is one of a few steps of
//! `RTCRtpEncodingParameters`, each about half of the one before.
//!
//! Chromium has an estimate (`availableOutgoingBitrate`), and is left alone. Firefox (seen
//! in 153) has none: it goes on sending large frames over a path that loses nine packets
//! out of ten, and retransmits all of them, until the audio is lost as well.

use crate::interval::IntervalStats;
use crate::sample::{Sample, StreamSample};

/// Limits of an encoder, in the terms of `RTCRtpEncodingParameters` (webrtc-pc).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodingLimits {
    /// `maxBitrate`, in bits per second.
    pub max_bitrate: u32,
    /// The frame's shorter side, in pixels: what `scaleResolutionDownBy` has to bring it to.
    /// A smaller frame stays as it is.
    pub max_short_side: u32,
    /// `maxFramerate`, in frames per second.
    pub max_framerate: u32,
}

/// The steps down; what a step leaves of the path is for audio, which takes about 65 kbit/s with
/// its headers: the fourth fits into 150 kbit/s beside it, the last into 105.
const STEPS: [EncodingLimits; 5] = [
    limits(800_000, 540, 30),
    limits(400_000, 360, 20),
    limits(200_000, 270, 15),
    limits(80_000, 180, 15),
    limits(40_000, 180, 10),
];

const fn limits(max_bitrate: u32, max_short_side: u32, max_framerate: u32) -> EncodingLimits {
    EncodingLimits {
        max_bitrate,
        max_short_side,
        max_framerate,
    }
}

/// More than this fraction lost is high. The draft decreases from 0.1 on; a path that loses
/// that much without being congested is not to be starved on top of it.
const HIGH_LOSS: f64 = 0.15;
/// An increase was too much if this much more is lost than before it.
const TOO_MUCH: f64 = 0.05;
/// The weight of one reading in the moving average of the loss.
const SMOOTHING: f64 = 0.3;
/// Readings of high loss before a decrease.
const DECREASE_AFTER: u32 = 2;
/// Readings after a decrease, or on another route, that are ignored: reports are about what
/// was sent before.
const SETTLING: u32 = 3;
/// Readings without high loss before an increase; twice as many after each increase that
/// was too much.
const INCREASE_AFTER: u32 = 10;
/// How often that doubles at most.
const MAX_DOUBLINGS: u32 = 3;
/// The fraction of what gets through that a decrease asks for: audio needs room.
const HEADROOM: f64 = 0.8;

/// The state for one route.
#[derive(Clone, Debug, Default)]
pub(crate) struct LossBasedControl {
    /// How many of [`STEPS`] down; 0 is unlimited.
    step: usize,
    /// Moving average of the fraction lost.
    loss: f64,
    /// That average before the last change, if that was an increase.
    loss_before_increase: Option<f64>,
    /// Readings of high loss in a row.
    high: u32,
    /// Readings without since the last change.
    low: u32,
    settling: u32,
    /// Increases in a row that were too much.
    failed_increases: u32,
}

impl LossBasedControl {
    /// The first reports there are about what was lost with the route before.
    pub(crate) fn on_another_route() -> Self {
        Self {
            settling: SETTLING,
            ..Self::default()
        }
    }

    /// What the outbound video has to keep to; `None` is unlimited.
    pub(crate) fn limits(&self) -> Option<EncodingLimits> {
        STEPS.get(self.step.checked_sub(1)?).copied()
    }

    /// Takes the interval between two samples of one route, with its statistics.
    pub(crate) fn update(&mut self, before: &Sample, after: &Sample, stats: &IntervalStats) {
        let pair = after.candidate_pair.as_ref();
        if pair.is_some_and(|pair| pair.available_outgoing_bitrate.is_some()) {
            // This browser estimates the bandwidth itself, and better.
            *self = Self::default();
            return;
        }
        if self.settling > 0 {
            self.settling -= 1;
            return;
        }
        let Some(loss) = outbound_loss(before, after, stats) else {
            return;
        };
        self.loss += SMOOTHING * (loss - self.loss);
        let threshold = self
            .loss_before_increase
            .map_or(HIGH_LOSS, |before| before + TOO_MUCH);
        if self.loss > threshold {
            self.high += 1;
            if self.high == DECREASE_AFTER {
                self.decrease(loss, stats);
            }
            return;
        }
        self.high = 0;
        self.low += 1;
        if self.low >= INCREASE_AFTER << self.failed_increases.min(MAX_DOUBLINGS) {
            self.increase();
        }
    }

    /// Goes at least one step down, and as far as fits into what gets through.
    fn decrease(&mut self, loss: f64, stats: &IntervalStats) {
        let video = stats.outbound_video.as_ref();
        let received = video.and_then(|video| video.bitrate).unwrap_or(0.0) * (1.0 - loss);
        let fits = STEPS
            .iter()
            .position(|step| f64::from(step.max_bitrate) <= received * HEADROOM);
        let fitting = fits.map_or(STEPS.len(), |at| at + 1);
        let next = (self.step + 1).min(STEPS.len());
        *self = Self {
            step: fitting.max(next),
            settling: SETTLING,
            failed_increases: self
                .loss_before_increase
                .map_or(0, |_| self.failed_increases + 1),
            ..Self::default()
        };
    }

    /// Goes one step up: the current one has proved not to be too much.
    fn increase(&mut self) {
        *self = Self {
            step: self.step.saturating_sub(1),
            loss: self.loss,
            loss_before_increase: (self.step > 0).then_some(self.loss),
            failed_increases: self
                .loss_before_increase
                .map_or(self.failed_increases, |_| 0),
            ..Self::default()
        };
    }
}

/// The fraction lost of what was sent: the worse of what receiver reports say that have come
/// since the sample before, and of what had to be retransmitted, where that is high.
/// Unknown if no video is sent, and without news.
fn outbound_loss(before: &Sample, after: &Sample, stats: &IntervalStats) -> Option<f64> {
    let reported = |before: &Option<StreamSample>, after: &Option<StreamSample>| {
        let after = after.as_ref()?;
        let last = before.as_ref().and_then(|before| before.remote_timestamp);
        after
            .remote_fraction_lost
            .filter(|_| after.remote_timestamp != last)
    };
    let video = stats.outbound_video.as_ref();
    let video = video.filter(|_| !stats.camera_off)?;
    let packets = video.packet_rate.filter(|packets| *packets > 0.0)?;
    let retransmitted = video.retransmitted.map(|again| again / packets);
    [
        reported(&before.outbound_video, &after.outbound_video),
        reported(&before.outbound_audio, &after.outbound_audio),
        retransmitted.filter(|fraction| *fraction > HIGH_LOSS),
    ]
    .into_iter()
    .flatten()
    .reduce(f64::max)
}
