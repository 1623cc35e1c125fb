//! What the panel says where, and how it reads.

use wimpex_quality::{Candidate, IntervalStats, Metric, Series, StreamKind, StreamStats};

use crate::session::stats::QualitySnapshot;
use crate::ui::words::{decimal, whole};

/// What a row says of one direction.
#[derive(Clone, Copy)]
pub(super) enum What {
    /// A number of the last second, how it reads, and the value that the top of its line
    /// is at least.
    Metric(Metric, fn(Option<f64>) -> String, f64),
    /// A count, over the last minute.
    Count(Metric),
    /// How often and how long the picture stood still in the last minute.
    Standstill,
    /// Something that is no number.
    Text(fn(Option<&StreamStats>) -> String),
}

/// Which directions a row is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ways {
    Both,
    Receiving,
    Sending,
}

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) what: What,
    pub(super) ways: Ways,
}

/// The rows of sound, or of picture; those that are rarely wanted are drawn only for who
/// opens them.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) receiving: StreamKind,
    pub(super) sending: StreamKind,
    pub(super) rows: &'static [Row],
    pub(super) more: &'static [Row],
}

/// What is of neither direction.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) read: fn(&IntervalStats) -> String,
    pub(super) series: Option<(Series, f64)>,
}

const fn row(name: &'static str, ways: Ways, what: What) -> Row {
    Row { name, what, ways }
}

const fn line(name: &'static str, read: fn(&IntervalStats) -> String) -> Line {
    Line {
        name,
        read,
        series: None,
    }
}

const fn drawn(
    name: &'static str,
    read: fn(&IntervalStats) -> String,
    series: Series,
    least: f64,
) -> Line {
    Line {
        name,
        read,
        series: Some((series, least)),
    }
}

impl Row {
    /// What it says of a direction that it is there for.
    pub(super) fn read(&self, shown: &QualitySnapshot, media: StreamKind) -> String {
        let flow = shown.reading.interval.stream(media);
        let minute = |number| shown.history.last_minute(Series::Stream(media, number));
        match self.what {
            What::Metric(number, reads, _) => reads(flow.and_then(|flow| flow.metric(number))),
            What::Count(number) => minute(number).map_or_else(unknown, |(count, _)| {
                format!("{} in a minute", whole(count))
            }),
            What::Standstill => {
                let Some((count, _)) = minute(Metric::FreezeCount) else {
                    return unknown();
                };
                let time = minute(Metric::FreezeDuration).filter(|_| count > 0.0);
                match time {
                    Some((seconds, of)) => format!(
                        "{} in a minute, {} % of it",
                        whole(count),
                        whole((seconds / of as f64 * 100.0).min(100.0))
                    ),
                    None => format!("{} in a minute", whole(count)),
                }
            }
            What::Text(reads) => reads(flow),
        }
    }

    /// Its line, and the value that its top is at least.
    pub(super) fn series(&self, media: StreamKind) -> Option<(Series, f64)> {
        match self.what {
            What::Metric(number, _, least) => Some((Series::Stream(media, number), least)),
            What::Count(number) => Some((Series::Stream(media, number), 2.0)),
            What::Standstill => Some((Series::Stream(media, Metric::FreezeDuration), 1.0)),
            What::Text(_) => None,
        }
    }
}

/// A tenth of all: more is drawn at the top.
const TENTH: f64 = 0.1;

use Ways::{Both, Receiving, Sending};
use What::{Count, Standstill, Text};

const LOST: Row = row(
    "Lost",
    Both,
    What::Metric(Metric::FractionLost, share, TENTH),
);
const JITTER: Row = row("Jitter", Both, What::Metric(Metric::Jitter, millis, 0.05));
const WAITED: Row = row(
    "Waited in the buffer",
    Receiving,
    What::Metric(Metric::JitterBufferDelay, millis, 0.2),
);
const PACKETS: Row = row(
    "Packets",
    Both,
    What::Metric(Metric::PacketRate, rate, 50.0),
);
const AGAIN: Row = row(
    "Sent again",
    Both,
    What::Metric(Metric::Retransmitted, rate, 10.0),
);
const NACK: Row = row(
    "Packets asked for (NACK)",
    Both,
    What::Metric(Metric::Nack, rate, 10.0),
);
const CODEC: Row = row("Codec", Both, Text(codec));

pub(super) static SOUND: Table = Table {
    title: "Sound",
    receiving: StreamKind::InboundAudio,
    sending: StreamKind::OutboundAudio,
    rows: &[
        row(
            "Bitrate",
            Both,
            What::Metric(Metric::Bitrate, bits, 50_000.0),
        ),
        LOST,
        JITTER,
        row(
            "Made up",
            Receiving,
            What::Metric(Metric::Concealed, share, TENTH),
        ),
        CODEC,
    ],
    more: &[WAITED, PACKETS, AGAIN, NACK],
};

pub(super) static PICTURE: Table = Table {
    title: "Picture",
    receiving: StreamKind::InboundVideo,
    sending: StreamKind::OutboundVideo,
    rows: &[
        row(
            "Bitrate",
            Both,
            What::Metric(Metric::Bitrate, bits, 500_000.0),
        ),
        row("Resolution", Both, Text(pixels)),
        row(
            "Frame rate",
            Both,
            What::Metric(Metric::FramesPerSecond, frames, 30.0),
        ),
        LOST,
        row("Stood still", Receiving, Standstill),
        row("Held back by", Sending, Text(limitation)),
        CODEC,
    ],
    more: &[
        row(
            "Work for a picture",
            Both,
            What::Metric(Metric::CodingTime, millis, 0.03),
        ),
        row(
            "Not shown",
            Receiving,
            What::Metric(Metric::FramesDropped, rate, 10.0),
        ),
        JITTER,
        WAITED,
        PACKETS,
        AGAIN,
        NACK,
        row("Pictures asked for (PLI)", Both, Count(Metric::Pli)),
    ],
};

pub(super) static TABLES: [&Table; 2] = [&SOUND, &PICTURE];

pub(super) static CONNECTION: [Line; 7] = [
    drawn(
        "Round-trip time",
        |q| millis(q.round_trip_time),
        Series::RoundTripTime,
        0.1,
    ),
    line("Route", route),
    drawn(
        "Receiving in all",
        |q| bits(q.total_bitrate_in),
        Series::TotalBitrateIn,
        500_000.0,
    ),
    drawn(
        "Sending in all",
        |q| bits(q.total_bitrate_out),
        Series::TotalBitrateOut,
        500_000.0,
    ),
    drawn(
        "Your way carries (estimate)",
        |q| {
            bits(
                q.candidate_pair
                    .as_ref()
                    .and_then(|route| route.available_outgoing_bitrate),
            )
        },
        Series::AvailableOutgoingBitrate,
        500_000.0,
    ),
    line("Your end", |q| {
        end(q.candidate_pair.as_ref().map(|route| &route.local))
    }),
    line("Their end", |q| {
        end(q.candidate_pair.as_ref().map(|route| &route.remote))
    }),
];

pub(super) static ENCRYPTION: [Line; 5] = [
    line("Key exchange", |q| text(q.security.dtls_version.as_ref())),
    line("Its cipher", |q| text(q.security.dtls_cipher.as_ref())),
    line("Media", |q| text(q.security.srtp_cipher.as_ref())),
    line("Your fingerprint", |q| {
        text(q.security.local_fingerprint.as_ref())
    }),
    line("Their fingerprint", |q| {
        text(q.security.remote_fingerprint.as_ref())
    }),
];

/// Both ends' addresses: only for who asks.
pub(super) fn addresses(quality: &IntervalStats) -> String {
    let of = |end: Option<&Candidate>| {
        let address = end.and_then(|end| Some((end.address.as_ref()?, end.port)));
        match address {
            Some((address, Some(port))) => format!("{address} port {port}"),
            Some((address, None)) => address.clone(),
            None => unknown(),
        }
    };
    let route = quality.candidate_pair.as_ref();
    format!(
        "Yours {}, theirs {}.",
        of(route.map(|route| &route.local)),
        of(route.map(|route| &route.remote))
    )
}

pub(super) fn unknown() -> String {
    "–".to_owned()
}

fn text(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(unknown)
}

fn route(quality: &IntervalStats) -> String {
    let Some(route) = &quality.candidate_pair else {
        return unknown();
    };
    let kinds = [&route.local, &route.remote].map(|end| end.candidate_type.as_deref());
    let way = match kinds {
        [Some("relay"), _] | [_, Some("relay")] => "Relayed",
        [Some(_), Some(_)] => "Direct",
        _ => return unknown(),
    };
    let protocol = route.relay_protocol.as_ref().or(route.protocol.as_ref());
    match protocol {
        Some(protocol) => format!("{way}, {}", protocol.to_ascii_uppercase()),
        None => way.to_owned(),
    }
}

fn end(end: Option<&Candidate>) -> String {
    let Some(kind) = end.and_then(|end| end.candidate_type.as_deref()) else {
        return unknown();
    };
    let kind = match kind {
        "host" => "host",
        "srflx" | "prflx" => "behind a NAT",
        "relay" => "relay",
        other => other,
    };
    match end.and_then(|end| end.network_type.as_ref()) {
        Some(network) => format!("{kind}, {network}"),
        None => kind.to_owned(),
    }
}

fn codec(flow: Option<&StreamStats>) -> String {
    let Some(codec) = flow.and_then(|flow| flow.codec.as_ref()) else {
        return unknown();
    };
    match flow.and_then(|flow| flow.power_efficient) {
        Some(true) => format!("{codec}, hardware"),
        Some(false) => format!("{codec}, software"),
        None => codec.clone(),
    }
}

fn limitation(flow: Option<&StreamStats>) -> String {
    match flow.and_then(|flow| flow.quality_limitation_reason.as_deref()) {
        None => unknown(),
        Some("none") => "nothing".to_owned(),
        Some("cpu") => "this device".to_owned(),
        Some("bandwidth") => "the network".to_owned(),
        Some(_) => "something else".to_owned(),
    }
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(unknown, |share| format!("{} %", decimal(share * 100.0, 1)))
}

fn millis(seconds: Option<f64>) -> String {
    seconds.map_or_else(unknown, |seconds| {
        let millis = seconds * 1000.0;
        if millis < 10.0 {
            format!("{} ms", decimal(millis, 1))
        } else {
            format!("{} ms", whole(millis))
        }
    })
}

fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(unknown, |rate| format!("{}/s", whole(rate)))
}

fn bits(bits: Option<f64>) -> String {
    bits.map_or_else(unknown, |bits| {
        if bits >= 1_000_000.0 {
            format!("{} Mbit/s", decimal(bits / 1_000_000.0, 2))
        } else {
            format!("{} kbit/s", whole(bits / 1_000.0))
        }
    })
}

fn frames(rate: Option<f64>) -> String {
    rate.map_or_else(unknown, |rate| format!("{} fps", whole(rate)))
}

fn pixels(flow: Option<&StreamStats>) -> String {
    flow.and_then(|flow| flow.resolution)
        .map_or_else(unknown, |(width, height)| format!("{width}×{height}"))
}
