//! What the panel says where, and how it reads.

use wimpex_quality::{CandidateEnd, Flow, Quality, Series};

use crate::ui::words::{decimal, whole};

/// A number: how it reads, and its line, with the value that its top is at least.
pub(super) struct Cell {
    pub(super) read: fn(&Quality) -> String,
    pub(super) series: Option<(Series, f64)>,
}

/// What is there of both directions.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) arrives: Option<Cell>,
    pub(super) leaves: Option<Cell>,
}

/// What is of neither.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) cell: Cell,
}

const fn plain(read: fn(&Quality) -> String) -> Option<Cell> {
    Some(Cell { read, series: None })
}

const fn drawn(read: fn(&Quality) -> String, series: Series, least: f64) -> Option<Cell> {
    Some(Cell {
        read,
        series: Some((series, least)),
    })
}

const fn row(name: &'static str, arrives: Option<Cell>, leaves: Option<Cell>) -> Row {
    Row {
        name,
        arrives,
        leaves,
    }
}

const fn line(name: &'static str, read: fn(&Quality) -> String) -> Line {
    let cell = Cell { read, series: None };
    Line { name, cell }
}

/// A tenth of all packets: more is drawn at the top.
const TENTH: f64 = 0.1;

pub(super) static SOUND: [Row; 8] = [
    row(
        "Bitrate",
        drawn(|q| bitrate(q.sound_in.as_ref()), Series::SoundIn, 50_000.0),
        drawn(
            |q| bitrate(q.sound_out.as_ref()),
            Series::SoundOut,
            50_000.0,
        ),
    ),
    row(
        "Lost",
        drawn(
            |q| share(q.sound_in.as_ref(), |f| f.loss),
            Series::SoundLossIn,
            TENTH,
        ),
        drawn(
            |q| share(q.sound_out.as_ref(), |f| f.loss),
            Series::SoundLossOut,
            TENTH,
        ),
    ),
    row(
        "Jitter",
        drawn(
            |q| time(q.sound_in.as_ref(), |f| f.jitter),
            Series::SoundJitterIn,
            0.05,
        ),
        plain(|q| time(q.sound_out.as_ref(), |f| f.jitter)),
    ),
    row(
        "Packets",
        plain(|q| rate(q.sound_in.as_ref(), |f| f.packets)),
        plain(|q| rate(q.sound_out.as_ref(), |f| f.packets)),
    ),
    row(
        "Waited in the buffer",
        plain(|q| time(q.sound_in.as_ref(), |f| f.waited)),
        None,
    ),
    row(
        "Made up",
        plain(|q| share(q.sound_in.as_ref(), |f| f.concealed)),
        None,
    ),
    row(
        "Sent again",
        plain(|q| rate(q.sound_in.as_ref(), |f| f.again)),
        plain(|q| rate(q.sound_out.as_ref(), |f| f.again)),
    ),
    row(
        "Codec",
        plain(|q| codec(q.sound_in.as_ref())),
        plain(|q| codec(q.sound_out.as_ref())),
    ),
];

pub(super) static PICTURE: [Row; 14] = [
    row(
        "Bitrate",
        drawn(
            |q| bitrate(q.picture_in.as_ref()),
            Series::PictureIn,
            500_000.0,
        ),
        drawn(
            |q| bitrate(q.picture_out.as_ref()),
            Series::PictureOut,
            500_000.0,
        ),
    ),
    row(
        "Resolution",
        plain(|q| pixels(q.picture_in.as_ref())),
        plain(|q| pixels(q.picture_out.as_ref())),
    ),
    row(
        "Frame rate",
        drawn(|q| frames(q.picture_in.as_ref()), Series::FramesIn, 30.0),
        drawn(|q| frames(q.picture_out.as_ref()), Series::FramesOut, 30.0),
    ),
    row(
        "Lost",
        drawn(
            |q| share(q.picture_in.as_ref(), |f| f.loss),
            Series::PictureLossIn,
            TENTH,
        ),
        drawn(
            |q| share(q.picture_out.as_ref(), |f| f.loss),
            Series::PictureLossOut,
            TENTH,
        ),
    ),
    row(
        "Stood still",
        plain(|q| minute(q.picture_in.as_ref(), |f| f.freezes)),
        None,
    ),
    row(
        "Not shown",
        plain(|q| rate(q.picture_in.as_ref(), |f| f.dropped)),
        None,
    ),
    row(
        "Held back by",
        None,
        plain(|q| limitation(q.picture_out.as_ref())),
    ),
    row(
        "Work for a picture",
        plain(|q| time(q.picture_in.as_ref(), |f| f.work)),
        plain(|q| time(q.picture_out.as_ref(), |f| f.work)),
    ),
    row(
        "Jitter",
        plain(|q| time(q.picture_in.as_ref(), |f| f.jitter)),
        plain(|q| time(q.picture_out.as_ref(), |f| f.jitter)),
    ),
    row(
        "Packets",
        plain(|q| rate(q.picture_in.as_ref(), |f| f.packets)),
        plain(|q| rate(q.picture_out.as_ref(), |f| f.packets)),
    ),
    row(
        "Sent again",
        plain(|q| rate(q.picture_in.as_ref(), |f| f.again)),
        plain(|q| rate(q.picture_out.as_ref(), |f| f.again)),
    ),
    row(
        "Packets asked for (NACK)",
        plain(|q| rate(q.picture_in.as_ref(), |f| f.nack)),
        plain(|q| rate(q.picture_out.as_ref(), |f| f.nack)),
    ),
    row(
        "Pictures asked for (PLI)",
        plain(|q| minute(q.picture_in.as_ref(), |f| f.pli)),
        plain(|q| minute(q.picture_out.as_ref(), |f| f.pli)),
    ),
    row(
        "Codec",
        plain(|q| codec(q.picture_in.as_ref())),
        plain(|q| codec(q.picture_out.as_ref())),
    ),
];

pub(super) static CONNECTION: [Line; 7] = [
    Line {
        name: "Round-trip time",
        cell: Cell {
            read: |q| millis(q.round_trip),
            series: Some((Series::RoundTrip, 0.1)),
        },
    },
    line("Route", route),
    line("Receiving in all", |q| bits(q.whole_in)),
    line("Sending in all", |q| bits(q.whole_out)),
    line("Room for more", |q| {
        bits(q.route.as_ref().and_then(|route| route.available))
    }),
    line("Your end", |q| {
        end(q.route.as_ref().map(|route| &route.local))
    }),
    line("Their end", |q| {
        end(q.route.as_ref().map(|route| &route.remote))
    }),
];

pub(super) static ENCRYPTION: [Line; 5] = [
    line("Key exchange", |q| text(q.security.version.as_ref())),
    line("Its cipher", |q| text(q.security.dtls_cipher.as_ref())),
    line("Media", |q| text(q.security.srtp_cipher.as_ref())),
    line("Your fingerprint", |q| {
        text(q.security.own_fingerprint.as_ref())
    }),
    line("Their fingerprint", |q| {
        text(q.security.peer_fingerprint.as_ref())
    }),
];

/// Both ends' addresses: only for who asks.
pub(super) fn addresses(quality: &Quality) -> String {
    let of = |end: Option<&CandidateEnd>| text(end.and_then(|end| end.address.as_ref()));
    let route = quality.route.as_ref();
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

fn route(quality: &Quality) -> String {
    let Some(route) = &quality.route else {
        return unknown();
    };
    let kinds = [&route.local, &route.remote].map(|end| end.kind.as_deref());
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

fn end(end: Option<&CandidateEnd>) -> String {
    let Some(kind) = end.and_then(|end| end.kind.as_deref()) else {
        return unknown();
    };
    let kind = match kind {
        "host" => "host",
        "srflx" | "prflx" => "behind a NAT",
        "relay" => "relay",
        other => other,
    };
    match end.and_then(|end| end.network.as_ref()) {
        Some(network) => format!("{kind}, {network}"),
        None => kind.to_owned(),
    }
}

fn codec(flow: Option<&Flow>) -> String {
    let Some(codec) = flow.and_then(|flow| flow.codec.as_ref()) else {
        return unknown();
    };
    match flow.and_then(|flow| flow.hardware) {
        Some(true) => format!("{codec}, hardware"),
        Some(false) => format!("{codec}, software"),
        None => codec.clone(),
    }
}

fn limitation(flow: Option<&Flow>) -> String {
    match flow.and_then(|flow| flow.limitation.as_deref()) {
        None => unknown(),
        Some("none") => "nothing".to_owned(),
        Some("cpu") => "this device".to_owned(),
        Some("bandwidth") => "the network".to_owned(),
        Some(_) => "something else".to_owned(),
    }
}

fn share(flow: Option<&Flow>, of: fn(&Flow) -> Option<f64>) -> String {
    flow.and_then(of)
        .map_or_else(unknown, |share| format!("{} %", decimal(share * 100.0, 1)))
}

fn time(flow: Option<&Flow>, of: fn(&Flow) -> Option<f64>) -> String {
    millis(flow.and_then(of))
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

fn rate(flow: Option<&Flow>, of: fn(&Flow) -> Option<f64>) -> String {
    flow.and_then(of)
        .map_or_else(unknown, |rate| format!("{}/s", whole(rate)))
}

fn minute(flow: Option<&Flow>, of: fn(&Flow) -> Option<f64>) -> String {
    flow.and_then(of)
        .map_or_else(unknown, |rate| format!("{}/min", whole(rate)))
}

fn bitrate(flow: Option<&Flow>) -> String {
    bits(flow.and_then(|flow| flow.bitrate))
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

fn pixels(flow: Option<&Flow>) -> String {
    flow.and_then(|flow| flow.resolution)
        .map_or_else(unknown, |(width, height)| format!("{width}×{height}"))
}

fn frames(flow: Option<&Flow>) -> String {
    flow.and_then(|flow| flow.frame_rate)
        .map_or_else(unknown, |rate| format!("{} fps", whole(rate)))
}
