//! How fast files may go, so that sound and picture do not suffer.
//!
//! SCTP fills whatever buffer a path has until packets are lost, and no browser lets a data channel
//! yield to media: its `priority` orders the channels among themselves. So a file stays below what
//! makes packets wait, by what the media say of the path each second: after LEDBAT (RFC 6817), whose
//! target of 100 ms is taken over.

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_sansio::Now;

/// What the media say of the path in the last second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PathSample {
    /// Round-trip time in seconds.
    pub round_trip_time: Option<f64>,
    /// Of the packets that were sent, 0 to 1.
    pub fraction_lost: Option<f64>,
    /// What the congestion control of the media thinks that the path carries, in bits a second.
    pub estimate: Option<f64>,
    /// What the media send, with all headers, in bits a second.
    pub media: Option<f64>,
}

/// Longer than on an empty path by so much, in seconds, packets wait behind ours.
const TARGET: f64 = 0.1;
/// More than that is no noise.
const LOST: f64 = 0.04;
/// The media's estimate has fallen below so much of what it was.
const FALLEN: f64 = 0.5;
/// Of the estimate the media send so much, and are held back by it. libwebrtc lets no estimate grow past
/// one and a half times of what is sent: that of sound alone stays there, whatever the path carries.
const FILLED: f64 = 0.8;
/// Seconds that the shortest round-trip time and the highest estimate are remembered.
const REMEMBERED: usize = 60;
/// On a path this short there is nothing to be filled, in seconds.
const LOCAL: f64 = 0.008;

/// Bytes a second: what a file may have in any case, and what it begins with.
const LEAST: f64 = 128_000.0;
const FIRST: f64 = 500_000.0;
/// Of what has once gone without harm so much may go in any case: a device that is busy itself makes
/// packets wait, too, and no file is the cause of that.
const SHARE: f64 = 0.25;
/// Seconds of yielding in vain, down to the least, after which a file falls silent: whether packets wait
/// without it, too.
const IN_VAIN: i32 = 4;
/// Seconds of silence at most, for a report that is about it.
const SILENCE: u32 = 7;
/// Seconds until it falls silent again, where that was of no use.
const PATIENCE: i32 = 60;
/// Beyond that nothing is paced.
const MOST: f64 = 100_000_000.0;

/// Sent at once after a pause.
const BURST: Duration = Duration::from_millis(50);

#[derive(Clone, Debug)]
pub(crate) struct Pace {
    round_trip_times: VecDeque<f64>,
    estimates: VecDeque<f64>,
    /// Bytes a second; `None` for as fast as it goes.
    rate: Option<f64>,
    /// The most bytes a second that went without harm.
    harmless: f64,
    /// The rate was lowered in the last second: what the path says is still about the one before.
    was_lowered: bool,
    /// The path has shown what it carries: from then on the rate grows slowly.
    is_settled: bool,
    /// Microseconds of the clock until which what was sent takes.
    busy_until: u64,
    /// Seconds that it has yielded in vain; negative until it may listen again.
    in_vain: i32,
    /// Nothing is sent, for so many seconds.
    silent: Option<u32>,
    /// What the last report said.
    heard: PathSample,
    /// Bytes since the last sample.
    sent: u64,
    sampled_at: Option<Now>,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            round_trip_times: VecDeque::new(),
            estimates: VecDeque::new(),
            rate: Some(FIRST),
            harmless: 0.0,
            was_lowered: false,
            is_settled: false,
            busy_until: 0,
            in_vain: 0,
            silent: None,
            heard: PathSample::default(),
            sent: 0,
            sampled_at: None,
        }
    }

    /// Another connection: another path.
    pub(crate) fn connect(&mut self) {
        *self = Self::new();
    }

    /// A second has passed.
    pub(crate) fn sample(&mut self, sample: PathSample, now: Now) {
        let before = self.sampled_at.replace(now);
        let seconds = before.map_or(1.0, |before| now.since(before).as_secs_f64().max(0.1));
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
        let sent = std::mem::take(&mut self.sent) as f64 / seconds;
        let time = sample.round_trip_time;
        self.round_trip_times.extend(time);
        self.estimates.extend(sample.estimate);
        for values in [&mut self.round_trip_times, &mut self.estimates] {
            if values.len() > REMEMBERED {
                values.pop_front();
            }
        }
        let highest = self.estimates.iter().copied().reduce(f64::max);
        let has_fallen = sample.estimate.zip(highest).is_some_and(|(now, most)| {
            let is_filled = sample.media.is_none_or(|media| media > now * FILLED);
            now < most * FALLEN && is_filled
        });
        let shortest = self.round_trip_times.iter().copied().reduce(f64::min);
        let waits = time
            .zip(shortest)
            .is_some_and(|(now, least)| now > least + TARGET);
        let is_lossy = sample.fraction_lost.is_some_and(|it| it > LOST);
        let suffers = waits || has_fallen || is_lossy;
        // The peer reports every few seconds only where there is nothing but sound (RFC 3550, section
        // 6.2), and a path is checked as seldom: what is the same to the last digit was heard already,
        // whatever else is new.
        let heard = std::mem::replace(&mut self.heard, sample);
        let is_new_time = heard.round_trip_time != time;
        let is_news = waits && is_new_time
            || has_fallen && heard.estimate != sample.estimate
            || is_lossy && heard.fraction_lost != sample.fraction_lost;
        let was_lowered = std::mem::replace(&mut self.was_lowered, false);
        if !suffers {
            self.harmless = self.harmless.max(sent);
        }
        if let Some(seconds) = self.silent {
            return self.listen(
                seconds,
                sent < 1.0 && is_new_time,
                waits.then_some(time).flatten(),
                now,
            );
        }
        let floor = LEAST.max(self.harmless * SHARE);
        if self.in_vain < 0 || waits && sent >= 1.0 && self.rate.is_some_and(|it| it <= floor) {
            self.in_vain += 1;
        } else {
            self.in_vain = 0;
        }
        if self.in_vain == IN_VAIN {
            self.silent = Some(0);
            return self.hold(now);
        }
        if sent < 1.0 {
            // Nothing of ours is on the path: what it says is not about us.
            let is_local = shortest.is_some_and(|least| least < LOCAL);
            if is_local && !self.is_settled && !suffers {
                self.rate = None;
            }
        } else if suffers && (was_lowered || !is_news) {
            // Heard already.
        } else if suffers {
            self.is_settled = true;
            self.was_lowered = true;
            let rate = self.rate.map_or(sent, |rate| rate.min(sent * 1.5));
            self.rate = Some((rate * 0.7).max(floor));
        } else if let Some(rate) = self.rate
            // Only who uses what there is may have more.
            && sent > rate * 0.6
        {
            let grown = rate * if self.is_settled { 1.25 } else { 2.0 };
            self.rate = (grown < MOST).then_some(grown);
        }
    }

    /// A second of silence has passed; a report that is about nothing but it may have come, and packets
    /// that wait all the same take that time.
    fn listen(&mut self, seconds: u32, is_about_it: bool, waits: Option<f64>, now: Now) {
        if let (true, Some(time)) = (is_about_it, waits) {
            // No file is the cause: that is what the path is like now.
            self.round_trip_times = VecDeque::from([time]);
            self.is_settled = false;
            self.was_lowered = false;
            (self.silent, self.in_vain) = (None, 0);
        } else if is_about_it || seconds >= SILENCE {
            (self.silent, self.in_vain) = (None, -PATIENCE);
        } else {
            self.silent = Some(seconds + 1);
            self.hold(now);
        }
    }

    /// Nothing goes before the next sample.
    fn hold(&mut self, now: Now) {
        self.busy_until = (now.as_millis() + 1_200) * 1000;
    }

    /// Bytes a second that may go.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and bounded"
    )]
    pub(crate) fn rate(&self) -> Option<u64> {
        self.rate.map(|rate| rate as u64)
    }

    /// When the next message may go.
    pub(crate) fn next_at(&self) -> Now {
        self.rate
            .map_or(Now::ZERO, |_| Now::from_millis(self.busy_until / 1000))
    }

    /// So many bytes go now.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "small and positive"
    )]
    pub(crate) fn take(&mut self, bytes: u64, now: Now) {
        self.sent += bytes;
        if let Some(rate) = self.rate {
            let micros = (bytes as f64 * 1e6 / rate) as u64;
            let earliest = (now.as_millis() * 1000).saturating_sub(BURST.as_micros() as u64);
            self.busy_until = self.busy_until.max(earliest) + micros;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: PathSample = PathSample {
        round_trip_time: Some(0.02),
        fraction_lost: Some(0.0),
        estimate: Some(1e6),
        media: Some(4e5),
    };
    const ILL: PathSample = PathSample {
        round_trip_time: Some(0.3),
        ..WELL
    };

    /// A second in which as much goes as may.
    fn second(pace: &mut Pace, sample: PathSample, at: u64) {
        pace.take(
            pace.rate().unwrap_or(50_000_000),
            Now::from_millis(at * 1000),
        );
        pace.sample(sample, Now::from_millis(at * 1000 + 1000));
    }

    #[test]
    fn it_yields_when_packets_wait_and_comes_back() {
        let mut pace = Pace::new();
        pace.sample(WELL, Now::ZERO);
        (1..4).for_each(|at| second(&mut pace, WELL, at));
        let before = pace.rate().expect("no local path");
        assert!(before >= 2_000_000, "{before}");
        let ill = |at: u64| PathSample {
            round_trip_time: ILL.round_trip_time.map(|it| it + at as f64 / 1000.0),
            ..ILL
        };
        (4..8).for_each(|at| second(&mut pace, ill(at), at));
        let low = pace.rate().expect("it is paced");
        assert!(low < before / 2, "{low}");
        (8..16).for_each(|at| second(&mut pace, WELL, at));
        assert!(pace.rate().is_none_or(|rate| rate > before));
    }

    #[test]
    fn the_same_report_lowers_it_once() {
        let mut pace = Pace::new();
        pace.sample(WELL, Now::ZERO);
        (1..4).for_each(|at| second(&mut pace, WELL, at));
        second(&mut pace, ILL, 4);
        let once = pace.rate().expect("it is paced");
        (5..9).for_each(|at| {
            let estimate = Some(at as f64 * 1e6);
            second(&mut pace, PathSample { estimate, ..ILL }, at);
        });
        assert_eq!(pace.rate(), Some(once));
    }

    #[test]
    fn a_device_that_is_busy_itself_stops_no_file() {
        let mut pace = Pace::new();
        pace.sample(
            PathSample {
                round_trip_time: Some(0.001),
                ..WELL
            },
            Now::ZERO,
        );
        assert_eq!(pace.rate(), None);
        let local = PathSample {
            round_trip_time: Some(0.001),
            ..WELL
        };
        second(&mut pace, local, 1);
        (2..60).for_each(|at| second(&mut pace, ILL, at));
        assert!(pace.rate().is_some_and(|rate| rate >= 6_000_000));
    }

    /// Bytes that go in so many seconds over a path whose packets wait as `round_trip` says of what was
    /// sent in the second before.
    fn goes(seconds: u64, round_trip: impl Fn(u64) -> f64) -> u64 {
        let mut pace = Pace::new();
        pace.sample(WELL, Now::ZERO);
        let (mut all, mut last) = (0, 0);
        for at in 1..=seconds {
            let start = Now::from_millis(at * 1000);
            let sent = match pace.rate() {
                Some(rate) if pace.next_at() <= start => rate,
                Some(_) => 0,
                None => 50_000_000,
            };
            pace.take(sent, start);
            all += sent;
            #[allow(clippy::cast_precision_loss, reason = "some seconds")]
            let noise = at as f64 / 1000.0;
            let sample = PathSample {
                round_trip_time: Some(round_trip(last.max(sent)) + noise),
                ..WELL
            };
            last = sent;
            pace.sample(sample, Now::from_millis(at * 1000 + 1000));
        }
        all
    }

    #[test]
    fn packets_that_wait_without_it_stop_no_file() {
        // A machine that others keep busy from the first second on.
        let all = goes(60, |_| 0.3);
        assert!(all > 64 << 20, "{all}");
    }

    #[test]
    fn packets_that_wait_because_of_it_slow_a_file() {
        let all = goes(120, |sent| if sent > 0 { 0.3 } else { 0.02 });
        assert!(all < 20_000_000, "{all}");
    }

    #[test]
    fn an_estimate_that_the_media_do_not_fill_is_none() {
        let mut pace = Pace::new();
        pace.sample(WELL, Now::ZERO);
        let unfilled = PathSample {
            estimate: Some(1.4e5),
            media: Some(9e4),
            ..WELL
        };
        (1..4).for_each(|at| second(&mut pace, unfilled, at));
        assert!(pace.rate().is_none_or(|rate| rate >= 2_000_000));
    }

    #[test]
    fn an_estimate_that_falls_and_packets_that_are_lost_are_heard() {
        let fallen = PathSample {
            estimate: Some(4e5),
            ..WELL
        };
        let lost = PathSample {
            fraction_lost: Some(0.1),
            ..WELL
        };
        for ill in [fallen, lost] {
            let mut pace = Pace::new();
            pace.sample(WELL, Now::ZERO);
            (1..4).for_each(|at| second(&mut pace, WELL, at));
            let before = pace.rate();
            second(&mut pace, ill, 4);
            assert!(pace.rate() < before);
        }
    }
}
