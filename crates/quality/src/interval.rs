//! The numbers of the interval between two samples.

use serde::Serialize;

use crate::sample::{CandidatePair, Counter, Sample, StreamSample, TransportSecurity};

/// One stream in one direction, over an interval. Whatever is `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamStats {
    /// Bits of payload a second.
    pub bitrate: Option<f64>,
    /// Packets a second.
    #[serde(rename = "packets")]
    pub packet_rate: Option<f64>,
    /// Share of the packets that were lost, 0 to 1: of those that should have come,
    /// or what the peer's last report says of those that left, if it is none too old.
    #[serde(rename = "loss")]
    pub fraction_lost: Option<f64>,
    /// When the peer told so of what left: in milliseconds, by the browser's clock.
    #[serde(rename = "reported")]
    pub remote_timestamp: Option<f64>,
    /// Variation of the packets' delay, in seconds.
    pub jitter: Option<f64>,
    /// How long what was played waited in the jitter buffer, in seconds.
    #[serde(rename = "waited")]
    pub jitter_buffer_delay: Option<f64>,
    /// Share of the sound that was made up for what was missing, 0 to 1.
    pub concealed: Option<f64>,
    /// Times that the picture stood still; one counts when it is over.
    #[serde(rename = "freezes")]
    pub freeze_count: Option<f64>,
    /// How long it stood still, in seconds: all of a standstill when it is over, so that it
    /// may be longer than the interval.
    #[serde(rename = "frozen")]
    pub freeze_duration: Option<f64>,
    /// Pictures a second.
    #[serde(rename = "frameRate")]
    pub frames_per_second: Option<f64>,
    /// Pictures a second that were not shown.
    #[serde(rename = "dropped")]
    pub frames_dropped: Option<f64>,
    /// Seconds of work for one picture.
    #[serde(rename = "work")]
    pub coding_time: Option<f64>,
    /// Packets a second that were sent again.
    #[serde(rename = "again")]
    pub retransmitted: Option<f64>,
    /// Requests for packets, a second.
    pub nack: Option<f64>,
    /// Requests for whole pictures.
    pub pli: Option<f64>,
    /// Width and height in pixels.
    pub resolution: Option<(u32, u32)>,
    /// `VP8`, `opus`.
    pub codec: Option<String>,
    /// Whether hardware does the coding.
    #[serde(rename = "hardware")]
    pub power_efficient: Option<bool>,
    /// What holds the encoder back: `none`, `cpu`, `bandwidth` or `other`.
    #[serde(rename = "limitation")]
    pub quality_limitation_reason: Option<String>,
    /// What the encoder aims at, in bits a second.
    #[serde(rename = "target")]
    pub target_bitrate: Option<f64>,
}

/// A number of a stream; what it is says [`StreamStats`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are those of Flow")]
pub enum Metric {
    Bitrate,
    PacketRate,
    FractionLost,
    Jitter,
    JitterBufferDelay,
    Concealed,
    FreezeCount,
    FreezeDuration,
    FramesPerSecond,
    FramesDropped,
    CodingTime,
    Retransmitted,
    Nack,
    Pli,
}

/// Which stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are those of Quality")]
pub enum StreamKind {
    InboundAudio,
    OutboundAudio,
    InboundVideo,
    OutboundVideo,
}

/// The numbers of one interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IntervalStats {
    /// Sound that arrives.
    pub inbound_audio: Option<StreamStats>,
    /// Picture that arrives.
    pub inbound_video: Option<StreamStats>,
    /// Sound that leaves.
    pub outbound_audio: Option<StreamStats>,
    /// Picture that leaves.
    pub outbound_video: Option<StreamStats>,
    /// There and back over the route in use, in seconds.
    pub round_trip_time: Option<f64>,
    /// Bytes that came over the route, a second, whatever they were of.
    pub received_byte_rate: Option<f64>,
    /// Bits a second that all that came takes of the network: media, reports, what was sent
    /// again or to feel the way, with the headers of UDP and IP around it.
    pub total_bitrate_in: Option<f64>,
    /// The same of all that left.
    pub total_bitrate_out: Option<f64>,
    /// The route.
    pub candidate_pair: Option<CandidatePair>,
    /// Sound goes twice (RED, RFC 2198): each packet brings the one before along.
    pub red: bool,
    /// Our camera is off: what a browser sends of it all the same is no picture.
    pub camera_off: bool,
    /// How what flows is protected.
    pub security: TransportSecurity,
}

impl IntervalStats {
    /// The interval between two samples of one connection, `before` the older.
    pub fn between(before: &Sample, after: &Sample) -> Self {
        let seconds = growth(before.at, after.at).unwrap_or(0.0);
        let flow = |before: &Option<StreamSample>, after: &Option<StreamSample>, arrives| {
            let after = after.as_ref()?;
            Some(StreamStats::between(
                before.as_ref(),
                after,
                seconds,
                arrives,
            ))
        };
        let reported = |stream: &Option<StreamSample>, flow: Option<StreamStats>| {
            let is_fresh = stream
                .as_ref()
                .is_some_and(|stream| is_fresh(stream, after));
            flow.map(|flow| StreamStats {
                fraction_lost: flow.fraction_lost.filter(|_| is_fresh),
                ..flow
            })
        };
        let route = after.candidate_pair.as_ref();
        let route_before = before
            .candidate_pair
            .as_ref()
            .filter(|before| route.is_some_and(|after| after.id == before.id));
        let grown = |of: fn(&CandidatePair) -> Option<f64>| {
            ratio(growth(route_before.and_then(of), of(route?))?, seconds)
        };
        let inbound_audio = flow(&before.inbound_audio, &after.inbound_audio, true);
        let inbound_video = flow(&before.inbound_video, &after.inbound_video, true);
        let outbound_audio = reported(
            &after.outbound_audio,
            flow(&before.outbound_audio, &after.outbound_audio, false),
        );
        let outbound_video = reported(
            &after.outbound_video,
            flow(&before.outbound_video, &after.outbound_video, false),
        );
        let header = route.map_or(IPV4 + UDP, headers);
        // Without a count of all packets, that of the media's is nearly as good, and the
        // other way's requests for what was lost, which are some dozen a second on a way
        // that loses much.
        let whole = |bytes: Option<f64>,
                     packets: Option<f64>,
                     flows: [&Option<StreamStats>; 2],
                     other: [&Option<StreamStats>; 2]| {
            let requests = || other.into_iter().flatten().filter_map(|flow| flow.nack);
            let told = || Some(each(flows, |flow| flow.packet_rate)? + requests().sum::<f64>());
            let packets = packets.or_else(told)?;
            Some((bytes? + packets * header) * 8.0)
        };
        let received_byte_rate = grown(|route| route.bytes_received);
        Self {
            // Firefox 140 does not tell it of the route. What the peer reports went there and
            // back as well.
            round_trip_time: route
                .and_then(|route| round_trip(route_before, route))
                .or_else(|| reported_round_trip([&after.outbound_audio, &after.outbound_video])),
            received_byte_rate,
            total_bitrate_in: whole(
                received_byte_rate,
                grown(|route| route.packets_received),
                [&inbound_audio, &inbound_video],
                [&outbound_audio, &outbound_video],
            ),
            total_bitrate_out: whole(
                grown(|route| route.bytes_sent),
                grown(|route| route.packets_sent),
                [&outbound_audio, &outbound_video],
                [&inbound_audio, &inbound_video],
            ),
            inbound_audio,
            inbound_video,
            outbound_audio,
            outbound_video,
            candidate_pair: route.cloned(),
            red: after.red,
            camera_off: after.camera_off,
            security: after.security.clone(),
        }
    }

    /// The share of what arrives that was not there to be heard.
    ///
    /// Of sound that goes twice it is what the browser had to make up, if that is less
    /// than what was lost.
    pub fn missing_in(&self, lost: f64) -> f64 {
        let made_up = self
            .inbound_audio
            .as_ref()
            .and_then(|sound| sound.concealed);
        match made_up {
            Some(made_up) if self.red => lost.min(made_up),
            _ => lost,
        }
    }

    /// The same of what leaves. What the peer had to make up nobody tells: of sound
    /// that goes twice, half of what is lost is taken to be, since losses come in runs.
    pub fn missing_out(&self, lost: f64) -> f64 {
        if self.red { lost / 2.0 } else { lost }
    }

    /// Bits a second that arrive, sound and picture together.
    pub fn bitrate_in(&self) -> Option<f64> {
        each([&self.inbound_audio, &self.inbound_video], |flow| {
            flow.bitrate
        })
    }

    /// Bits a second that leave, sound and picture together.
    pub fn bitrate_out(&self) -> Option<f64> {
        each([&self.outbound_audio, &self.outbound_video], |flow| {
            flow.bitrate
        })
    }
}

impl IntervalStats {
    /// One of its streams.
    pub fn stream(&self, media: StreamKind) -> Option<&StreamStats> {
        match media {
            StreamKind::InboundAudio => &self.inbound_audio,
            StreamKind::OutboundAudio => &self.outbound_audio,
            StreamKind::InboundVideo => &self.inbound_video,
            StreamKind::OutboundVideo => &self.outbound_video,
        }
        .as_ref()
    }
}

impl StreamStats {
    /// One of its numbers.
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::Bitrate => self.bitrate,
            Metric::PacketRate => self.packet_rate,
            Metric::FractionLost => self.fraction_lost,
            Metric::Jitter => self.jitter,
            Metric::JitterBufferDelay => self.jitter_buffer_delay,
            Metric::Concealed => self.concealed,
            Metric::FreezeCount => self.freeze_count,
            Metric::FreezeDuration => self.freeze_duration,
            Metric::FramesPerSecond => self.frames_per_second,
            Metric::FramesDropped => self.frames_dropped,
            Metric::CodingTime => self.coding_time,
            Metric::Retransmitted => self.retransmitted,
            Metric::Nack => self.nack,
            Metric::Pli => self.pli,
        }
    }

    fn between(
        before: Option<&StreamSample>,
        after: &StreamSample,
        seconds: f64,
        arrives: bool,
    ) -> Self {
        use Counter::{
            Again, Bytes, Concealed, Dropped, Emitted, Frames, FreezeTime, Freezes, Nack, Packets,
            Pli, Samples, Waited, Worked,
        };
        let before = before.filter(|before| before.ssrc == after.ssrc);
        let grown = |counter| growth(before?.count(counter), after.count(counter));
        let rate = |counter| ratio(grown(counter)?, seconds);
        let share = |part, of| ratio(grown(part)?, grown(of)?);
        Self {
            bitrate: rate(Bytes).map(|bytes| bytes * 8.0),
            packet_rate: rate(Packets),
            fraction_lost: if arrives {
                before.and_then(|before| loss(before, after))
            } else {
                after.remote_fraction_lost
            },
            remote_timestamp: after.remote_timestamp.filter(|_| !arrives),
            jitter: after.jitter.filter(|jitter| *jitter >= 0.0),
            jitter_buffer_delay: share(Waited, Emitted),
            concealed: share(Concealed, Samples).map(|share| share.min(1.0)),
            freeze_count: grown(Freezes),
            freeze_duration: grown(FreezeTime),
            frames_per_second: rate(Frames),
            frames_dropped: rate(Dropped),
            coding_time: share(Worked, Frames),
            retransmitted: rate(Again),
            nack: rate(Nack),
            pli: grown(Pli),
            resolution: after.resolution,
            codec: after.codec.clone(),
            power_efficient: after.power_efficient,
            quality_limitation_reason: after.quality_limitation_reason.clone(),
            target_bitrate: after.target_bitrate,
        }
    }
}

/// A report of the peer's that is older than this many seconds says nothing of now. Sound's
/// come every five seconds or so, and may come late or be lost.
const OLD: f64 = 10.0;

/// Whether the peer has reported of that stream lately.
pub(crate) fn is_fresh(stream: &StreamSample, now: &Sample) -> bool {
    let age = |reported: f64| now.at.map(|at| at - reported / 1_000.0);
    stream
        .remote_timestamp
        .and_then(age)
        .is_some_and(|age| age <= OLD)
}

/// How much a counter grew; unknown if it is missing, odd, or went back.
pub(crate) fn growth(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    let growth = after? - before?;
    (growth.is_finite() && growth >= 0.0).then_some(growth)
}

pub(crate) fn ratio(part: f64, of: f64) -> Option<f64> {
    let ratio = part / of;
    ratio.is_finite().then_some(ratio)
}

/// Lost packets of the interval. When late packets come in, the browser takes
/// them off its count; such an interval lost nothing. What came again is counted as
/// received (webrtc-stats, section 8.2), and came in the place of a lost one.
fn loss(before: &StreamSample, after: &StreamSample) -> Option<f64> {
    let lost = (after.count(Counter::Lost)? - before.count(Counter::Lost)?).max(0.0);
    let came = growth(
        before.count(Counter::Packets),
        after.count(Counter::Packets),
    )?;
    let again = growth(before.count(Counter::Again), after.count(Counter::Again));
    ratio(lost, lost + (came - again.unwrap_or(0.0)).max(0.0))
}

/// The mean of the interval's answers; without any, the last one known.
fn round_trip(before: Option<&CandidatePair>, after: &CandidatePair) -> Option<f64> {
    let mean = before.and_then(|before| {
        ratio(
            growth(before.total_round_trip_time, after.total_round_trip_time)?,
            growth(before.responses_received, after.responses_received)?,
        )
    });
    mean.or(after.current_round_trip_time)
        .filter(|time| *time >= 0.0)
}

/// The shorter of those that the peer's reports tell of sound and picture.
fn reported_round_trip(streams: [&Option<StreamSample>; 2]) -> Option<f64> {
    let told = streams.into_iter().flatten();
    told.filter_map(|stream| stream.round_trip_time)
        .filter(|time| *time >= 0.0)
        .reduce(f64::min)
}

/// The sum over those streams that are there; unknown if one of them is.
fn each(streams: [&Option<StreamStats>; 2], of: fn(&StreamStats) -> Option<f64>) -> Option<f64> {
    let mut there = streams.into_iter().flatten().map(of).peekable();
    there.peek()?;
    there.sum()
}

/// Bytes of a header without options (RFC 791, RFC 8200, RFC 768).
const IPV4: f64 = 20.0;
const IPV6: f64 = 40.0;
const UDP: f64 = 8.0;

/// What the network adds to each packet of a route.
fn headers(route: &CandidatePair) -> f64 {
    let is_v6 = [&route.local, &route.remote]
        .into_iter()
        .filter_map(|end| end.address.as_ref())
        .any(|address| address.contains(':'));
    UDP + if is_v6 { IPV6 } else { IPV4 }
}
