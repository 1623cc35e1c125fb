use std::borrow::Cow;

use crate::features::DenoiseFeatures;
use crate::rnn::{RnnModel, RnnState};
use crate::NB_BANDS;

/// Follows one sound, and says how much of each band is to be let through.
pub struct BandGains {
    /// Most recent gains.
    lastg: [f32; NB_BANDS],
    rnn: RnnState<'static>,
    feat: DenoiseFeatures,
}

impl BandGains {
    /// With the model that RNNoise comes with.
    pub fn new() -> Box<BandGains> {
        Box::new(BandGains {
            lastg: [0.0; NB_BANDS],
            rnn: RnnState::new(Cow::Owned(RnnModel::default())),
            feat: DenoiseFeatures::new(),
        })
    }

    /// Takes the next [`FRAME_SIZE`](crate::FRAME_SIZE) samples, which are in the range of an `i16`.
    /// Returns the gains of the bands for these and as many before them, and how likely they are a voice.
    /// The gains are `None` where there is no sound at all.
    pub fn process_frame(&mut self, input: &[f32]) -> (Option<[f32; NB_BANDS]>, f32) {
        self.feat.shift_and_filter_input(input);
        if self.feat.compute_frame_features() {
            return (None, 0.0);
        }
        let mut g = [0.0; NB_BANDS];
        let mut vad_prob = [0.0];
        self.rnn
            .compute(&mut g[..], &mut vad_prob[..], self.feat.features());
        for i in 0..NB_BANDS {
            g[i] = g[i].max(0.6 * self.lastg[i]);
            self.lastg[i] = g[i];
        }
        (Some(g), vad_prob[0])
    }
}
