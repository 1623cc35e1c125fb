//! The words of the quality panel: its headings and labels, and how its values read.

use wimpex_quality::{Candidate, CandidatePair, StreamStats};

use super::{decimal, whole};

/// The panel's name.
pub const TITLE: &str = "Call quality";
/// Copies all numbers.
pub const COPY: &str = "Copy";
/// The same button once it has.
pub const COPIED: &str = "Copied";
/// Closes the panel.
pub const CLOSE: &str = "Close";
/// Where there is no rating yet.
pub const NO_RATING: &str = "Not enough data yet.";

/// The title of a table.
pub const AUDIO: &str = "Sound";
/// The title of a table.
pub const VIDEO: &str = "Picture";
/// The title of a table.
pub const SCREEN: &str = "Screen";
/// Opens more rows of the third.
pub const MORE_SCREEN: &str = "More numbers of screen";
/// Opens more rows of the first.
pub const MORE_AUDIO: &str = "More numbers of sound";
/// Opens more rows of the second.
pub const MORE_VIDEO: &str = "More numbers of picture";

/// The labels of the tables' rows.
pub mod row {
    #![allow(missing_docs, reason = "they are what they say")]

    pub const BITRATE: &str = "Bitrate";
    pub const PACKET_LOSS: &str = "Packet loss";
    pub const JITTER: &str = "Jitter";
    pub const JITTER_BUFFER: &str = "Jitter buffer";
    pub const PACKETS: &str = "Packets";
    pub const RETRANSMITTED: &str = "Retransmitted";
    pub const NACK: &str = "Retransmission requests (NACK)";
    pub const CODEC: &str = "Codec";
    pub const CONCEALED: &str = "Concealed";
    pub const RESOLUTION: &str = "Resolution";
    pub const FRAME_RATE: &str = "Frame rate";
    pub const FREEZES: &str = "Freezes";
    pub const LIMITED_BY: &str = "Limited by";
    pub const CODING_TIME: &str = "Decode/encode time";
    pub const DROPPED_FRAMES: &str = "Dropped frames";
    pub const PLI: &str = "Keyframe requests (PLI)";
}

/// The heading of the numbers that belong to no stream.
pub const CONNECTION: &str = "Connection";
/// The heading of what protects the call.
pub const ENCRYPTION: &str = "Encryption";
/// Opens both sides' addresses.
pub const NETWORK_ADDRESSES: &str = "Network addresses";

/// The labels of what belongs to no stream.
pub mod line {
    #![allow(missing_docs, reason = "they are what they say")]

    pub const ROUND_TRIP_TIME: &str = "Round-trip time";
    pub const ROUTE: &str = "Route";
    pub const TOTAL_IN: &str = "Total received";
    pub const TOTAL_OUT: &str = "Total sent";
    pub const ESTIMATED_BANDWIDTH: &str = "Estimated bandwidth";
    pub const LOCAL: &str = "Your end";
    pub const REMOTE: &str = "Their end";
    pub const KEY_EXCHANGE: &str = "Key exchange";
    pub const DTLS_CIPHER: &str = "DTLS cipher";
    pub const SRTP_CIPHER: &str = "Media cipher (SRTP)";
    pub const LOCAL_FINGERPRINT: &str = "Your fingerprint";
    pub const REMOTE_FINGERPRINT: &str = "Their fingerprint";
}

/// A row of a table in the text that [`COPY`] copies.
pub fn row_as_text(
    table: &str,
    label: &str,
    receiving: Option<String>,
    sending: Option<String>,
) -> String {
    let receiving = receiving.map_or_else(String::new, |value| format!(" receiving {value}"));
    let sending = sending.map_or_else(String::new, |value| format!(" sending {value}"));
    format!("{table}, {label}:{receiving}{sending}\n")
}

/// A line that belongs to no table, likewise.
pub fn line_as_text(label: &str, value: &str) -> String {
    format!("{label}: {value}\n")
}

/// The offer to send no video over a network that hardly carries any.
pub const PAUSE_OFFER: &str = "Your network can barely carry audio and video.";
/// Takes it.
pub const PAUSE: &str = "Pause my picture";
/// Declines it.
pub const NOT_NOW: &str = "Not now";

/// What is not known.
pub fn unknown() -> String {
    "–".to_owned()
}

/// A text, if it is known.
pub fn text(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(unknown)
}

/// A fraction, 0 to 1.
pub fn percent(fraction: Option<f64>) -> String {
    fraction.map_or_else(unknown, |fraction| {
        format!("{}%", decimal(fraction * 100.0, 1))
    })
}

/// A time in seconds.
pub fn millis(seconds: Option<f64>) -> String {
    seconds.map_or_else(unknown, |seconds| {
        let millis = seconds * 1000.0;
        if millis < 10.0 {
            format!("{} ms", decimal(millis, 1))
        } else {
            format!("{} ms", whole(millis))
        }
    })
}

/// A number per second.
pub fn per_second(rate: Option<f64>) -> String {
    rate.map_or_else(unknown, |rate| format!("{}/s", whole(rate)))
}

/// Frames per second.
pub fn frame_rate(rate: Option<f64>) -> String {
    rate.map_or_else(unknown, |rate| format!("{} fps", whole(rate)))
}

/// Bits per second.
pub fn bitrate(bits: Option<f64>) -> String {
    bits.map_or_else(unknown, |bits| {
        if bits >= 1_000_000.0 {
            format!("{} Mbit/s", decimal(bits / 1_000_000.0, 2))
        } else {
            format!("{} kbit/s", whole(bits / 1_000.0))
        }
    })
}

/// A count over the last minute.
pub fn last_minute(count: Option<f64>) -> String {
    count.map_or_else(unknown, |count| {
        format!("{} in the last minute", whole(count))
    })
}

/// Freezes over the last minute: how many, and the fraction of the time that they took.
pub fn freezes(count: Option<f64>, fraction: Option<f64>) -> String {
    match (count, fraction) {
        (Some(count), Some(fraction)) => format!(
            "{} in the last minute, {}% of the time",
            whole(count),
            whole((fraction * 100.0).min(100.0))
        ),
        (count, _) => last_minute(count),
    }
}

/// A stream's width and height.
pub fn resolution(stream: Option<&StreamStats>) -> String {
    stream
        .and_then(|stream| stream.resolution)
        .map_or_else(unknown, |(width, height)| format!("{width}×{height}"))
}

/// A stream's codec, and what runs it.
pub fn codec(stream: Option<&StreamStats>) -> String {
    let Some(codec) = stream.and_then(|stream| stream.codec.as_ref()) else {
        return unknown();
    };
    match stream.and_then(|stream| stream.power_efficient) {
        Some(true) => format!("{codec}, hardware"),
        Some(false) => format!("{codec}, software"),
        None => codec.clone(),
    }
}

/// What limits a stream's encoder.
pub fn limited_by(stream: Option<&StreamStats>) -> String {
    match stream.and_then(|stream| stream.quality_limitation_reason.as_deref()) {
        None => unknown(),
        Some("none") => "nothing".to_owned(),
        Some("cpu") => "this device".to_owned(),
        Some("bandwidth") => "the network".to_owned(),
        Some(_) => "something else".to_owned(),
    }
}

/// Whether the call is relayed, and over which protocol.
pub fn route(pair: Option<&CandidatePair>) -> String {
    let Some(pair) = pair else {
        return unknown();
    };
    let types = [&pair.local, &pair.remote].map(|end| end.candidate_type.as_deref());
    let route = match types {
        [Some("relay"), _] | [_, Some("relay")] => "Relayed",
        [Some(_), Some(_)] => "Direct",
        _ => return unknown(),
    };
    let protocol = pair.relay_protocol.as_ref().or(pair.protocol.as_ref());
    match protocol {
        Some(protocol) => format!("{route}, {}", protocol.to_ascii_uppercase()),
        None => route.to_owned(),
    }
}

/// How one side is connected.
pub fn end(candidate: Option<&Candidate>) -> String {
    let Some(kind) = candidate.and_then(|it| it.candidate_type.as_deref()) else {
        return unknown();
    };
    let kind = match kind {
        "srflx" | "prflx" => "behind a NAT",
        other => other,
    };
    match candidate.and_then(|it| it.network_type.as_ref()) {
        Some(network) => format!("{kind}, {network}"),
        None => kind.to_owned(),
    }
}

/// Both sides' addresses.
pub fn addresses(pair: Option<&CandidatePair>) -> String {
    let address = |end: fn(&CandidatePair) -> &Candidate| {
        let end = pair.map(end);
        match end.and_then(|end| Some((end.address.as_ref()?, end.port))) {
            Some((address, Some(port))) => format!("{address} port {port}"),
            Some((address, None)) => address.clone(),
            None => unknown(),
        }
    };
    let (local, remote) = (address(|pair| &pair.local), address(|pair| &pair.remote));
    format!("Yours {local}, theirs {remote}.")
}
