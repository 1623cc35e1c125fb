//! The filter: short overlapping frames, whose bins get the gains of RNNoise's bands.

use std::f32::consts::PI;
use std::sync::Arc;

use nnnoiseless::{BandGains, EBAND_5MS, FRAME_SIZE, NB_BANDS};
use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// What the network has learned: samples a second.
pub const SAMPLE_RATE: u32 = 48_000;
/// Samples that an AudioWorklet is given at a time ("render quantum", W3C Web Audio API).
pub const QUANTUM: usize = 128;
/// How late the sound comes, in samples: 8 ms.
pub const DELAY: usize = WINDOW - QUANTUM;

/// Samples of a frame. Each sample is in four of them. The bins of fewer samples would be wider than the
/// lowest bands, which are 200 Hz apart.
const WINDOW: usize = 4 * QUANTUM;
const BINS: usize = WINDOW / 2 + 1;
/// The network's sounds are in the range of an `i16`.
const FULL_SCALE: f32 = 32_768.0;

/// Takes the noise out of one sound.
pub struct NoiseSuppressor {
    network: Box<BandGains>,
    /// What the network has not been given yet.
    waiting: Vec<f32>,
    /// Of the bins, as the network has said last.
    gains: [f32; BINS],
    voice: f32,
    window: [f32; WINDOW],
    /// The last samples that came.
    input: [f32; WINDOW],
    /// What is still to be added to by frames that come.
    output: [f32; WINDOW],
    frame: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl Default for NoiseSuppressor {
    fn default() -> Self {
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (
            planner.plan_fft_forward(WINDOW),
            planner.plan_fft_inverse(WINDOW),
        );
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        // The square root of a Hann window: used before and after, all frames together add up to 2.
        let window = std::array::from_fn(|at| (PI * at as f32 / WINDOW as f32).sin());
        Self {
            network: BandGains::new(),
            waiting: Vec::with_capacity(FRAME_SIZE + QUANTUM),
            gains: [1.0; BINS],
            voice: 0.0,
            window,
            input: [0.0; WINDOW],
            output: [0.0; WINDOW],
            frame: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex32::default(); scratch],
            forward,
            inverse,
        }
    }
}

impl NoiseSuppressor {
    /// Takes the next samples, from -1 to 1 at [`SAMPLE_RATE`], and puts in their place what came
    /// [`DELAY`] samples before them, without its noise.
    pub fn process(&mut self, samples: &mut [f32; QUANTUM]) {
        self.ask_network(samples);
        self.input.copy_within(QUANTUM.., 0);
        self.input[WINDOW - QUANTUM..].copy_from_slice(samples);
        self.filter();
        samples.copy_from_slice(&self.output[..QUANTUM]);
        self.output.copy_within(QUANTUM.., 0);
        self.output[WINDOW - QUANTUM..].fill(0.0);
    }

    /// How likely it is that somebody speaks, from 0 to 1.
    pub fn voice(&self) -> f32 {
        self.voice
    }

    fn ask_network(&mut self, samples: &[f32; QUANTUM]) {
        // What is no number would stay in the network's memory for good.
        let finite = |sample: &f32| if sample.is_finite() { *sample } else { 0.0 };
        let scaled = samples.iter().map(finite).map(|it| it * FULL_SCALE);
        self.waiting.extend(scaled);
        while self.waiting.len() >= FRAME_SIZE {
            let (bands, voice) = self.network.process_frame(&self.waiting[..FRAME_SIZE]);
            self.waiting.drain(..FRAME_SIZE);
            self.voice = voice;
            if let Some(bands) = bands {
                self.gains = std::array::from_fn(|bin| gain(&bands, bin));
            }
        }
    }

    fn filter(&mut self) {
        for ((frame, input), window) in self.frame.iter_mut().zip(&self.input).zip(&self.window) {
            *frame = if input.is_finite() {
                input * window
            } else {
                0.0
            };
        }
        let scratch = &mut self.scratch[..self.forward.get_scratch_len()];
        let done = self
            .forward
            .process_with_scratch(&mut self.frame, &mut self.spectrum, scratch);
        debug_assert!(done.is_ok(), "the buffers have the sizes of the plan");
        for (bin, gain) in self.spectrum.iter_mut().zip(&self.gains) {
            *bin *= *gain;
        }
        let scratch = &mut self.scratch[..self.inverse.get_scratch_len()];
        let done = self
            .inverse
            .process_with_scratch(&mut self.spectrum, &mut self.frame, scratch);
        debug_assert!(done.is_ok(), "a real spectrum stays one");
        // Neither of the transforms is normalized.
        let scale = 0.5 / WINDOW as f32;
        for ((output, frame), window) in self.output.iter_mut().zip(&self.frame).zip(&self.window) {
            *output += frame * window * scale;
        }
    }
}

/// The gain of a bin, between those of the bands that it lies between. Nothing above 20 kHz is let
/// through.
fn gain(bands: &[f32; NB_BANDS], bin: usize) -> f32 {
    // As the bands are given: in 200 Hz.
    let at = bin as f32 * SAMPLE_RATE as f32 / WINDOW as f32 / 200.0;
    let above = EBAND_5MS.iter().position(|centre| *centre as f32 > at);
    let Some(above) = above.filter(|above| *above > 0) else {
        return 0.0;
    };
    let (low, high) = (EBAND_5MS[above - 1] as f32, EBAND_5MS[above] as f32);
    let part = (at - low) / (high - low);
    bands[above - 1] * (1.0 - part) + bands[above] * part
}
