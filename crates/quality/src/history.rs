//! The last two minutes of what the panel draws.

use std::collections::VecDeque;

use crate::interval::{IntervalStats, Metric, StreamKind};

/// How far back it goes: readings, one a second.
pub const HISTORY_SECONDS: usize = 120;

/// A number over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// One of a stream's.
    Stream(StreamKind, Metric),
    /// [`IntervalStats::round_trip`].
    RoundTrip,
    /// [`IntervalStats::total_bitrate_in`].
    TotalBitrateIn,
    /// [`IntervalStats::total_bitrate_out`].
    TotalBitrateOut,
    /// What the browser thinks that the way carries
    /// ([`crate::CandidatePair::available`]).
    Available,
}

const STREAMS: [StreamKind; 4] = [
    StreamKind::InboundAudio,
    StreamKind::OutboundAudio,
    StreamKind::InboundVideo,
    StreamKind::OutboundVideo,
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

/// Those of no stream.
const OTHERS: usize = 4;
const ALL: usize = STREAMS.len() * METRICS.len() + OTHERS;

impl Series {
    /// Its place in a row.
    fn place(self) -> usize {
        let streams = STREAMS.len() * METRICS.len();
        match self {
            Self::Stream(media, number) => media as usize * METRICS.len() + number as usize,
            Self::RoundTrip => streams,
            Self::TotalBitrateIn => streams + 1,
            Self::TotalBitrateOut => streams + 2,
            Self::Available => streams + 3,
        }
    }
}

/// The numbers of the last readings, oldest first; what is unknown is NaN, which takes half
/// the room, and the whole is copied each second while somebody looks at it.
#[derive(Clone, Debug, Default)]
pub struct History(VecDeque<[f32; ALL]>);

impl History {
    /// One more reading; the oldest goes when there are too many.
    pub fn add(&mut self, quality: &IntervalStats) {
        let mut row = [f32::NAN; ALL];
        let mut put = |series: Series, value: Option<f64>| {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "a line is a few pixels high"
            )]
            if let Some(value) = value {
                row[series.place()] = value as f32;
            }
        };
        for media in STREAMS {
            let Some(flow) = quality.stream(media) else {
                continue;
            };
            for number in METRICS {
                put(Series::Stream(media, number), flow.metric(number));
            }
        }
        put(Series::RoundTrip, quality.round_trip_time);
        put(Series::TotalBitrateIn, quality.total_bitrate_in);
        put(Series::TotalBitrateOut, quality.total_bitrate_out);
        let route = quality.candidate_pair.as_ref();
        put(
            Series::Available,
            route.and_then(|route| route.available_outgoing_bitrate),
        );
        if self.0.len() == HISTORY_SECONDS {
            self.0.pop_front();
        }
        self.0.push_back(row);
    }

    /// One series, oldest first.
    pub fn of(&self, series: Series) -> impl DoubleEndedIterator<Item = Option<f64>> {
        let place = series.place();
        self.0
            .iter()
            .map(move |row| Some(f64::from(row[place])).filter(|value| value.is_finite()))
    }

    /// The sum over the last minute, and of how many of its readings that is; unknown where
    /// none of them tells.
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
    fn each_series_has_a_place_of_its_own() {
        for (index, number) in METRICS.into_iter().enumerate() {
            assert_eq!(number as usize, index);
        }
        let mut places: Vec<usize> = STREAMS
            .into_iter()
            .flat_map(|media| METRICS.map(|number| Series::Stream(media, number)))
            .chain([
                Series::RoundTrip,
                Series::TotalBitrateIn,
                Series::TotalBitrateOut,
                Series::Available,
            ])
            .map(Series::place)
            .collect();
        places.sort_unstable();
        assert_eq!(places, (0..ALL).collect::<Vec<_>>());
    }
}
