//! The last two minutes of what the panel draws.

use std::collections::VecDeque;

use crate::interval::{IntervalStats, Metric, StreamKind};

/// How many readings are kept, one per second.
pub const HISTORY_SECONDS: usize = 120;

/// Names a number over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// A number of one stream.
    Stream(StreamKind, Metric),
    /// [`IntervalStats::round_trip_time`].
    RoundTripTime,
    /// [`IntervalStats::total_bitrate_in`].
    TotalBitrateIn,
    /// [`IntervalStats::total_bitrate_out`].
    TotalBitrateOut,
    /// [`crate::CandidatePair::available_outgoing_bitrate`].
    AvailableOutgoingBitrate,
}

const STREAMS: [StreamKind; 6] = [
    StreamKind::InboundAudio,
    StreamKind::OutboundAudio,
    StreamKind::InboundVideo,
    StreamKind::OutboundVideo,
    StreamKind::InboundScreen,
    StreamKind::OutboundScreen,
];

const METRICS: [Metric; 14] = [
    Metric::Bitrate,
    Metric::PacketRate,
    Metric::FractionLost,
    Metric::Jitter,
    Metric::JitterBufferDelay,
    Metric::Concealed,
    Metric::FreezeCount,
    Metric::FreezeDuration,
    Metric::FramesPerSecond,
    Metric::FramesDropped,
    Metric::CodingTime,
    Metric::Retransmitted,
    Metric::Nack,
    Metric::Pli,
];

/// How many series belong to no stream.
const OTHERS: usize = 4;
const ALL: usize = STREAMS.len() * METRICS.len() + OTHERS;

impl Series {
    /// Its index in a row.
    fn index(self) -> usize {
        let streams = STREAMS.len() * METRICS.len();
        match self {
            Self::Stream(kind, metric) => kind as usize * METRICS.len() + metric as usize,
            Self::RoundTripTime => streams,
            Self::TotalBitrateIn => streams + 1,
            Self::TotalBitrateOut => streams + 2,
            Self::AvailableOutgoingBitrate => streams + 3,
        }
    }
}

/// The numbers of the last readings, oldest first.
///
/// In here unknown is NaN, which takes half the room of an `Option`: the whole is copied each
/// second while somebody looks at it.
#[derive(Clone, Debug, Default)]
pub struct History(VecDeque<[f32; ALL]>);

impl History {
    /// Adds one more reading; of more than [`HISTORY_SECONDS`] the oldest goes.
    pub fn add(&mut self, stats: &IntervalStats) {
        let mut row = [f32::NAN; ALL];
        let mut put = |series: Series, value: Option<f64>| {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "a line is a few pixels high"
            )]
            if let Some(value) = value {
                row[series.index()] = value as f32;
            }
        };
        for kind in STREAMS {
            let Some(stream) = stats.stream(kind) else {
                continue;
            };
            for metric in METRICS {
                put(Series::Stream(kind, metric), stream.metric(metric));
            }
        }
        put(Series::RoundTripTime, stats.round_trip_time);
        put(Series::TotalBitrateIn, stats.total_bitrate_in);
        put(Series::TotalBitrateOut, stats.total_bitrate_out);
        let pair = stats.candidate_pair.as_ref();
        put(
            Series::AvailableOutgoingBitrate,
            pair.and_then(|pair| pair.available_outgoing_bitrate),
        );
        if self.0.len() == HISTORY_SECONDS {
            self.0.pop_front();
        }
        self.0.push_back(row);
    }

    /// The values of a series, oldest first, in the unit of its field.
    pub fn of(&self, series: Series) -> impl DoubleEndedIterator<Item = Option<f64>> {
        let index = series.index();
        self.0
            .iter()
            .map(move |row| Some(f64::from(row[index])).filter(|value| value.is_finite()))
    }

    /// The sum of a series over the last 60 readings, and in how many of them it is known;
    /// `None` if in none.
    pub fn last_minute(&self, series: Series) -> Option<(f64, usize)> {
        let known = self.of(series).rev().take(60).flatten();
        let (sum, count) = known.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
        (count > 0).then_some((sum, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_series_has_an_index_of_its_own() {
        for (index, metric) in METRICS.into_iter().enumerate() {
            assert_eq!(metric as usize, index);
        }
        let mut indices: Vec<usize> = STREAMS
            .into_iter()
            .flat_map(|kind| METRICS.map(|metric| Series::Stream(kind, metric)))
            .chain([
                Series::RoundTripTime,
                Series::TotalBitrateIn,
                Series::TotalBitrateOut,
                Series::AvailableOutgoingBitrate,
            ])
            .map(Series::index)
            .collect();
        indices.sort_unstable();
        assert_eq!(indices, (0..ALL).collect::<Vec<_>>());
    }
}
