//! The last two minutes of what the panel draws.

use std::collections::VecDeque;

use crate::quality::{Flow, Quality};

/// How far back it goes: readings, one a second.
pub const SECONDS: usize = 120;

/// Numbers that are worth a line of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// [`Flow::bitrate`] of the sound that arrives.
    SoundIn,
    /// The same of the sound that leaves.
    SoundOut,
    /// [`Flow::bitrate`] of the picture that arrives.
    PictureIn,
    /// The same of the picture that leaves.
    PictureOut,
    /// [`Flow::loss`] of the sound that arrives.
    SoundLossIn,
    /// The same of the sound that leaves.
    SoundLossOut,
    /// [`Flow::loss`] of the picture that arrives.
    PictureLossIn,
    /// The same of the picture that leaves.
    PictureLossOut,
    /// [`Flow::jitter`] of the sound that arrives.
    SoundJitterIn,
    /// [`Flow::frame_rate`] of the picture that arrives.
    FramesIn,
    /// The same of the picture that leaves.
    FramesOut,
    /// [`Quality::round_trip`].
    RoundTrip,
}

const ALL: usize = 12;

/// The numbers of the last readings, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History(VecDeque<[Option<f64>; ALL]>);

impl History {
    /// One more reading; the oldest goes when there are too many.
    pub(crate) fn add(&mut self, quality: &Quality) {
        use Series::{
            FramesIn, FramesOut, PictureIn, PictureLossIn, PictureLossOut, PictureOut, RoundTrip,
            SoundIn, SoundJitterIn, SoundLossIn, SoundLossOut, SoundOut,
        };
        if self.0.len() == SECONDS {
            self.0.pop_front();
        }
        let mut values = [None; ALL];
        let of = |flow: &Option<Flow>, read: fn(&Flow) -> Option<f64>| flow.as_ref().and_then(read);
        let flows = [
            (SoundIn, SoundLossIn, &quality.sound_in),
            (SoundOut, SoundLossOut, &quality.sound_out),
            (PictureIn, PictureLossIn, &quality.picture_in),
            (PictureOut, PictureLossOut, &quality.picture_out),
        ];
        for (bitrate, loss, flow) in flows {
            values[bitrate as usize] = of(flow, |flow| flow.bitrate);
            values[loss as usize] = of(flow, |flow| flow.loss);
        }
        values[SoundJitterIn as usize] = of(&quality.sound_in, |flow| flow.jitter);
        values[FramesIn as usize] = of(&quality.picture_in, |flow| flow.frame_rate);
        values[FramesOut as usize] = of(&quality.picture_out, |flow| flow.frame_rate);
        values[RoundTrip as usize] = quality.round_trip;
        self.0.push_back(values);
    }

    /// One series, oldest first.
    pub fn of(&self, series: Series) -> impl DoubleEndedIterator<Item = Option<f64>> {
        self.0.iter().map(move |values| values[series as usize])
    }
}
