//! Takes the noise out of a microphone's sound, with little delay.
//!
//! RNNoise (Valin 2018, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement")
//! looks at 20 ms of sound every 10 ms, and says how much of each of 22 bands is a voice. Filtered as it
//! does that itself, in frames of 20 ms that overlap by half, the sound comes 20 ms late: 10 ms until a
//! frame is complete, and 10 ms for the overlap. A call has no room for that. So its gains alone are used
//! here: they are applied in short frames, one for each 128 samples that an AudioWorklet is given, and
//! what is filtered now has the gains of the last 10 ms that were looked at. The sound is [`DELAY`]
//! samples late, and a voice that begins has about a hundredth of a second less of its very first sound.

mod suppressor;
#[cfg(target_arch = "wasm32")]
mod worklet;

pub use suppressor::{DELAY, NoiseSuppressor, QUANTUM, SAMPLE_RATE};
