//! What one report says of a call, in the browser's own units.

use crate::report::{Member, StatsObject, StatsReport};

/// Something that a browser counts, since the beginning of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Bytes of payload.
    Bytes,
    /// Packets.
    Packets,
    /// Packets that never came; may go down when late ones come.
    Lost,
    /// Frames decoded or encoded.
    Frames,
    /// Frames that were not shown.
    Dropped,
    /// Times that the picture stood still.
    Freezes,
    /// How long it stood still, in seconds.
    FreezeTime,
    /// Samples of sound that were made up.
    Concealed,
    /// Samples of sound.
    Samples,
    /// Seconds that what was played waited in the jitter buffer, all together.
    Waited,
    /// Samples or frames that waited there.
    Emitted,
    /// Seconds spent on decoding or encoding.
    Worked,
    /// Packets sent again, or recovered in that way.
    Again,
    /// Requests for packets.
    Nack,
    /// Requests for whole pictures.
    Pli,
}

/// Each counter with its field in `inbound-rtp` and in `outbound-rtp`
/// (webrtc-stats, sections 8.1 to 8.4). Empty where there is none.
const FIELDS: [(Counter, Option<Member>, Option<Member>); COUNTERS] = [
    (
        Counter::Bytes,
        Some(Member::BytesReceived),
        Some(Member::BytesSent),
    ),
    (
        Counter::Packets,
        Some(Member::PacketsReceived),
        Some(Member::PacketsSent),
    ),
    (Counter::Lost, Some(Member::PacketsLost), None),
    (
        Counter::Frames,
        Some(Member::FramesDecoded),
        Some(Member::FramesEncoded),
    ),
    (Counter::Dropped, Some(Member::FramesDropped), None),
    (Counter::Freezes, Some(Member::FreezeCount), None),
    (
        Counter::FreezeTime,
        Some(Member::TotalFreezesDuration),
        None,
    ),
    (Counter::Concealed, Some(Member::ConcealedSamples), None),
    (Counter::Samples, Some(Member::TotalSamplesReceived), None),
    (Counter::Waited, Some(Member::JitterBufferDelay), None),
    (
        Counter::Emitted,
        Some(Member::JitterBufferEmittedCount),
        None,
    ),
    (
        Counter::Worked,
        Some(Member::TotalDecodeTime),
        Some(Member::TotalEncodeTime),
    ),
    (
        Counter::Again,
        Some(Member::RetransmittedPacketsReceived),
        Some(Member::RetransmittedPacketsSent),
    ),
    (
        Counter::Nack,
        Some(Member::NackCount),
        Some(Member::NackCount),
    ),
    (Counter::Pli, Some(Member::PliCount), Some(Member::PliCount)),
];

const COUNTERS: usize = 15;

/// One stream in one direction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamSample {
    /// Which one; another one begins its counters anew.
    pub ssrc: Option<f64>,
    counters: [Option<f64>; COUNTERS],
    /// Variation of the packets' delay, in seconds: ours, or what the peer reports.
    pub jitter: Option<f64>,
    /// `frameWidth` and `frameHeight`, in pixels.
    pub resolution: Option<(u32, u32)>,
    /// `mimeType` of the `codec`, without its kind: `VP8`, `opus`.
    pub codec: Option<String>,
    /// Whether hardware does the coding (`powerEfficientDecoder`, `…Encoder`).
    pub power_efficient: Option<bool>,
    /// What holds the encoder back (`qualityLimitationReason`).
    pub quality_limitation_reason: Option<String>,
    /// What the encoder aims at, in bits a second.
    pub target_bitrate: Option<f64>,
    /// What the peer says it loses of it, 0 to 1, since its report before.
    pub remote_fraction_lost: Option<f64>,
    /// Packets that the peer has lost of it, and that it has received, if it tells; of those
    /// that went for the first time.
    pub remote_packets_lost: Option<f64>,
    /// See [`Self::remote_packets_lost`].
    pub remote_packets_received: Option<f64>,
    /// When the peer's last report came, in the browser's own milliseconds.
    pub remote_timestamp: Option<f64>,
    /// There and back as the peer's reports tell, in seconds.
    pub round_trip_time: Option<f64>,
}

/// One end of the route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// `host`, `srflx`, `prflx` or `relay` (RFC 8445, section 5.1.1).
    pub candidate_type: Option<String>,
    /// `wifi`, `ethernet`, `cellular` …, where the browser tells.
    pub network_type: Option<String>,
    /// Address and port. Nobody else's business: not in diagnostics.
    pub address: Option<String>,
}

/// The `candidate-pair` in use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CandidatePair {
    /// Its id; another pair begins its counters anew.
    pub id: String,
    /// `currentRoundTripTime`, in seconds.
    pub current_round_trip_time: Option<f64>,
    /// `totalRoundTripTime`, in seconds.
    pub total_round_trip_time: Option<f64>,
    /// `responsesReceived`.
    pub responses_received: Option<f64>,
    /// `bytesReceived` of the pair, whatever they are of; checks of the way do not count.
    pub bytes_received: Option<f64>,
    /// `bytesSent`, likewise.
    pub bytes_sent: Option<f64>,
    /// `packetsReceived`, likewise; Firefox does not tell.
    pub packets_received: Option<f64>,
    /// `packetsSent`, likewise.
    pub packets_sent: Option<f64>,
    /// `availableOutgoingBitrate`, in bits a second.
    pub available_outgoing_bitrate: Option<f64>,
    /// `udp` or `tcp`.
    pub protocol: Option<String>,
    /// `udp`, `tcp` or `tls`: how our relay is reached, if there is one.
    pub relay_protocol: Option<String>,
    /// Our end.
    pub local: Candidate,
    /// The peer's.
    pub remote: Candidate,
}

/// How what flows is protected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportSecurity {
    /// `DTLS 1.2` or `DTLS 1.3`.
    pub dtls_version: Option<String>,
    /// `dtlsCipher`.
    pub dtls_cipher: Option<String>,
    /// `srtpCipher`.
    pub srtp_cipher: Option<String>,
    /// SHA-256 of our certificate, in hexadecimal with colons.
    pub local_fingerprint: Option<String>,
    /// That of the peer's.
    pub remote_fingerprint: Option<String>,
}

/// What one `getStats` said of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The report's time, in seconds since some fixed moment.
    pub at: Option<f64>,
    /// Sound that arrives.
    pub inbound_audio: Option<StreamSample>,
    /// Picture that arrives.
    pub inbound_video: Option<StreamSample>,
    /// Sound that leaves.
    pub outbound_audio: Option<StreamSample>,
    /// Picture that leaves.
    pub outbound_video: Option<StreamSample>,
    /// The way in use.
    pub candidate_pair: Option<CandidatePair>,
    /// Both ends know RED for sound; no report tells.
    pub red: bool,
    /// Our camera is off; no report tells.
    pub camera_off: bool,
    /// The transport's protection.
    pub security: TransportSecurity,
}

impl StreamSample {
    /// What the browser has counted.
    pub fn count(&self, counter: Counter) -> Option<f64> {
        self.counters[counter as usize]
    }

    fn new(entry: &StatsObject, report: &StatsReport, arrives: bool) -> Self {
        let mut counters = [None; COUNTERS];
        for (counter, inbound, outbound) in FIELDS {
            let field = if arrives { inbound } else { outbound };
            counters[counter as usize] = field.and_then(|member| entry.number(member));
        }
        let hardware = if arrives {
            Member::PowerEfficientDecoder
        } else {
            Member::PowerEfficientEncoder
        };
        // What the peer says of it comes in an entry of its own.
        let peer = (!arrives)
            .then(|| {
                report
                    .of_type("remote-inbound-rtp")
                    .find(|peer| peer.number(Member::Ssrc) == entry.number(Member::Ssrc))
            })
            .flatten();
        let of_peer = |field| peer.and_then(|peer| peer.number(field));
        Self {
            ssrc: entry.number(Member::Ssrc),
            counters,
            jitter: if arrives {
                entry.number(Member::Jitter)
            } else {
                of_peer(Member::Jitter)
            },
            resolution: resolution(entry),
            codec: codec(entry, report),
            power_efficient: entry.flag(hardware),
            quality_limitation_reason: entry
                .text(Member::QualityLimitationReason)
                .map(str::to_owned),
            target_bitrate: entry.number(Member::TargetBitrate),
            remote_timestamp: of_peer(Member::Timestamp),
            remote_packets_lost: of_peer(Member::PacketsLost),
            remote_packets_received: of_peer(Member::PacketsReceived),
            remote_fraction_lost: of_peer(Member::FractionLost)
                .filter(|loss| (0.0..=1.0).contains(loss)),
            round_trip_time: of_peer(Member::RoundTripTime),
        }
    }
}

impl Sample {
    /// What a report says.
    pub fn new(report: &StatsReport) -> Self {
        let stream = |kind, media, arrives| {
            let entry = busiest(report, kind, media, arrives)?;
            Some(StreamSample::new(entry, report, arrives))
        };
        Self {
            at: time(report),
            red: false,
            camera_off: false,
            inbound_audio: stream("inbound-rtp", "audio", true),
            inbound_video: stream("inbound-rtp", "video", true),
            outbound_audio: stream("outbound-rtp", "audio", false),
            outbound_video: stream("outbound-rtp", "video", false),
            candidate_pair: route(report),
            security: security(report),
        }
    }
}

/// The stream of that kind that has carried the most; a browser may list others
/// that stand still.
fn busiest<'a>(
    report: &'a StatsReport,
    kind: &'a str,
    media: &str,
    arrives: bool,
) -> Option<&'a StatsObject> {
    let field = if arrives {
        Member::BytesReceived
    } else {
        Member::BytesSent
    };
    let bytes = |entry: &StatsObject| entry.number(field).unwrap_or(0.0);
    report
        .of_type(kind)
        .filter(|entry| entry.text(Member::Kind) == Some(media))
        .max_by(|a, b| bytes(a).total_cmp(&bytes(b)))
}

/// The newest `timestamp` of those that say when they were made; the others are of
/// when something came from the peer.
fn time(report: &StatsReport) -> Option<f64> {
    let made = |kind| {
        report
            .of_type(kind)
            .filter_map(|it| it.number(Member::Timestamp))
    };
    ["transport", "candidate-pair", "inbound-rtp", "outbound-rtp"]
        .into_iter()
        .flat_map(made)
        .reduce(f64::max)
        .map(|millis| millis / 1_000.0)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels"
)]
fn resolution(entry: &StatsObject) -> Option<(u32, u32)> {
    let (width, height) = (
        entry.number(Member::FrameWidth)?,
        entry.number(Member::FrameHeight)?,
    );
    (width > 0.0 && height > 0.0).then_some((width as u32, height as u32))
}

fn codec(entry: &StatsObject, report: &StatsReport) -> Option<String> {
    let codec = report.by_id(entry.text(Member::CodecId)?)?;
    let mime = codec.text(Member::MimeType)?;
    let name = mime.split_once('/').map_or(mime, |(_, name)| name);
    Some(name.to_owned())
}

/// The pair in use: the transport names it; a browser whose transport does not
/// (Firefox) marks it as selected.
fn route(report: &StatsReport) -> Option<CandidatePair> {
    let named = report
        .of_type("transport")
        .find_map(|transport| report.by_id(transport.text(Member::SelectedCandidatePairId)?));
    let pair = named.or_else(|| {
        report.of_type("candidate-pair").find(|pair| {
            pair.flag(Member::Selected).unwrap_or_else(|| {
                pair.flag(Member::Nominated) == Some(true)
                    && pair.text(Member::State) == Some("succeeded")
            })
        })
    })?;
    let end = |field| pair.text(field).and_then(|id| report.by_id(id));
    let local = end(Member::LocalCandidateId);
    let text =
        |entry: Option<&StatsObject>, field| entry.and_then(|e| e.text(field)).map(str::to_owned);
    Some(CandidatePair {
        id: pair.text(Member::Id)?.to_owned(),
        current_round_trip_time: pair.number(Member::CurrentRoundTripTime),
        total_round_trip_time: pair.number(Member::TotalRoundTripTime),
        responses_received: pair.number(Member::ResponsesReceived),
        bytes_received: pair.number(Member::BytesReceived),
        bytes_sent: pair.number(Member::BytesSent),
        packets_received: pair.number(Member::PacketsReceived),
        packets_sent: pair.number(Member::PacketsSent),
        available_outgoing_bitrate: pair.number(Member::AvailableOutgoingBitrate),
        protocol: text(local, Member::Protocol),
        relay_protocol: text(local, Member::RelayProtocol).filter(|protocol| !protocol.is_empty()),
        local: candidate(local),
        remote: candidate(end(Member::RemoteCandidateId)),
    })
}

fn candidate(entry: Option<&StatsObject>) -> Candidate {
    let Some(entry) = entry else {
        return Candidate::default();
    };
    let text = |field| entry.text(field).filter(|it| !it.is_empty());
    Candidate {
        candidate_type: text(Member::CandidateType).map(str::to_owned),
        network_type: text(Member::NetworkType)
            .filter(|network| *network != "unknown")
            .map(str::to_owned),
        address: text(Member::Address).map(|address| match entry.number(Member::Port) {
            Some(port) => format!("{address} port {port}"),
            None => address.to_owned(),
        }),
    }
}

fn security(report: &StatsReport) -> TransportSecurity {
    let Some(transport) = report.of_type("transport").next() else {
        return TransportSecurity::default();
    };
    let text = |field| transport.text(field).map(str::to_owned);
    let fingerprint = |field| {
        let certificate = report.by_id(transport.text(field)?)?;
        Some(certificate.text(Member::Fingerprint)?.to_owned())
    };
    TransportSecurity {
        // RFC 6347, section 4.1, and RFC 9147, section 5.3: the complement of the
        // version's digits.
        dtls_version: transport
            .text(Member::TlsVersion)
            .map(|version| match version {
                "FEFD" => "DTLS 1.2".to_owned(),
                "FEFC" => "DTLS 1.3".to_owned(),
                other => other.to_owned(),
            }),
        dtls_cipher: text(Member::DtlsCipher),
        srtp_cipher: text(Member::SrtpCipher),
        local_fingerprint: fingerprint(Member::LocalCertificateId),
        remote_fingerprint: fingerprint(Member::RemoteCertificateId),
    }
}

/// The SHA-256 of a certificate, as a description names it (RFC 8122, section 5): for
/// browsers whose reports do not tell. DTLS takes no other.
pub fn fingerprint(sdp: &str) -> Option<String> {
    let mut lines = sdp.lines();
    lines.find_map(|line| {
        let (hash, digits) = line.strip_prefix("a=fingerprint:")?.split_once(' ')?;
        let is_known = hash.eq_ignore_ascii_case("sha-256");
        is_known.then(|| digits.trim().to_owned())
    })
}
