//! From two readings of `getStats`, a second or so apart, to the numbers of the
//! interval between them.
//!
//! The browser counts since the beginning of time (webrtc-stats, section 6);
//! people want to know about now. Whatever cannot be known (a counter is missing
//! or went back, no time has passed) is `None`: unknown, never a wrong number.

use std::time::Duration;

/// What one `getStats` said, in its own units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The report's time, since any fixed moment.
    pub at: Duration,
    /// Sound that arrives: `inbound-rtp` of kind `audio`.
    pub audio_in: Option<Inbound>,
    /// Picture that arrives.
    pub video_in: Option<Inbound>,
    /// Sound that leaves: `outbound-rtp` of kind `audio`.
    pub audio_out: Option<Outbound>,
    /// Picture that leaves.
    pub video_out: Option<Outbound>,
    /// The nominated `candidate-pair`.
    pub route: Option<Route>,
}

/// One `inbound-rtp`. Counters are as the browser gives them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inbound {
    /// Which stream; another one begins its counters anew.
    pub ssrc: Option<f64>,
    /// `bytesReceived`.
    pub bytes: Option<f64>,
    /// `packetsReceived`.
    pub packets: Option<f64>,
    /// `packetsLost`; may go down when late packets come.
    pub lost: Option<f64>,
    /// `jitter`, in seconds.
    pub jitter: Option<f64>,
    /// `framesDecoded`.
    pub frames: Option<f64>,
    /// `frameWidth` and `frameHeight`, in pixels.
    pub resolution: Option<(u32, u32)>,
    /// `mimeType` of the `codec`, without its kind: `VP8`, `opus`.
    pub codec: Option<String>,
}

/// One `outbound-rtp`, with what the peer reports of it (`remote-inbound-rtp`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbound {
    /// Which stream; another one begins its counters anew.
    pub ssrc: Option<f64>,
    /// `bytesSent`.
    pub bytes: Option<f64>,
    /// `framesEncoded`.
    pub frames: Option<f64>,
    /// `frameWidth` and `frameHeight`, in pixels.
    pub resolution: Option<(u32, u32)>,
    /// `mimeType` of the `codec`, without its kind.
    pub codec: Option<String>,
}

/// The `candidate-pair` in use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// Its id; another pair begins its counters anew.
    pub id: String,
    /// `currentRoundTripTime`, in seconds.
    pub current_round_trip: Option<f64>,
    /// `totalRoundTripTime`, in seconds.
    pub total_round_trip: Option<f64>,
    /// `responsesReceived`.
    pub responses: Option<f64>,
    /// Whether either end's candidate is of type `relay`.
    pub relayed: Option<bool>,
    /// `protocol` of the local candidate: `udp` or `tcp`.
    pub protocol: Option<String>,
}

/// The numbers of one interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    /// Sound that arrives.
    pub audio_in: Option<Incoming>,
    /// Picture that arrives.
    pub video_in: Option<Incoming>,
    /// Sound that leaves.
    pub audio_out: Option<Outgoing>,
    /// Picture that leaves.
    pub video_out: Option<Outgoing>,
    /// There and back over the route in use.
    pub round_trip: Option<Duration>,
    /// Whether a TURN server carries the media.
    pub relayed: Option<bool>,
    /// `udp` or `tcp`.
    pub protocol: Option<String>,
}

/// One stream that arrives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incoming {
    /// Bits a second.
    pub bitrate: Option<f64>,
    /// Lost packets out of those that should have come, 0 to 1.
    pub loss: Option<f64>,
    /// Variation of the packets' delay.
    pub jitter: Option<Duration>,
    /// Pictures a second.
    pub frame_rate: Option<f64>,
    /// Width and height in pixels.
    pub resolution: Option<(u32, u32)>,
    /// `VP8`, `opus`.
    pub codec: Option<String>,
}

/// One stream that leaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outgoing {
    /// Bits a second.
    pub bitrate: Option<f64>,
    /// Pictures a second.
    pub frame_rate: Option<f64>,
    /// Width and height in pixels.
    pub resolution: Option<(u32, u32)>,
    /// `VP8`, `opus`.
    pub codec: Option<String>,
}

impl Quality {
    /// The interval between two samples of one connection, `before` the older.
    pub fn between(before: &Sample, after: &Sample) -> Self {
        let seconds = after.at.saturating_sub(before.at).as_secs_f64();
        let incoming = |before: &Option<Inbound>, after: &Option<Inbound>| {
            after
                .as_ref()
                .map(|after| Incoming::between(before.as_ref(), after, seconds))
        };
        let outgoing = |before: &Option<Outbound>, after: &Option<Outbound>| {
            after
                .as_ref()
                .map(|after| Outgoing::between(before.as_ref(), after, seconds))
        };
        let route = after.route.as_ref();
        Self {
            audio_in: incoming(&before.audio_in, &after.audio_in),
            video_in: incoming(&before.video_in, &after.video_in),
            audio_out: outgoing(&before.audio_out, &after.audio_out),
            video_out: outgoing(&before.video_out, &after.video_out),
            round_trip: route.and_then(|route| round_trip(before.route.as_ref(), route)),
            relayed: route.and_then(|route| route.relayed),
            protocol: route.and_then(|route| route.protocol.clone()),
        }
    }

    /// Bits a second that arrive, sound and picture together.
    pub fn bitrate_in(&self) -> Option<f64> {
        sum([&self.audio_in, &self.video_in].map(|s| s.as_ref().map(|s| s.bitrate)))
    }

    /// Bits a second that leave, sound and picture together.
    pub fn bitrate_out(&self) -> Option<f64> {
        sum([&self.audio_out, &self.video_out].map(|s| s.as_ref().map(|s| s.bitrate)))
    }
}

impl Incoming {
    fn between(before: Option<&Inbound>, after: &Inbound, seconds: f64) -> Self {
        let before = before.filter(|before| before.ssrc == after.ssrc);
        let per_second = |count: fn(&Inbound) -> Option<f64>| {
            rate(before.and_then(count), count(after), seconds)
        };
        Self {
            bitrate: per_second(|s| s.bytes).map(|bytes| bytes * 8.0),
            loss: before.and_then(|before| loss(before, after)),
            jitter: after.jitter.and_then(duration),
            frame_rate: per_second(|s| s.frames),
            resolution: after.resolution,
            codec: after.codec.clone(),
        }
    }
}

impl Outgoing {
    fn between(before: Option<&Outbound>, after: &Outbound, seconds: f64) -> Self {
        let before = before.filter(|before| before.ssrc == after.ssrc);
        let per_second = |count: fn(&Outbound) -> Option<f64>| {
            rate(before.and_then(count), count(after), seconds)
        };
        Self {
            bitrate: per_second(|s| s.bytes).map(|bytes| bytes * 8.0),
            frame_rate: per_second(|s| s.frames),
            resolution: after.resolution,
            codec: after.codec.clone(),
        }
    }
}

/// How much a counter grew; unknown if it is missing, odd, or went back.
fn growth(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    let growth = after? - before?;
    (growth.is_finite() && growth >= 0.0).then_some(growth)
}

fn rate(before: Option<f64>, after: Option<f64>, seconds: f64) -> Option<f64> {
    let rate = growth(before, after)? / seconds;
    rate.is_finite().then_some(rate)
}

/// Lost packets of the interval. When late packets come in, the browser takes
/// them off its count; such an interval lost nothing.
fn loss(before: &Inbound, after: &Inbound) -> Option<f64> {
    let lost = (after.lost? - before.lost?).max(0.0);
    let expected = lost + growth(before.packets, after.packets)?;
    let share = lost / expected;
    share.is_finite().then_some(share)
}

/// The mean of the interval's answers; without any, the last one known.
fn round_trip(before: Option<&Route>, after: &Route) -> Option<Duration> {
    let mean = before
        .filter(|before| before.id == after.id)
        .and_then(|before| {
            rate(
                before.total_round_trip,
                after.total_round_trip,
                growth(before.responses, after.responses)?,
            )
        });
    duration(mean.or(after.current_round_trip)?)
}

fn duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// The sum of those streams that are there; unknown if one of them is.
fn sum(streams: [Option<Option<f64>>; 2]) -> Option<f64> {
    let mut there = streams.into_iter().flatten().peekable();
    there.peek()?;
    there.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: u64, bytes: f64, packets: f64, lost: f64) -> Sample {
        Sample {
            at: Duration::from_secs(at),
            video_in: Some(Inbound {
                ssrc: Some(1.0),
                bytes: Some(bytes),
                packets: Some(packets),
                lost: Some(lost),
                frames: Some(packets / 4.0),
                ..Inbound::default()
            }),
            ..Sample::default()
        }
    }

    fn video(before: &Sample, after: &Sample) -> Incoming {
        Quality::between(before, after).video_in.unwrap()
    }

    #[test]
    fn numbers_are_of_the_interval_not_of_all_time() {
        let before = sample(100, 1_000_000.0, 10_000.0, 5_000.0);
        let after = sample(102, 1_250_000.0, 10_240.0, 5_010.0);
        let video = video(&before, &after);
        assert_eq!(video.bitrate, Some(1_000_000.0));
        assert_eq!(video.loss, Some(10.0 / 250.0));
        assert_eq!(video.frame_rate, Some(30.0));
    }

    #[test]
    fn a_counter_that_goes_back_is_unknown() {
        let video = video(&sample(1, 9_000.0, 90.0, 0.0), &sample(2, 100.0, 1.0, 0.0));
        assert_eq!(
            (video.bitrate, video.loss, video.frame_rate),
            (None, None, None)
        );
    }

    #[test]
    fn another_stream_is_not_compared_with_the_old_one() {
        let before = sample(1, 0.0, 0.0, 0.0);
        let mut after = sample(2, 100.0, 1.0, 0.0);
        after.video_in.as_mut().unwrap().ssrc = Some(2.0);
        assert_eq!(video(&before, &after).bitrate, None);
    }

    #[test]
    fn no_time_and_odd_numbers_are_unknown() {
        let same = sample(1, 5.0, 5.0, 0.0);
        assert_eq!(video(&same, &same).bitrate, None);
        assert_eq!(video(&same, &same).loss, None, "no packet was expected");
        let odd = sample(2, f64::NAN, f64::INFINITY, f64::NAN);
        let video = video(&same, &odd);
        assert_eq!((video.bitrate, video.loss), (None, None));
    }

    #[test]
    fn late_packets_are_no_loss() {
        let before = sample(1, 0.0, 100.0, 10.0);
        let after = sample(2, 0.0, 200.0, 8.0);
        assert_eq!(video(&before, &after).loss, Some(0.0));
    }

    #[test]
    fn round_trip_is_the_mean_of_the_interval_on_one_route() {
        let with = |id: &str, total: f64, responses: f64| Sample {
            route: Some(Route {
                id: id.into(),
                current_round_trip: Some(0.5),
                total_round_trip: Some(total),
                responses: Some(responses),
                ..Route::default()
            }),
            ..Sample::default()
        };
        let round_trip =
            |before: &Sample, after: &Sample| Quality::between(before, after).round_trip;
        let half_second = Some(Duration::from_millis(500));
        let mean = round_trip(&with("a", 1.0, 10.0), &with("a", 1.25, 12.0));
        assert_eq!(mean, Some(Duration::from_millis(125)));
        assert_eq!(
            round_trip(&with("a", 1.0, 10.0), &with("b", 1.2, 12.0)),
            half_second
        );
        assert_eq!(
            round_trip(&with("a", 1.0, 10.0), &with("a", 1.0, 10.0)),
            half_second
        );
    }

    #[test]
    fn sums_are_unknown_when_a_part_is() {
        assert_eq!(sum([Some(Some(1.0)), Some(Some(2.0))]), Some(3.0));
        assert_eq!(sum([Some(Some(1.0)), None]), Some(1.0));
        assert_eq!(sum([Some(Some(1.0)), Some(None)]), None);
        assert_eq!(sum([None, None]), None);
    }
}
