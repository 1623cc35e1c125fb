//! The last two minutes of what the panel draws.

use std::collections::VecDeque;

use crate::quality::{Media, Number, Quality};

/// How far back it goes: readings, one a second.
pub const SECONDS: usize = 120;

/// A number over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// One of a stream's.
    Of(Media, Number),
    /// [`Quality::round_trip`].
    RoundTrip,
    /// [`Quality::whole_in`].
    WholeIn,
    /// [`Quality::whole_out`].
    WholeOut,
    /// What the browser thinks that the way carries
    /// ([`crate::Route::available`]).
    Available,
}

const MEDIA: [Media; 4] = [
    Media::SoundIn,
    Media::SoundOut,
    Media::PictureIn,
    Media::PictureOut,
];

const NUMBERS: [Number; 14] = [
    Number::Bitrate,
    Number::Packets,
    Number::Loss,
    Number::Jitter,
    Number::Waited,
    Number::Concealed,
    Number::Freezes,
    Number::Frozen,
    Number::FrameRate,
    Number::Dropped,
    Number::Work,
    Number::Again,
    Number::Nack,
    Number::Pli,
];

/// Those of no stream.
const OTHERS: usize = 4;
const ALL: usize = MEDIA.len() * NUMBERS.len() + OTHERS;

impl Series {
    /// Its place in a row.
    fn place(self) -> usize {
        let streams = MEDIA.len() * NUMBERS.len();
        match self {
            Self::Of(media, number) => media as usize * NUMBERS.len() + number as usize,
            Self::RoundTrip => streams,
            Self::WholeIn => streams + 1,
            Self::WholeOut => streams + 2,
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
    pub fn add(&mut self, quality: &Quality) {
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
        for media in MEDIA {
            let Some(flow) = quality.flow(media) else {
                continue;
            };
            for number in NUMBERS {
                put(Series::Of(media, number), flow.number(number));
            }
        }
        put(Series::RoundTrip, quality.round_trip);
        put(Series::WholeIn, quality.whole_in);
        put(Series::WholeOut, quality.whole_out);
        let route = quality.route.as_ref();
        put(Series::Available, route.and_then(|route| route.available));
        if self.0.len() == SECONDS {
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
        for (index, number) in NUMBERS.into_iter().enumerate() {
            assert_eq!(number as usize, index);
        }
        let mut places: Vec<usize> = MEDIA
            .into_iter()
            .flat_map(|media| NUMBERS.map(|number| Series::Of(media, number)))
            .chain([
                Series::RoundTrip,
                Series::WholeIn,
                Series::WholeOut,
                Series::Available,
            ])
            .map(Series::place)
            .collect();
        places.sort_unstable();
        assert_eq!(places, (0..ALL).collect::<Vec<_>>());
    }
}
