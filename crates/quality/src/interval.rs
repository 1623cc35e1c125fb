//! The numbers of the interval between two samples.

use serde::Serialize;

use crate::sample::{CandidatePair, Sample, StreamSample, TransportSecurity};

/// One RTP stream over an interval.
///
/// `None` is unknown: a counter is missing or went back, the stream is another one, or no
/// time has passed. Most numbers are differences of counters; `jitter`, `resolution`,
/// `codec`, `power_efficient`, `quality_limitation_reason`, `target_bitrate`, and outbound
/// `fraction_lost` are what the last report says, whatever the interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamStats {
    /// Payload, in bits per second (`bytesReceived`, `bytesSent`).
    pub bitrate: Option<f64>,
    /// Packets per second, retransmissions included (`packetsReceived`, `packetsSent`).
    pub packet_rate: Option<f64>,
    /// Fraction of the packets lost, 0 to 1. Inbound: of those that were due for the first
    /// time in the interval (`packetsLost`). Outbound: what the peer's last receiver report
    /// says (`fractionLost`), unless it is older than ten seconds.
    pub fraction_lost: Option<f64>,
    /// When that receiver report came, in milliseconds (`timestamp` of
    /// `remote-inbound-rtp`); outbound only.
    pub remote_timestamp: Option<f64>,
    /// Variation of the packets' delay (RFC 3550, section 6.4.1), in seconds; outbound, as
    /// the peer reports it.
    pub jitter: Option<f64>,
    /// Mean time in the jitter buffer, in seconds (`jitterBufferDelay` by
    /// `jitterBufferEmittedCount`).
    pub jitter_buffer_delay: Option<f64>,
    /// Fraction of the audio that was synthesised for what was missing, 0 to 1
    /// (`concealedSamples` by `totalSamplesReceived`).
    pub concealed: Option<f64>,
    /// Freezes that ended (`freezeCount`).
    pub freeze_count: Option<f64>,
    /// Their duration, in seconds (`totalFreezesDuration`). All of a freeze counts when it
    /// ends, so it may be longer than the interval.
    pub freeze_duration: Option<f64>,
    /// Frames decoded or encoded per second (`framesDecoded`, `framesEncoded`).
    pub frames_per_second: Option<f64>,
    /// Frames received per second that were not rendered (`framesDropped`).
    pub frames_dropped: Option<f64>,
    /// Mean time to decode or encode one frame, in seconds (`totalDecodeTime`,
    /// `totalEncodeTime`).
    pub coding_time: Option<f64>,
    /// Retransmitted packets per second (`retransmittedPacketsReceived`,
    /// `retransmittedPacketsSent`).
    pub retransmitted: Option<f64>,
    /// Negative acknowledgements per second (`nackCount`, RFC 4585, section 6.2.1).
    pub nack: Option<f64>,
    /// Key frame requests in the interval (`pliCount`, RFC 4585, section 6.3.1).
    pub pli: Option<f64>,
    /// Width and height in pixels (`frameWidth`, `frameHeight`).
    pub resolution: Option<(u32, u32)>,
    /// `VP8`, `opus` (`mimeType` without its first half).
    pub codec: Option<String>,
    /// Whether hardware does the coding (`powerEfficientDecoder`, `powerEfficientEncoder`).
    pub power_efficient: Option<bool>,
    /// `none`, `cpu`, `bandwidth` or `other` (`qualityLimitationReason`).
    pub quality_limitation_reason: Option<String>,
    /// What the encoder aims at, in bits per second (`targetBitrate`).
    pub target_bitrate: Option<f64>,
}

/// Names one number of [`StreamStats`], which says what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in StreamStats")]
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

/// Names one stream of [`IntervalStats`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in IntervalStats")]
pub enum StreamKind {
    InboundAudio,
    OutboundAudio,
    InboundVideo,
    OutboundVideo,
    InboundScreen,
    OutboundScreen,
}

/// A call over an interval; `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IntervalStats {
    /// Audio from the peer.
    pub inbound_audio: Option<StreamStats>,
    /// Video from the peer.
    pub inbound_video: Option<StreamStats>,
    /// Audio to the peer.
    pub outbound_audio: Option<StreamStats>,
    /// Video to the peer.
    pub outbound_video: Option<StreamStats>,
    /// A screen from the peer, beside its video.
    pub inbound_screen: Option<StreamStats>,
    /// A screen to the peer, likewise.
    pub outbound_screen: Option<StreamStats>,
    /// Seconds to the peer and back: the mean over the interval's connectivity checks
    /// (`totalRoundTripTime` by `responsesReceived`); without any, `currentRoundTripTime`, or
    /// else the shorter `roundTripTime` of the peer's receiver reports.
    pub round_trip_time: Option<f64>,
    /// Bytes per second received on the candidate pair (`bytesReceived`).
    pub received_byte_rate: Option<f64>,
    /// Bits per second on the network from the peer: media, RTCP, retransmissions and
    /// probes, each packet with its UDP and IP headers.
    pub total_bitrate_in: Option<f64>,
    /// Bits per second on the network to the peer, likewise.
    pub total_bitrate_out: Option<f64>,
    /// The candidate pair as the last report has it.
    pub candidate_pair: Option<CandidatePair>,
    /// [`Sample::red`].
    pub red: bool,
    /// [`Sample::camera_off`].
    pub camera_off: bool,
    /// How the transport is encrypted.
    pub security: TransportSecurity,
}

impl IntervalStats {
    /// The interval between two samples of one connection.
    pub fn between(before: &Sample, after: &Sample) -> Self {
        let seconds = growth(before.at, after.at).unwrap_or(0.0);
        let stream = |before: &Option<StreamSample>, after: &Option<StreamSample>| {
            let after = after.as_ref()?;
            Some(StreamStats::between(before.as_ref(), after, seconds))
        };
        let inbound = |before: &Option<StreamSample>, after: &Option<StreamSample>| {
            let stats = stream(before, after)?;
            let fraction_lost = fraction_lost(before.as_ref(), after.as_ref());
            Some(StreamStats {
                fraction_lost,
                ..stats
            })
        };
        let outbound = |before: &Option<StreamSample>, after_stream: &Option<StreamSample>| {
            let stats = stream(before, after_stream)?;
            let reported = after_stream.as_ref().filter(|it| is_fresh(it, after));
            Some(StreamStats {
                fraction_lost: reported.and_then(|it| it.remote_fraction_lost),
                ..stats
            })
        };
        let pair = after.candidate_pair.as_ref();
        let pair_before = before
            .candidate_pair
            .as_ref()
            .filter(|before| pair.is_some_and(|after| after.id == before.id));
        let pair_rate = |counter: fn(&CandidatePair) -> Option<f64>| {
            ratio(
                growth(pair_before.and_then(counter), counter(pair?))?,
                seconds,
            )
        };
        let inbound_audio = inbound(&before.inbound_audio, &after.inbound_audio);
        let inbound_video = inbound(&before.inbound_video, &after.inbound_video);
        let outbound_audio = outbound(&before.outbound_audio, &after.outbound_audio);
        let outbound_video = outbound(&before.outbound_video, &after.outbound_video);
        let inbound_screen = inbound(&before.inbound_screen, &after.inbound_screen);
        let outbound_screen = outbound(&before.outbound_screen, &after.outbound_screen);
        let header = pair.map_or(IPV4 + UDP, headers);
        // Where the pair counts no packets (Firefox), those of the media are nearly all, and
        // with them the NACKs for the other direction, which on a path that loses much are
        // some dozen per second.
        let total = |bytes: Option<f64>,
                     packets: Option<f64>,
                     streams: [&Option<StreamStats>; 3],
                     opposite: [&Option<StreamStats>; 3]| {
            let nacks = || opposite.into_iter().flatten().filter_map(|it| it.nack);
            let counted = || Some(sum(streams, |it| it.packet_rate)? + nacks().sum::<f64>());
            let packets = packets.or_else(counted)?;
            Some((bytes? + packets * header) * 8.0)
        };
        let received_byte_rate = pair_rate(|pair| pair.bytes_received);
        Self {
            // Firefox 140 has no round-trip time of the pair. What the peer reports of the
            // streams went the same way.
            round_trip_time: pair
                .and_then(|pair| round_trip_time(pair_before, pair))
                .or_else(|| reported_round_trip([&after.outbound_audio, &after.outbound_video])),
            received_byte_rate,
            total_bitrate_in: total(
                received_byte_rate,
                pair_rate(|pair| pair.packets_received),
                [&inbound_audio, &inbound_video, &inbound_screen],
                [&outbound_audio, &outbound_video, &outbound_screen],
            ),
            total_bitrate_out: total(
                pair_rate(|pair| pair.bytes_sent),
                pair_rate(|pair| pair.packets_sent),
                [&outbound_audio, &outbound_video, &outbound_screen],
                [&inbound_audio, &inbound_video, &inbound_screen],
            ),
            inbound_audio,
            inbound_video,
            outbound_audio,
            outbound_video,
            inbound_screen,
            outbound_screen,
            candidate_pair: pair.cloned(),
            red: after.red,
            camera_off: after.camera_off,
            security: after.security.clone(),
        }
    }

    /// Bits per second of the media to the peer, each packet with its headers, as the browser's bandwidth
    /// estimate counts them; a data channel is none of it.
    pub fn outbound_media_bitrate(&self) -> Option<f64> {
        let streams = [
            &self.outbound_audio,
            &self.outbound_video,
            &self.outbound_screen,
        ];
        let header = self.candidate_pair.as_ref().map_or(IPV4 + UDP, headers) + RTP;
        let packets = sum(streams, |it| it.packet_rate)?;
        Some(sum(streams, |it| it.bitrate)? + packets * header * 8.0)
    }

    /// The stream of that kind; `None` if there is none.
    pub fn stream(&self, kind: StreamKind) -> Option<&StreamStats> {
        match kind {
            StreamKind::InboundAudio => &self.inbound_audio,
            StreamKind::OutboundAudio => &self.outbound_audio,
            StreamKind::InboundVideo => &self.inbound_video,
            StreamKind::OutboundVideo => &self.outbound_video,
            StreamKind::InboundScreen => &self.inbound_screen,
            StreamKind::OutboundScreen => &self.outbound_screen,
        }
        .as_ref()
    }
}

impl StreamStats {
    /// The number of that name, in the unit of its field.
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

    /// All but the loss, which is computed differently in the two directions.
    fn between(before: Option<&StreamSample>, after: &StreamSample, seconds: f64) -> Self {
        type Counter = fn(&StreamSample) -> Option<f64>;
        let before = before.filter(|before| before.ssrc == after.ssrc);
        let grown = |counter: Counter| growth(before.and_then(counter), counter(after));
        let rate = |counter: Counter| ratio(grown(counter)?, seconds);
        let mean = |sum: Counter, count: Counter| ratio(grown(sum)?, grown(count)?);
        Self {
            bitrate: rate(|it| it.bytes).map(|bytes| bytes * 8.0),
            packet_rate: rate(|it| it.packets),
            fraction_lost: None,
            remote_timestamp: after.remote_timestamp,
            jitter: after.jitter.filter(|jitter| *jitter >= 0.0),
            jitter_buffer_delay: mean(
                |it| it.jitter_buffer_delay,
                |it| it.jitter_buffer_emitted_count,
            ),
            concealed: mean(|it| it.concealed_samples, |it| it.total_samples_received)
                .map(|fraction| fraction.min(1.0)),
            freeze_count: grown(|it| it.freeze_count),
            freeze_duration: grown(|it| it.total_freezes_duration),
            frames_per_second: rate(|it| it.frames),
            frames_dropped: rate(|it| it.frames_dropped),
            coding_time: mean(|it| it.total_coding_time, |it| it.frames),
            retransmitted: rate(|it| it.retransmitted_packets),
            nack: rate(|it| it.nack_count),
            pli: grown(|it| it.pli_count),
            resolution: after.resolution,
            codec: after.codec.clone(),
            power_efficient: after.power_efficient,
            quality_limitation_reason: after.quality_limitation_reason.clone(),
            target_bitrate: after.target_bitrate,
        }
    }
}

/// A receiver report older than this many seconds says nothing about now. Those of audio
/// come every five seconds or so, and may be late or lost.
const STALE: f64 = 10.0;

/// Whether the peer has reported on that stream lately.
pub(crate) fn is_fresh(stream: &StreamSample, now: &Sample) -> bool {
    let age = |reported: f64| now.at.map(|at| at - reported / 1_000.0);
    let age = stream.remote_timestamp.and_then(age);
    age.is_some_and(|age| age <= STALE)
}

/// How much a counter grew; unknown if it is missing, not a number, or went back.
pub(crate) fn growth(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    let growth = after? - before?;
    (growth.is_finite() && growth >= 0.0).then_some(growth)
}

fn ratio(part: f64, of: f64) -> Option<f64> {
    let ratio = part / of;
    ratio.is_finite().then_some(ratio)
}

/// The fraction of the interval's packets that were lost. When late packets come, the
/// browser takes them off its count; such an interval lost nothing. `packetsReceived` counts
/// retransmissions too, and each of them came in place of a lost packet.
fn fraction_lost(before: Option<&StreamSample>, after: Option<&StreamSample>) -> Option<f64> {
    let after = after?;
    let before = before.filter(|before| before.ssrc == after.ssrc)?;
    let lost = (after.packets_lost? - before.packets_lost?).max(0.0);
    let received = growth(before.packets, after.packets)?;
    let retransmitted = growth(before.retransmitted_packets, after.retransmitted_packets);
    let received = (received - retransmitted.unwrap_or(0.0)).max(0.0);
    ratio(lost, lost + received)
}

/// The mean over the interval's responses; without any, the last one.
fn round_trip_time(before: Option<&CandidatePair>, after: &CandidatePair) -> Option<f64> {
    let mean = before.and_then(|before| {
        ratio(
            growth(before.total_round_trip_time, after.total_round_trip_time)?,
            growth(before.responses_received, after.responses_received)?,
        )
    });
    mean.or(after.current_round_trip_time)
        .filter(|time| *time >= 0.0)
}

/// The shorter of those in the peer's receiver reports on audio and video.
fn reported_round_trip(streams: [&Option<StreamSample>; 2]) -> Option<f64> {
    let streams = streams.into_iter().flatten();
    streams
        .filter_map(|stream| stream.round_trip_time)
        .filter(|time| *time >= 0.0)
        .reduce(f64::min)
}

/// The sum over those streams that there are; unknown if there are none, or if it is
/// unknown of one.
fn sum(streams: [&Option<StreamStats>; 3], number: fn(&StreamStats) -> Option<f64>) -> Option<f64> {
    let mut numbers = streams.into_iter().flatten().map(number).peekable();
    numbers.peek()?;
    numbers.sum()
}

/// Bytes of a header without options (RFC 791, RFC 8200, RFC 768, RFC 3550).
const IPV4: f64 = 20.0;
const IPV6: f64 = 40.0;
const UDP: f64 = 8.0;
const RTP: f64 = 12.0;

/// Bytes of headers around each packet.
fn headers(pair: &CandidatePair) -> f64 {
    let is_v6 = [&pair.local, &pair.remote]
        .into_iter()
        .filter_map(|end| end.address.as_ref())
        .any(|address| address.contains(':'));
    UDP + if is_v6 { IPV6 } else { IPV4 }
}
