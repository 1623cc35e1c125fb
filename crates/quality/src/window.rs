//! The last seconds, one by one: what has stopped, what a picture's rate is while it flows,
//! and what was lost of enough packets.
//!
//! A mean over some seconds would run through every grade when somebody turns the camera
//! off, and one over few packets would call a lost one a catastrophe.

use std::collections::VecDeque;

use crate::history::HISTORY_SECONDS;
use crate::interval::{IntervalStats, StreamStats, growth, is_fresh};
use crate::sample::{Counter, Sample, StreamSample};

/// Over how many seconds a call is judged: long enough for some hundred packets where
/// somebody speaks, short enough to notice.
pub(crate) const WINDOW: usize = 8;
/// A loss is one of at least so many packets. Where nobody speaks four come in a second,
/// and it takes longer than [`WINDOW`].
const PACKETS: f64 = 100.0;
/// So many seconds without a packet, and a stream has stopped.
const STOPPED: usize = 2;
/// With the camera off Firefox (seen in 153) sends a black picture a second, in one packet.
/// At most so many pictures a second …
const BLACK_RATE: f64 = 2.0;
/// … of at most so many bytes are none.
const BLACK_BYTES: f64 = 1_500.0;

/// Packets that were due for the first time, and how many of them were lost. What was
/// taken for lost and comes late is less than none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Due {
    lost: f64,
    all: f64,
}

/// What an interval adds.
#[derive(Clone, Copy, Debug, Default)]
struct Second {
    /// Its length.
    seconds: f64,
    /// Packets of sound came.
    sound: Option<bool>,
    /// Packets of picture came.
    picture: Option<bool>,
    /// Pictures came.
    seen: Option<bool>,
    /// Pictures decoded, and seconds that they stood still, while they flow.
    shown: Option<(f64, f64)>,
    /// Pictures encoded, while the camera is on.
    encoded: Option<f64>,
    due_in: Due,
    due_out: Due,
}

/// What the peer reported last of a stream that leaves.
#[derive(Clone, Copy, Debug)]
struct Heard {
    at: f64,
    ssrc: Option<f64>,
    lost: Option<f64>,
    received: Option<f64>,
    /// What had left by then.
    sent: Option<f64>,
}

/// The last two minutes of one way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    seconds: VecDeque<Second>,
    heard: [Option<Heard>; 2],
    is_fresh: bool,
    camera_was_off: bool,
}

impl Window {
    /// One more interval.
    pub(crate) fn add(&mut self, before: &Sample, after: &Sample, quality: &IntervalStats) {
        let Some(seconds) = growth(before.at, after.at).filter(|seconds| *seconds > 0.0) else {
            return;
        };
        let came = |flow: &Option<StreamStats>| Some(flow.as_ref()?.packet_rate? > 0.0);
        let picture = came(&quality.inbound_video);
        let last = self.seconds.back().copied().unwrap_or_default();
        // What is left of a second in which it stopped, or in which it comes back after
        // that, says nothing of a rate.
        let flows = picture == Some(true)
            && last.picture.is_some()
            && self.stopped(|second| second.seen) != Some(true);
        let shown = quality.inbound_video.as_ref().filter(|_| flows);
        let outs = [&after.outbound_audio, &after.outbound_video];
        let due_out = [
            self.reported(0, [&before.outbound_audio, outs[0]], [before, after]),
            self.reported(1, [&before.outbound_video, outs[1]], [before, after]),
        ];
        self.is_fresh = outs
            .into_iter()
            .flatten()
            .any(|stream| is_fresh(stream, after));
        let camera_on = !after.camera_off && !self.camera_was_off;
        self.camera_was_off = after.camera_off;
        let leaves = quality.outbound_video.as_ref().filter(|_| camera_on);
        if self.seconds.len() == HISTORY_SECONDS {
            self.seconds.pop_front();
        }
        self.seconds.push_back(Second {
            seconds,
            sound: came(&quality.inbound_audio),
            picture,
            seen: quality.inbound_video.as_ref().and_then(is_seen),
            shown: shown.and_then(|picture| {
                Some((
                    picture.frames_per_second? * seconds,
                    picture.freeze_duration.unwrap_or(0.0),
                ))
            }),
            encoded: leaves.and_then(|picture| Some(picture.frames_per_second? * seconds)),
            due_in: sum([
                due([&before.inbound_audio, &after.inbound_audio]),
                due([&before.inbound_video, &after.inbound_video]),
            ]),
            due_out: sum(due_out),
        });
    }

    /// Nothing comes any more of what this tells; unknown before it is known of enough
    /// seconds.
    fn stopped(&self, came: fn(&Second) -> Option<bool>) -> Option<bool> {
        let last = || self.seconds.iter().rev().take(STOPPED).map(came);
        if last().any(|came| came == Some(true)) {
            return Some(false);
        }
        let all = self.seconds.len() >= STOPPED && last().all(|came| came == Some(false));
        all.then_some(true)
    }

    /// Whether sound, and whether packets of a picture, have stopped.
    pub(crate) fn silence(&self) -> [Option<bool>; 2] {
        [
            self.stopped(|second| second.sound),
            self.stopped(|second| second.picture),
        ]
    }

    /// Whether there is no picture any more.
    pub(crate) fn no_picture(&self) -> bool {
        self.stopped(|second| second.seen) == Some(true)
    }

    /// Pictures a second while they flow, and the share of the time that they stood still.
    pub(crate) fn shown(&self) -> Option<(f64, f64)> {
        let flowing = self.window().filter_map(|second| {
            let (frames, frozen) = second.shown?;
            Some((second.seconds, frames, frozen))
        });
        let (seconds, frames, frozen) = flowing.fold((0.0, 0.0, 0.0), |sum, one| {
            (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2)
        });
        (seconds > 0.0).then(|| (frames / seconds, (frozen / seconds).min(1.0)))
    }

    /// Pictures a second that leave while the camera is on.
    pub(crate) fn encoded(&self) -> Option<f64> {
        let known = self
            .window()
            .filter_map(|second| Some((second.seconds, second.encoded?)));
        let (seconds, frames) = known.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (seconds > 0.0).then(|| frames / seconds)
    }

    /// The share of what should have come that was lost.
    pub(crate) fn lost_in(&self) -> Option<f64> {
        self.lost(|second| second.due_in)
    }

    /// The same of what left, if the peer has told of it lately.
    pub(crate) fn lost_out(&self) -> Option<f64> {
        self.lost(|second| second.due_out).filter(|_| self.is_fresh)
    }

    fn lost(&self, due: fn(&Second) -> Due) -> Option<f64> {
        let mut sum = Due::default();
        for (number, second) in self.seconds.iter().rev().enumerate() {
            if number >= WINDOW && sum.all >= PACKETS {
                break;
            }
            let due = due(second);
            sum.lost += due.lost;
            sum.all += due.all;
        }
        // Before there were so many, one lost is no larger share than it would be of them.
        (sum.all > 0.0).then(|| (sum.lost.max(0.0) / sum.all.max(PACKETS)).min(1.0))
    }

    fn window(&self) -> impl Iterator<Item = &Second> {
        self.seconds.iter().rev().take(WINDOW)
    }

    /// What a report that has come since the sample before tells, of what left since the
    /// report before it.
    fn reported(
        &mut self,
        which: usize,
        streams: [&Option<StreamSample>; 2],
        samples: [&Sample; 2],
    ) -> Option<Due> {
        let after = streams[1].as_ref()?;
        let before = streams[0]
            .as_ref()
            .filter(|before| before.ssrc == after.ssrc);
        let at = after.remote_timestamp?;
        // Before the first there is the one that stood in the sample before.
        let stood = before.and_then(|before| {
            let stood_at = before.remote_timestamp.filter(|before| *before != at)?;
            Some(Heard {
                at: stood_at,
                ssrc: before.ssrc,
                lost: before.remote_packets_lost,
                received: before.remote_packets_received,
                sent: sent_by(Some(before), after, samples, stood_at),
            })
        });
        let last = self.heard[which]
            .filter(|last| last.ssrc == after.ssrc)
            .or(stood);
        if last.is_some_and(|last| last.at == at) {
            return None;
        }
        let now = Heard {
            at,
            ssrc: after.ssrc,
            lost: after.remote_packets_lost,
            received: after.remote_packets_received,
            sent: sent_by(before, after, samples, at),
        };
        self.heard[which] = Some(now);
        let Some(last) = last else {
            // The first one: for the second that is known.
            return share(
                after.remote_fraction_lost?,
                growth(sent(before?), sent(after))?,
            );
        };
        let all = growth(last.sent, now.sent);
        let Some(lost) = difference(last.lost, now.lost) else {
            return share(after.remote_fraction_lost?, all?);
        };
        // It knows best how many were due.
        let due = growth(last.received, now.received).map(|received| received + lost.max(0.0));
        let all = due.or(all).filter(|all| *all > 0.0)?;
        Some(Due {
            lost: lost.min(all),
            all,
        })
    }
}

/// Pictures come, and not only black ones for a camera that is off.
pub(crate) fn is_seen(picture: &StreamStats) -> Option<bool> {
    let rate = picture.frames_per_second?;
    let is_black = picture
        .bitrate
        .is_some_and(|bits| rate <= BLACK_RATE && bits / 8.0 <= BLACK_BYTES * rate.max(1.0));
    Some(rate > 0.0 && !is_black)
}

/// Packets of a stream that came for the first time, and those that did not.
fn due([before, after]: [&Option<StreamSample>; 2]) -> Option<Due> {
    let after = after.as_ref()?;
    let before = before.as_ref().filter(|before| before.ssrc == after.ssrc)?;
    let grown = |counter| growth(before.count(counter), after.count(counter));
    let lost = difference(before.count(Counter::Lost), after.count(Counter::Lost))?;
    // What came again is counted as received, in the place of a lost one.
    let came = (grown(Counter::Packets)? - grown(Counter::Again).unwrap_or(0.0)).max(0.0);
    Some(Due {
        lost,
        all: (came + lost).max(0.0),
    })
}

/// Packets that left for the first time.
fn sent(stream: &StreamSample) -> Option<f64> {
    let again = stream.count(Counter::Again).unwrap_or(0.0);
    Some(stream.count(Counter::Packets)? - again)
}

/// The same, by a moment (in the browser's milliseconds) between two samples, or before
/// them at the same rate.
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
    let share = ((at / 1_000.0 - from) / (until - from)).min(1.0);
    Some((then + (now - then) * share).max(0.0))
}

fn share(lost: f64, all: f64) -> Option<Due> {
    (all > 0.0).then_some(Due {
        lost: lost * all,
        all,
    })
}

fn difference(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    Some(after? - before?).filter(|difference| difference.is_finite())
}

fn sum(due: [Option<Due>; 2]) -> Due {
    due.into_iter()
        .flatten()
        .fold(Due::default(), |sum, one| Due {
            lost: sum.lost + one.lost,
            all: sum.all + one.all,
        })
}
