//! The intervals of the last two minutes: what has stopped, the frame rate while video
//! flows, and what was lost out of enough packets.
//!
//! A mean over some seconds would run through every grade when somebody turns the camera
//! off, and a mean over few packets would make a catastrophe of a single lost one.

use std::collections::VecDeque;

use crate::history::HISTORY_SECONDS;
use crate::interval::{IntervalStats, StreamStats, growth, is_fresh};
use crate::sample::{Sample, StreamSample};

/// How many intervals a call is assessed over: long enough for some hundred packets where
/// somebody speaks, short enough to notice.
pub(crate) const ASSESSED: usize = 8;
/// The least number of packets that loss is a fraction of. In silence four come per second,
/// and it takes longer than [`ASSESSED`] until there are as many.
const MIN_PACKETS: f64 = 100.0;
/// How many intervals without a packet make a stream stopped.
const STOPPED: usize = 2;
/// With the camera off Firefox (seen in 153) sends a black frame per second, in one packet:
/// at most this frame rate …
const BLACK_RATE: f64 = 2.0;
/// … with at most this many bytes per frame is no video.
const BLACK_BYTES: f64 = 1_500.0;

/// Packets that were due for the first time, retransmissions left out, and how many of them
/// were lost: negative where what had been taken for lost came late.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Expected {
    lost: f64,
    packets: f64,
}

/// What is kept of an interval.
#[derive(Clone, Copy, Debug, Default)]
struct Interval {
    seconds: f64,
    /// Audio packets came.
    audio: Option<bool>,
    /// Video packets came.
    video: Option<bool>,
    /// Video came that is more than black frames.
    visible: Option<bool>,
    /// Frames decoded, and seconds frozen, while video flows.
    decoded: Option<(f64, f64)>,
    /// Frames encoded, while the camera is on.
    encoded: Option<f64>,
    inbound: Expected,
    outbound: Expected,
}

/// The last receiver report on an outbound stream.
#[derive(Clone, Copy, Debug)]
struct ReceiverReport {
    /// When it came, in milliseconds on the clock of `timestamp`.
    at: f64,
    ssrc: Option<f64>,
    lost: Option<f64>,
    received: Option<f64>,
    /// Packets that had been sent by then, retransmissions left out.
    sent: Option<f64>,
}

/// The intervals of one route.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    intervals: VecDeque<Interval>,
    /// Of audio and of video.
    reports: [Option<ReceiverReport>; 2],
    /// One of them is recent enough.
    is_fresh: bool,
    camera_was_off: bool,
}

impl Window {
    /// Adds the interval between two samples, with its statistics.
    pub(crate) fn add(&mut self, before: &Sample, after: &Sample, stats: &IntervalStats) {
        let Some(seconds) = growth(before.at, after.at).filter(|seconds| *seconds > 0.0) else {
            return;
        };
        let came = |stream: &Option<StreamStats>| Some(stream.as_ref()?.packet_rate? > 0.0);
        let video = came(&stats.inbound_video);
        let last = self.intervals.back().copied().unwrap_or_default();
        // The interval in which video starts or stops is only partly filled, and says
        // nothing about a rate.
        let flows = video == Some(true)
            && last.video.is_some()
            && self.stopped(|interval| interval.visible) != Some(true);
        let decoded = stats.inbound_video.as_ref().filter(|_| flows);
        let outbound = [&after.outbound_audio, &after.outbound_video];
        let reported = [
            self.reported(0, [&before.outbound_audio, outbound[0]], [before, after]),
            self.reported(1, [&before.outbound_video, outbound[1]], [before, after]),
        ];
        self.is_fresh = outbound
            .into_iter()
            .flatten()
            .any(|stream| is_fresh(stream, after));
        let camera_on = !after.camera_off && !self.camera_was_off;
        self.camera_was_off = after.camera_off;
        let encoded = stats.outbound_video.as_ref().filter(|_| camera_on);
        if self.intervals.len() == HISTORY_SECONDS {
            self.intervals.pop_front();
        }
        self.intervals.push_back(Interval {
            seconds,
            audio: came(&stats.inbound_audio),
            video,
            visible: stats.inbound_video.as_ref().and_then(is_visible),
            decoded: decoded.and_then(|video| {
                let frozen = video.freeze_duration.unwrap_or(0.0);
                Some((video.frames_per_second? * seconds, frozen))
            }),
            encoded: encoded.and_then(|video| Some(video.frames_per_second? * seconds)),
            inbound: sum([
                received([&before.inbound_audio, &after.inbound_audio]),
                received([&before.inbound_video, &after.inbound_video]),
            ]),
            outbound: sum(reported),
        });
    }

    /// Whether nothing of that has come lately; unknown until enough intervals are known.
    fn stopped(&self, came: fn(&Interval) -> Option<bool>) -> Option<bool> {
        let last = || self.intervals.iter().rev().take(STOPPED).map(came);
        if last().any(|came| came == Some(true)) {
            return Some(false);
        }
        let all = self.intervals.len() >= STOPPED && last().all(|came| came == Some(false));
        all.then_some(true)
    }

    /// Whether audio packets, and whether video packets, have stopped.
    pub(crate) fn packets_stopped(&self) -> [Option<bool>; 2] {
        [
            self.stopped(|interval| interval.audio),
            self.stopped(|interval| interval.video),
        ]
    }

    /// Whether there was video, and is none any more but black frames.
    pub(crate) fn video_stopped(&self) -> bool {
        self.stopped(|interval| interval.visible) == Some(true)
    }

    /// Frames decoded per second while video flows, and the fraction of that time that it
    /// was frozen.
    pub(crate) fn decoded(&self) -> Option<(f64, f64)> {
        let flowing = self.assessed().filter_map(|interval| {
            let (frames, frozen) = interval.decoded?;
            Some((interval.seconds, frames, frozen))
        });
        let (seconds, frames, frozen) = flowing.fold((0.0, 0.0, 0.0), |sum, one| {
            (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2)
        });
        (seconds > 0.0).then(|| (frames / seconds, (frozen / seconds).min(1.0)))
    }

    /// Frames encoded per second while the camera is on.
    pub(crate) fn encoded(&self) -> Option<f64> {
        let known = self
            .assessed()
            .filter_map(|interval| Some((interval.seconds, interval.encoded?)));
        let (seconds, frames) = known.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (seconds > 0.0).then(|| frames / seconds)
    }

    /// The fraction lost of what the peer sent, 0 to 1.
    pub(crate) fn inbound_loss(&self) -> Option<f64> {
        self.loss(|interval| interval.inbound)
    }

    /// The fraction lost of what the peer was sent, 0 to 1, if it has reported lately.
    pub(crate) fn outbound_loss(&self) -> Option<f64> {
        self.loss(|interval| interval.outbound)
            .filter(|_| self.is_fresh)
    }

    fn loss(&self, expected: fn(&Interval) -> Expected) -> Option<f64> {
        let mut sum = Expected::default();
        for (age, interval) in self.intervals.iter().rev().enumerate() {
            if age >= ASSESSED && sum.packets >= MIN_PACKETS {
                break;
            }
            let expected = expected(interval);
            sum.lost += expected.lost;
            sum.packets += expected.packets;
        }
        // While there are fewer, a lost packet counts as one of that many.
        let fraction = sum.lost.max(0.0) / sum.packets.max(MIN_PACKETS);
        (sum.packets > 0.0).then(|| fraction.min(1.0))
    }

    fn assessed(&self) -> impl Iterator<Item = &Interval> {
        self.intervals.iter().rev().take(ASSESSED)
    }

    /// What a receiver report that has come since the sample before says about the packets
    /// sent since the report before it.
    fn reported(
        &mut self,
        which: usize,
        streams: [&Option<StreamSample>; 2],
        samples: [&Sample; 2],
    ) -> Option<Expected> {
        let after = streams[1].as_ref()?;
        let before = streams[0]
            .as_ref()
            .filter(|before| before.ssrc == after.ssrc);
        let at = after.remote_timestamp?;
        // Where none has been seen yet, the report before is the one in the sample before.
        let previous = before.and_then(|before| {
            let previous_at = before.remote_timestamp.filter(|before| *before != at)?;
            Some(ReceiverReport {
                at: previous_at,
                ssrc: before.ssrc,
                lost: before.remote_packets_lost,
                received: before.remote_packets_received,
                sent: sent_by(Some(before), after, samples, previous_at),
            })
        });
        let last = self.reports[which]
            .filter(|last| last.ssrc == after.ssrc)
            .or(previous);
        if last.is_some_and(|last| last.at == at) {
            return None;
        }
        let now = ReceiverReport {
            at,
            ssrc: after.ssrc,
            lost: after.remote_packets_lost,
            received: after.remote_packets_received,
            sent: sent_by(before, after, samples, at),
        };
        self.reports[which] = Some(now);
        let Some(last) = last else {
            // The first report: taken to be about the interval that is known.
            let sent = growth(sent(before?), sent(after))?;
            return fraction_of(after.remote_fraction_lost?, sent);
        };
        let sent = growth(last.sent, now.sent);
        let Some(lost) = difference(last.lost, now.lost) else {
            return fraction_of(after.remote_fraction_lost?, sent?);
        };
        // The peer knows best how many were due.
        let due = growth(last.received, now.received).map(|received| received + lost.max(0.0));
        let packets = due.or(sent).filter(|packets| *packets > 0.0)?;
        Some(Expected {
            lost: lost.min(packets),
            packets,
        })
    }
}

/// Whether frames come, and not only the black ones of a camera that is off.
pub(crate) fn is_visible(video: &StreamStats) -> Option<bool> {
    let rate = video.frames_per_second?;
    let is_black = video
        .bitrate
        .is_some_and(|bits| rate <= BLACK_RATE && bits / 8.0 <= BLACK_BYTES * rate.max(1.0));
    Some(rate > 0.0 && !is_black)
}

/// What an inbound stream's own counters say.
fn received([before, after]: [&Option<StreamSample>; 2]) -> Option<Expected> {
    let after = after.as_ref()?;
    let before = before.as_ref().filter(|before| before.ssrc == after.ssrc)?;
    let lost = difference(before.packets_lost, after.packets_lost)?;
    // `packetsReceived` counts retransmissions, and each came in place of a lost packet.
    let retransmitted = growth(before.retransmitted_packets, after.retransmitted_packets);
    let received = growth(before.packets, after.packets)? - retransmitted.unwrap_or(0.0);
    Some(Expected {
        lost,
        packets: (received.max(0.0) + lost).max(0.0),
    })
}

/// Packets sent, retransmissions left out.
fn sent(stream: &StreamSample) -> Option<f64> {
    Some(stream.packets? - stream.retransmitted_packets.unwrap_or(0.0))
}

/// The same by a moment (in milliseconds) between two samples, or before them at the same
/// rate.
fn sent_by(
    before: Option<&StreamSample>,
    after: &StreamSample,
    samples: [&Sample; 2],
    at: f64,
) -> Option<f64> {
    let now = sent(after)?;
    let Some(then) = before.and_then(sent) else {
        return Some(now);
    };
    let (from, until) = (samples[0].at?, samples[1].at?);
    let part = ((at / 1_000.0 - from) / (until - from)).min(1.0);
    Some((then + (now - then) * part).max(0.0))
}

fn fraction_of(lost: f64, packets: f64) -> Option<Expected> {
    (packets > 0.0).then_some(Expected {
        lost: lost * packets,
        packets,
    })
}

/// Unlike [`growth`], of a counter that may go down.
fn difference(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    Some(after? - before?).filter(|difference| difference.is_finite())
}

fn sum(expected: [Option<Expected>; 2]) -> Expected {
    expected
        .into_iter()
        .flatten()
        .fold(Expected::default(), |sum, one| Expected {
            lost: sum.lost + one.lost,
            packets: sum.packets + one.packets,
        })
}
