//! What the filter costs: CPU time of a minute of sound.

use std::hint::black_box;
use std::time::Instant;

use wimpex_noise::{DELAY, NoiseSuppressor, QUANTUM, SAMPLE_RATE};

const SECONDS: usize = 60;

fn main() {
    let mut suppressor = NoiseSuppressor::default();
    let mut random = 1_u32;
    let mut longest = 0.0_f64;
    let began = Instant::now();
    for _ in 0..SECONDS * SAMPLE_RATE as usize / QUANTUM {
        let mut samples = [0.0_f32; QUANTUM];
        for sample in &mut samples {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (random >> 8) as f32 / (1 << 23) as f32 - 1.0;
        }
        let quantum = Instant::now();
        suppressor.process(&mut samples);
        longest = longest.max(quantum.elapsed().as_secs_f64());
        black_box(samples);
    }
    let spent = began.elapsed().as_secs_f64();
    println!(
        "filter of noise: {:.2} % of one core, {:.3} ms at most of the {:.2} ms that a quantum lasts; \
         the sound comes {:.1} ms late",
        100.0 * spent / SECONDS as f64,
        longest * 1e3,
        1e3 * QUANTUM as f64 / f64::from(SAMPLE_RATE),
        1e3 * DELAY as f64 / f64::from(SAMPLE_RATE),
    );
}
