//! From a `getStats` report to a sample of the call's quality.

use wimpex_call::quality::{Inbound, Outbound, Route, Sample};

use crate::browser::clock;
use crate::browser::stats::{Entry, StatsReport};

/// Reads what the quality panel needs.
pub(super) fn sample(report: &StatsReport) -> Sample {
    let inbound = |kind| find(report, "inbound-rtp", kind).map(|entry| inbound(report, entry));
    let outbound = |kind| find(report, "outbound-rtp", kind).map(|entry| outbound(report, entry));
    Sample {
        at: clock::now(),
        audio_in: inbound("audio"),
        video_in: inbound("video"),
        audio_out: outbound("audio"),
        video_out: outbound("video"),
        route: route(report),
    }
}

/// The stream of that kind that has carried the most; a browser may list others
/// that stand still.
fn find<'a>(report: &'a StatsReport, kind: &'a str, media: &str) -> Option<&'a Entry> {
    let bytes = |entry: &Entry| {
        let name = if kind == "inbound-rtp" {
            "bytesReceived"
        } else {
            "bytesSent"
        };
        entry.number(name).unwrap_or(0.0)
    };
    report
        .of_type(kind)
        .filter(|entry| entry.text("kind").as_deref() == Some(media))
        .max_by(|a, b| bytes(a).total_cmp(&bytes(b)))
}

fn inbound(report: &StatsReport, entry: &Entry) -> Inbound {
    Inbound {
        ssrc: entry.number("ssrc"),
        bytes: entry.number("bytesReceived"),
        packets: entry.number("packetsReceived"),
        lost: entry.number("packetsLost"),
        jitter: entry.number("jitter"),
        frames: entry.number("framesDecoded"),
        resolution: resolution(entry),
        codec: codec(report, entry),
    }
}

fn outbound(report: &StatsReport, entry: &Entry) -> Outbound {
    Outbound {
        ssrc: entry.number("ssrc"),
        bytes: entry.number("bytesSent"),
        frames: entry.number("framesEncoded"),
        resolution: resolution(entry),
        codec: codec(report, entry),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels"
)]
fn resolution(entry: &Entry) -> Option<(u32, u32)> {
    let (width, height) = (entry.number("frameWidth")?, entry.number("frameHeight")?);
    (width > 0.0 && height > 0.0).then_some((width as u32, height as u32))
}

fn codec(report: &StatsReport, entry: &Entry) -> Option<String> {
    let codec = report.by_id(&entry.text("codecId")?)?;
    let mime = codec.text("mimeType")?;
    let name = mime.split_once('/').map_or(mime.as_str(), |(_, name)| name);
    Some(name.to_owned())
}

/// The pair in use: the transport names it; a browser whose transport does not
/// (Firefox) marks it as selected.
fn route(report: &StatsReport) -> Option<Route> {
    let named = report
        .of_type("transport")
        .find_map(|transport| report.by_id(&transport.text("selectedCandidatePairId")?));
    let pair = named.or_else(|| {
        report.of_type("candidate-pair").find(|pair| {
            pair.flag("selected").unwrap_or_else(|| {
                pair.flag("nominated") == Some(true)
                    && pair.text("state").as_deref() == Some("succeeded")
            })
        })
    })?;
    let end = |field| pair.text(field).and_then(|id| report.by_id(&id));
    let (local, remote) = (end("localCandidateId"), end("remoteCandidateId"));
    let relay = |end: Option<&Entry>| Some(end?.text("candidateType")? == "relay");
    Some(Route {
        id: pair.text("id")?,
        current_round_trip: pair.number("currentRoundTripTime"),
        total_round_trip: pair.number("totalRoundTripTime"),
        responses: pair.number("responsesReceived"),
        relayed: relay(local)
            .zip(relay(remote))
            .map(|(ours, theirs)| ours || theirs),
        protocol: local.and_then(|end| end.text("protocol")),
    })
}
