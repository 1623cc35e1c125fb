//! Which numbers the panel shows, and where.

use wimpex_quality::{IntervalStats, Metric, Series, StreamKind, StreamStats};

use crate::session::stats::QualitySnapshot;
use crate::ui::words::quality_panel::{
    self as words, bitrate, frame_rate, line, millis, per_second, percent, row,
};

/// What a row shows of one stream.
#[derive(Clone, Copy)]
pub(super) enum Cell {
    /// A number of the last interval, how it reads, and the value that its line's top stands
    /// for at least.
    Metric(Metric, fn(Option<f64>) -> String, f64),
    /// A count, over the last minute.
    Count(Metric),
    /// How often and how long video froze in the last minute.
    Freezes,
    /// Something that is not a number.
    Text(fn(Option<&StreamStats>) -> String),
}

/// Which directions a row is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Directions {
    Both,
    Receiving,
    Sending,
}

pub(super) struct Row {
    pub(super) label: &'static str,
    pub(super) cell: Cell,
    pub(super) directions: Directions,
}

/// The rows of audio, or of video. Those in `more` are rendered only while they are open.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) more_title: &'static str,
    pub(super) receiving: StreamKind,
    pub(super) sending: StreamKind,
    pub(super) rows: &'static [Row],
    pub(super) more: &'static [Row],
}

/// What belongs to no stream.
pub(super) struct Line {
    pub(super) label: &'static str,
    pub(super) read: fn(&IntervalStats) -> String,
    pub(super) series: Option<(Series, f64)>,
}

const fn new_row(label: &'static str, directions: Directions, cell: Cell) -> Row {
    Row {
        label,
        cell,
        directions,
    }
}

const fn new_line(label: &'static str, read: fn(&IntervalStats) -> String) -> Line {
    Line {
        label,
        read,
        series: None,
    }
}

const fn drawn(
    label: &'static str,
    read: fn(&IntervalStats) -> String,
    series: Series,
    least: f64,
) -> Line {
    Line {
        label,
        read,
        series: Some((series, least)),
    }
}

impl Table {
    /// Whether there is anything of it: a screen is seldom shown.
    pub(super) fn is_shown(&self, stats: &IntervalStats) -> bool {
        let is_screen = self.receiving == StreamKind::InboundScreen;
        let mut both = [self.receiving, self.sending].into_iter();
        !is_screen || both.any(|kind| stats.stream(kind).is_some_and(is_moving))
    }
}

/// What was never sent has no picture.
fn is_moving(stream: &StreamStats) -> bool {
    stream.resolution.is_some()
}

impl Row {
    /// How it reads for a stream of a direction that it is about.
    pub(super) fn read(&self, snapshot: &QualitySnapshot, kind: StreamKind) -> String {
        let stream = snapshot.reading.interval.stream(kind);
        let minute = |metric| snapshot.history.last_minute(Series::Stream(kind, metric));
        match self.cell {
            Cell::Metric(metric, reads, _) => reads(stream.and_then(|it| it.metric(metric))),
            Cell::Count(metric) => words::last_minute(minute(metric).map(|(count, _)| count)),
            Cell::Freezes => {
                let count = minute(Metric::FreezeCount).map(|(count, _)| count);
                let duration = minute(Metric::FreezeDuration);
                let duration = duration.filter(|_| count.is_some_and(|count| count > 0.0));
                words::freezes(
                    count,
                    duration.map(|(seconds, readings)| seconds / readings as f64),
                )
            }
            Cell::Text(reads) => reads(stream),
        }
    }

    /// What its line draws, and the value that its top stands for at least.
    pub(super) fn series(&self, kind: StreamKind) -> Option<(Series, f64)> {
        match self.cell {
            Cell::Metric(metric, _, least) => Some((Series::Stream(kind, metric), least)),
            Cell::Count(metric) => Some((Series::Stream(kind, metric), 2.0)),
            Cell::Freezes => Some((Series::Stream(kind, Metric::FreezeDuration), 1.0)),
            Cell::Text(_) => None,
        }
    }
}

/// A tenth is drawn at the top, and more as well.
const TENTH: f64 = 0.1;

use Cell::{Count, Freezes, Text};
use Directions::{Both, Receiving, Sending};

const PACKET_LOSS: Row = new_row(
    row::PACKET_LOSS,
    Both,
    Cell::Metric(Metric::FractionLost, percent, TENTH),
);
const JITTER: Row = new_row(
    row::JITTER,
    Both,
    Cell::Metric(Metric::Jitter, millis, 0.05),
);
const JITTER_BUFFER: Row = new_row(
    row::JITTER_BUFFER,
    Receiving,
    Cell::Metric(Metric::JitterBufferDelay, millis, 0.2),
);
const PACKETS: Row = new_row(
    row::PACKETS,
    Both,
    Cell::Metric(Metric::PacketRate, per_second, 50.0),
);
const RETRANSMITTED: Row = new_row(
    row::RETRANSMITTED,
    Both,
    Cell::Metric(Metric::Retransmitted, per_second, 10.0),
);
const NACK: Row = new_row(
    row::NACK,
    Both,
    Cell::Metric(Metric::Nack, per_second, 10.0),
);
const CODEC: Row = new_row(row::CODEC, Both, Text(words::codec));

pub(super) static AUDIO: Table = Table {
    title: words::AUDIO,
    more_title: words::MORE_AUDIO,
    receiving: StreamKind::InboundAudio,
    sending: StreamKind::OutboundAudio,
    rows: &[
        new_row(
            row::BITRATE,
            Both,
            Cell::Metric(Metric::Bitrate, bitrate, 50_000.0),
        ),
        PACKET_LOSS,
        JITTER,
        new_row(
            row::CONCEALED,
            Receiving,
            Cell::Metric(Metric::Concealed, percent, TENTH),
        ),
        CODEC,
    ],
    more: &[JITTER_BUFFER, PACKETS, RETRANSMITTED, NACK],
};

pub(super) static VIDEO: Table = Table {
    title: words::VIDEO,
    more_title: words::MORE_VIDEO,
    receiving: StreamKind::InboundVideo,
    sending: StreamKind::OutboundVideo,
    rows: &[
        new_row(
            row::BITRATE,
            Both,
            Cell::Metric(Metric::Bitrate, bitrate, 500_000.0),
        ),
        new_row(row::RESOLUTION, Both, Text(words::resolution)),
        new_row(
            row::FRAME_RATE,
            Both,
            Cell::Metric(Metric::FramesPerSecond, frame_rate, 30.0),
        ),
        PACKET_LOSS,
        new_row(row::FREEZES, Receiving, Freezes),
        new_row(row::LIMITED_BY, Sending, Text(words::limited_by)),
        CODEC,
    ],
    more: &[
        new_row(
            row::CODING_TIME,
            Both,
            Cell::Metric(Metric::CodingTime, millis, 0.03),
        ),
        new_row(
            row::DROPPED_FRAMES,
            Receiving,
            Cell::Metric(Metric::FramesDropped, per_second, 10.0),
        ),
        JITTER,
        JITTER_BUFFER,
        PACKETS,
        RETRANSMITTED,
        NACK,
        new_row(row::PLI, Both, Count(Metric::Pli)),
    ],
};

/// A screen beside the camera: as that, but for what is measured of neither.
pub(super) static SCREEN: Table = Table {
    title: words::SCREEN,
    more_title: words::MORE_SCREEN,
    receiving: StreamKind::InboundScreen,
    sending: StreamKind::OutboundScreen,
    rows: VIDEO.rows,
    more: VIDEO.more,
};

pub(super) static TABLES: [&Table; 3] = [&AUDIO, &VIDEO, &SCREEN];

pub(super) static CONNECTION: [Line; 7] = [
    drawn(
        line::ROUND_TRIP_TIME,
        |stats| millis(stats.round_trip_time),
        Series::RoundTripTime,
        0.1,
    ),
    new_line(line::ROUTE, |stats| {
        words::route(stats.candidate_pair.as_ref())
    }),
    drawn(
        line::TOTAL_IN,
        |stats| bitrate(stats.total_bitrate_in),
        Series::TotalBitrateIn,
        500_000.0,
    ),
    drawn(
        line::TOTAL_OUT,
        |stats| bitrate(stats.total_bitrate_out),
        Series::TotalBitrateOut,
        500_000.0,
    ),
    drawn(
        line::ESTIMATED_BANDWIDTH,
        |stats| {
            let pair = stats.candidate_pair.as_ref();
            bitrate(pair.and_then(|pair| pair.available_outgoing_bitrate))
        },
        Series::AvailableOutgoingBitrate,
        500_000.0,
    ),
    new_line(line::LOCAL, |stats| {
        words::end(stats.candidate_pair.as_ref().map(|pair| &pair.local))
    }),
    new_line(line::REMOTE, |stats| {
        words::end(stats.candidate_pair.as_ref().map(|pair| &pair.remote))
    }),
];

pub(super) static ENCRYPTION: [Line; 5] = [
    new_line(line::KEY_EXCHANGE, |stats| {
        words::text(stats.security.dtls_version.as_ref())
    }),
    new_line(line::DTLS_CIPHER, |stats| {
        words::text(stats.security.dtls_cipher.as_ref())
    }),
    new_line(line::SRTP_CIPHER, |stats| {
        words::text(stats.security.srtp_cipher.as_ref())
    }),
    new_line(line::LOCAL_FINGERPRINT, |stats| {
        words::text(stats.security.local_fingerprint.as_ref())
    }),
    new_line(line::REMOTE_FINGERPRINT, |stats| {
        words::text(stats.security.remote_fingerprint.as_ref())
    }),
];

/// Both ends' addresses: only for who asks.
pub(super) fn addresses(stats: &IntervalStats) -> String {
    words::addresses(stats.candidate_pair.as_ref())
}
