//! What one report says of a call: counters and gauges as the browser gives them.

use crate::report::{Member, StatsObject, StatsReport};

/// One RTP stream, from its `inbound-rtp` or `outbound-rtp` dictionary (webrtc-stats,
/// `RTCInboundRtpStreamStats` and `RTCOutboundRtpStreamStats`), and what the peer reports of
/// it (`RTCRemoteInboundRtpStreamStats`). Counters run since the stream began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamSample {
    /// `ssrc`; another one begins its counters anew.
    pub ssrc: Option<f64>,
    /// `bytesReceived` or `bytesSent`: payload, without headers and padding.
    pub bytes: Option<f64>,
    /// `packetsReceived` or `packetsSent`, retransmissions included.
    pub packets: Option<f64>,
    /// `packetsLost`, inbound only; goes down when late packets come, and may be negative
    /// (RFC 3550, section 6.4.1).
    pub packets_lost: Option<f64>,
    /// `framesDecoded` or `framesEncoded`.
    pub frames: Option<f64>,
    /// `framesDropped`, inbound only.
    pub frames_dropped: Option<f64>,
    /// `freezeCount`, inbound only; a freeze counts when it is over.
    pub freeze_count: Option<f64>,
    /// `totalFreezesDuration`, in seconds, inbound only.
    pub total_freezes_duration: Option<f64>,
    /// `concealedSamples`, inbound audio only.
    pub concealed_samples: Option<f64>,
    /// `totalSamplesReceived`, inbound audio only; those concealed are among them.
    pub total_samples_received: Option<f64>,
    /// `jitterBufferDelay`, inbound only: seconds, summed over what was emitted.
    pub jitter_buffer_delay: Option<f64>,
    /// `jitterBufferEmittedCount`, inbound only: audio samples or video frames.
    pub jitter_buffer_emitted_count: Option<f64>,
    /// `totalDecodeTime` or `totalEncodeTime`, in seconds.
    pub total_coding_time: Option<f64>,
    /// `retransmittedPacketsReceived` or `retransmittedPacketsSent`.
    pub retransmitted_packets: Option<f64>,
    /// `nackCount`: sent where the stream is inbound, received where it is outbound.
    pub nack_count: Option<f64>,
    /// `pliCount`, likewise.
    pub pli_count: Option<f64>,
    /// `jitter`, in seconds; of an outbound stream as `remote-inbound-rtp` has it.
    pub jitter: Option<f64>,
    /// `frameWidth` and `frameHeight`, in pixels.
    pub resolution: Option<(u32, u32)>,
    /// `mimeType` of the `codec`, without `audio/` or `video/`.
    pub codec: Option<String>,
    /// `powerEfficientDecoder` or `powerEfficientEncoder`: in practice, hardware.
    pub power_efficient: Option<bool>,
    /// `qualityLimitationReason`, outbound video only: `none`, `cpu`, `bandwidth` or
    /// `other`.
    pub quality_limitation_reason: Option<String>,
    /// `targetBitrate`, in bits per second, outbound only.
    pub target_bitrate: Option<f64>,
    /// `fractionLost` of `remote-inbound-rtp`, 0 to 1: what the peer lost between its last
    /// two receiver reports.
    pub remote_fraction_lost: Option<f64>,
    /// `packetsLost` of `remote-inbound-rtp`; retransmissions have an SSRC of their own (RFC
    /// 4588), and are not in it.
    pub remote_packets_lost: Option<f64>,
    /// `packetsReceived` of `remote-inbound-rtp`; few browsers have it.
    pub remote_packets_received: Option<f64>,
    /// `timestamp` of `remote-inbound-rtp`, in milliseconds: when the last receiver report
    /// came.
    pub remote_timestamp: Option<f64>,
    /// `roundTripTime` of `remote-inbound-rtp`, in seconds.
    pub round_trip_time: Option<f64>,
}

/// `local-candidate` or `remote-candidate` (webrtc-stats, `RTCIceCandidateStats`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// `candidateType`: `host`, `srflx`, `prflx` or `relay` (RFC 8445, section 5.1.1).
    pub candidate_type: Option<String>,
    /// `networkType`, such as `wifi` or `cellular`: Chromium, and of local candidates only.
    pub network_type: Option<String>,
    /// `address`. Private: never part of diagnostics.
    pub address: Option<String>,
    /// `port`.
    pub port: Option<u16>,
}

/// The `candidate-pair` in use, the route of the call (webrtc-stats,
/// `RTCIceCandidatePairStats`). Counters run since the pair was formed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CandidatePair {
    /// `id`; another pair begins its counters anew.
    pub id: String,
    /// `currentRoundTripTime`, in seconds: of the last connectivity check.
    pub current_round_trip_time: Option<f64>,
    /// `totalRoundTripTime`, in seconds, summed over all responses.
    pub total_round_trip_time: Option<f64>,
    /// `responsesReceived`, to connectivity checks.
    pub responses_received: Option<f64>,
    /// `bytesReceived`: RTP, RTCP and data channels; connectivity checks do not count.
    pub bytes_received: Option<f64>,
    /// `bytesSent`, likewise.
    pub bytes_sent: Option<f64>,
    /// `packetsReceived`, likewise; Firefox has none.
    pub packets_received: Option<f64>,
    /// `packetsSent`, likewise.
    pub packets_sent: Option<f64>,
    /// `availableOutgoingBitrate`, in bits per second: the browser's bandwidth estimate.
    /// Firefox has none.
    pub available_outgoing_bitrate: Option<f64>,
    /// `protocol` of the local candidate: `udp` or `tcp`.
    pub protocol: Option<String>,
    /// `relayProtocol` of the local candidate, `udp`, `tcp` or `tls`: how its TURN server
    /// is reached.
    pub relay_protocol: Option<String>,
    /// `localCandidateId`, resolved.
    pub local: Candidate,
    /// `remoteCandidateId`, resolved.
    pub remote: Candidate,
}

/// What protects the media (webrtc-stats, `RTCTransportStats` and `RTCCertificateStats`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportSecurity {
    /// `tlsVersion` as a name: `DTLS 1.2` or `DTLS 1.3`.
    pub dtls_version: Option<String>,
    /// `dtlsCipher`.
    pub dtls_cipher: Option<String>,
    /// `srtpCipher`.
    pub srtp_cipher: Option<String>,
    /// `fingerprint` of our certificate: SHA-256 in hexadecimal, with colons.
    pub local_fingerprint: Option<String>,
    /// `fingerprint` of the peer's.
    pub remote_fingerprint: Option<String>,
}

/// What one `getStats` says of a call, and the two things of it that no report contains.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// When the report was made, in seconds on the clock of `timestamp`.
    pub at: Option<f64>,
    /// Audio from the peer.
    pub inbound_audio: Option<StreamSample>,
    /// Video from the peer.
    pub inbound_video: Option<StreamSample>,
    /// Audio to the peer.
    pub outbound_audio: Option<StreamSample>,
    /// Video to the peer.
    pub outbound_video: Option<StreamSample>,
    /// A screen from the peer, beside its video.
    pub inbound_screen: Option<StreamSample>,
    /// A screen to the peer, likewise.
    pub outbound_screen: Option<StreamSample>,
    /// The selected candidate pair.
    pub candidate_pair: Option<CandidatePair>,
    /// Audio is sent redundantly both ways (RED, RFC 2198). The caller fills it in.
    pub red: bool,
    /// Our camera is off: what a browser sends for it all the same is no video. The caller
    /// fills it in.
    pub camera_off: bool,
    /// How the transport is encrypted.
    pub security: TransportSecurity,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Inbound,
    Outbound,
}

impl StreamSample {
    fn new(object: &StatsObject, report: &StatsReport, direction: Direction) -> Self {
        let is_inbound = direction == Direction::Inbound;
        let either = |inbound, outbound| if is_inbound { inbound } else { outbound };
        let number = |inbound, outbound| object.number(either(inbound, outbound));
        let received = |member| object.number(member).filter(|_| is_inbound);
        // What the peer reports of an outbound stream stands in a dictionary of its own.
        let ssrc = object.number(Member::Ssrc);
        let reports = (!is_inbound).then(|| report.of_type("remote-inbound-rtp"));
        let remote = reports
            .into_iter()
            .flatten()
            .find(|remote| remote.number(Member::Ssrc) == ssrc);
        let remote = |member| remote.and_then(|remote| remote.number(member));
        Self {
            ssrc,
            bytes: number(Member::BytesReceived, Member::BytesSent),
            packets: number(Member::PacketsReceived, Member::PacketsSent),
            packets_lost: received(Member::PacketsLost),
            frames: number(Member::FramesDecoded, Member::FramesEncoded),
            frames_dropped: received(Member::FramesDropped),
            freeze_count: received(Member::FreezeCount),
            total_freezes_duration: received(Member::TotalFreezesDuration),
            concealed_samples: received(Member::ConcealedSamples),
            total_samples_received: received(Member::TotalSamplesReceived),
            jitter_buffer_delay: received(Member::JitterBufferDelay),
            jitter_buffer_emitted_count: received(Member::JitterBufferEmittedCount),
            total_coding_time: number(Member::TotalDecodeTime, Member::TotalEncodeTime),
            retransmitted_packets: number(
                Member::RetransmittedPacketsReceived,
                Member::RetransmittedPacketsSent,
            ),
            nack_count: object.number(Member::NackCount),
            pli_count: object.number(Member::PliCount),
            jitter: if is_inbound {
                object.number(Member::Jitter)
            } else {
                remote(Member::Jitter)
            },
            resolution: resolution(object),
            codec: codec(object, report),
            power_efficient: object.flag(either(
                Member::PowerEfficientDecoder,
                Member::PowerEfficientEncoder,
            )),
            quality_limitation_reason: owned(object.text(Member::QualityLimitationReason)),
            target_bitrate: object.number(Member::TargetBitrate),
            remote_fraction_lost: remote(Member::FractionLost)
                .filter(|lost| (0.0..=1.0).contains(lost)),
            remote_packets_lost: remote(Member::PacketsLost),
            remote_packets_received: remote(Member::PacketsReceived),
            remote_timestamp: remote(Member::Timestamp),
            round_trip_time: remote(Member::RoundTripTime),
        }
    }
}

impl Sample {
    /// What a report says; `red` and `camera_off` are false.
    pub fn new(report: &StatsReport) -> Self {
        Self::with_screen(report, None)
    }

    /// The same of a connection whose video of this `mid` is for a screen.
    pub fn with_screen(report: &StatsReport, mid: Option<&str>) -> Self {
        let stream = |kind, direction| {
            let object = busiest(report, kind, direction, |it| !is_screen(it, mid))?;
            Some(StreamSample::new(object, report, direction))
        };
        let screen = |direction| {
            let object = busiest(report, "video", direction, |it| is_screen(it, mid))?;
            Some(StreamSample::new(object, report, direction))
        };
        Self {
            at: time(report),
            inbound_audio: stream("audio", Direction::Inbound),
            inbound_video: stream("video", Direction::Inbound),
            outbound_audio: stream("audio", Direction::Outbound),
            outbound_video: stream("video", Direction::Outbound),
            inbound_screen: screen(Direction::Inbound),
            outbound_screen: screen(Direction::Outbound),
            candidate_pair: candidate_pair(report),
            red: false,
            camera_off: false,
            security: security(report),
        }
    }
}

fn is_screen(object: &StatsObject, mid: Option<&str>) -> bool {
    mid.is_some() && object.text(Member::Mid) == mid
}

/// The stream of that `kind` that has carried the most: a browser may list others that no
/// longer carry anything.
fn busiest<'a>(
    report: &'a StatsReport,
    kind: &str,
    direction: Direction,
    is_meant: impl Fn(&StatsObject) -> bool,
) -> Option<&'a StatsObject> {
    let (dictionary, bytes) = match direction {
        Direction::Inbound => ("inbound-rtp", Member::BytesReceived),
        Direction::Outbound => ("outbound-rtp", Member::BytesSent),
    };
    let bytes = |object: &StatsObject| object.number(bytes).unwrap_or(0.0);
    report
        .of_type(dictionary)
        .filter(|object| object.text(Member::Kind) == Some(kind) && is_meant(object))
        .max_by(|a, b| bytes(a).total_cmp(&bytes(b)))
}

/// The newest `timestamp` of those dictionaries that are stamped when the report is made;
/// the others are stamped when something came from the peer.
fn time(report: &StatsReport) -> Option<f64> {
    let stamps = |dictionary| {
        let objects = report.of_type(dictionary);
        objects.filter_map(|object| object.number(Member::Timestamp))
    };
    ["transport", "candidate-pair", "inbound-rtp", "outbound-rtp"]
        .into_iter()
        .flat_map(stamps)
        .reduce(f64::max)
        .map(|millis| millis / 1_000.0)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels"
)]
fn resolution(object: &StatsObject) -> Option<(u32, u32)> {
    let width = object.number(Member::FrameWidth)?;
    let height = object.number(Member::FrameHeight)?;
    (width > 0.0 && height > 0.0).then_some((width as u32, height as u32))
}

fn codec(object: &StatsObject, report: &StatsReport) -> Option<String> {
    let codec = report.by_id(object.text(Member::CodecId)?)?;
    let mime = codec.text(Member::MimeType)?;
    let name = mime.split_once('/').map_or(mime, |(_, name)| name);
    Some(name.to_owned())
}

/// The `transport` names the pair in use; a browser whose transport does not (Firefox)
/// marks it as `selected`.
fn candidate_pair(report: &StatsReport) -> Option<CandidatePair> {
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
    let end = |member| pair.text(member).and_then(|id| report.by_id(id));
    let local = end(Member::LocalCandidateId);
    let of_local = |member| owned(local.and_then(|local| local.text(member)));
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
        protocol: of_local(Member::Protocol),
        relay_protocol: of_local(Member::RelayProtocol).filter(|protocol| !protocol.is_empty()),
        local: candidate(local),
        remote: candidate(end(Member::RemoteCandidateId)),
    })
}

fn candidate(object: Option<&StatsObject>) -> Candidate {
    let Some(object) = object else {
        return Candidate::default();
    };
    let text = |member| object.text(member).filter(|text| !text.is_empty());
    let network_type = text(Member::NetworkType).filter(|network| *network != "unknown");
    Candidate {
        candidate_type: owned(text(Member::CandidateType)),
        network_type: owned(network_type),
        address: owned(text(Member::Address)),
        port: object.number(Member::Port).and_then(port),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within the range of u16"
)]
fn port(number: f64) -> Option<u16> {
    (0.0..=f64::from(u16::MAX))
        .contains(&number)
        .then_some(number as u16)
}

fn security(report: &StatsReport) -> TransportSecurity {
    let Some(transport) = report.of_type("transport").next() else {
        return TransportSecurity::default();
    };
    let fingerprint = |member| {
        let certificate = report.by_id(transport.text(member)?)?;
        owned(certificate.text(Member::Fingerprint))
    };
    TransportSecurity {
        // The two bytes of the version on the wire (RFC 6347, section 4.1; RFC 9147,
        // section 5.3).
        dtls_version: owned(
            transport
                .text(Member::TlsVersion)
                .map(|version| match version {
                    "FEFD" => "DTLS 1.2",
                    "FEFC" => "DTLS 1.3",
                    other => other,
                }),
        ),
        dtls_cipher: owned(transport.text(Member::DtlsCipher)),
        srtp_cipher: owned(transport.text(Member::SrtpCipher)),
        local_fingerprint: fingerprint(Member::LocalCertificateId),
        remote_fingerprint: fingerprint(Member::RemoteCertificateId),
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

/// The SHA-256 fingerprint that a session description announces (RFC 8122, section 5),
/// for browsers whose reports have no `certificate`. Other hashes are ignored.
pub fn fingerprint(sdp: &str) -> Option<String> {
    let mut lines = sdp.lines();
    lines.find_map(|line| {
        let (hash, digits) = line.strip_prefix("a=fingerprint:")?.split_once(' ')?;
        let is_known = hash.eq_ignore_ascii_case("sha-256");
        is_known.then(|| digits.trim().to_owned())
    })
}
