//! What is left of the noise, what is left of the voice, and how late it comes.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod sound;

use wimpex_noise::{DELAY, NoiseSuppressor, QUANTUM, SAMPLE_RATE};

use sound::{hum, mixed, rain, voice};

/// Of each sound.
const SECONDS: usize = 12;
/// The network needs a second or two to know the noise.
const SETTLED: usize = 2 * SAMPLE_RATE as usize;

fn suppressed(sound: &[f32]) -> Vec<f32> {
    let mut suppressor = NoiseSuppressor::default();
    let mut out = Vec::with_capacity(sound.len());
    for samples in sound.as_chunks::<QUANTUM>().0 {
        let mut samples = *samples;
        suppressor.process(&mut samples);
        out.extend(samples);
    }
    out
}

fn energy(sound: impl IntoIterator<Item = f32>) -> f64 {
    let squares = sound.into_iter().map(|sample| f64::from(sample).powi(2));
    squares.sum()
}

fn decibels(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

/// How much louder the voice is than everything in `sound` that is not the voice, in dB. `sound` comes
/// `delay` samples later than the voice.
fn signal_to_noise(voice: &[f32], sound: &[f32], delay: usize) -> f64 {
    let pairs = || voice.iter().zip(&sound[delay..]).skip(SETTLED);
    // A voice that is as a whole softer is no noise (scale-invariant ratio, Le Roux et al. 2019).
    let product: f64 = pairs().map(|(v, s)| f64::from(*v) * f64::from(*s)).sum();
    let scale = (product / energy(pairs().map(|(v, _)| *v))) as f32;
    let wanted = energy(pairs().map(|(v, _)| *v * scale));
    decibels(wanted / energy(pairs().map(|(v, s)| s - v * scale)))
}

/// By how many samples `sound` is best moved to be like the voice.
fn delay(voice: &[f32], sound: &[f32]) -> usize {
    let likeness = |by: &usize| -> f64 {
        let pairs = voice.iter().zip(&sound[*by..]).skip(SETTLED);
        pairs.map(|(v, s)| f64::from(*v) * f64::from(*s)).sum()
    };
    let all = 0..2 * DELAY;
    all.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .unwrap()
}

/// RNNoise itself, in frames that come 20 ms late, gains 0.1 to 0.7 dB more of these sounds.
#[test]
fn the_voice_stands_out_of_the_noise() {
    let voice = voice(SECONDS);
    for (name, noise, before, least) in [
        ("rain", rain(SECONDS), 5.0_f32, 3.5),
        ("rain", rain(SECONDS), 0.0, 4.5),
        ("hum", hum(SECONDS), 5.0, 5.0),
    ] {
        let noisy = mixed(&voice, &noise, before);
        let (was, before) = (signal_to_noise(&voice, &noisy, 0), f64::from(before));
        let is = signal_to_noise(&voice, &suppressed(&noisy), DELAY);
        println!("measured: {name}: {was:.1} dB before, {is:.1} dB after");
        assert!((was - before).abs() < 0.5, "{name}: {was} dB");
        assert!(is > was + least, "{name}: {was:.1} dB, then {is:.1} dB");
    }
}

#[test]
fn a_voice_alone_is_left_as_it_is() {
    let voice = voice(SECONDS);
    let ratio = signal_to_noise(&voice, &suppressed(&voice), DELAY);
    println!("measured: a voice alone: {ratio:.1} dB over what was changed");
    assert!(ratio > 10.0, "{ratio:.1} dB");
}

#[test]
fn noise_alone_becomes_faint() {
    for (name, noise) in [("rain", rain(SECONDS)), ("hum", hum(SECONDS))] {
        let out = suppressed(&noise);
        let ratio =
            energy(noise[SETTLED..].iter().copied()) / energy(out[SETTLED..].iter().copied());
        println!("measured: {name} alone: {:.1} dB fainter", decibels(ratio));
        assert!(decibels(ratio) > 10.0, "{name}: {:.1} dB", decibels(ratio));
    }
}

#[test]
fn it_comes_at_most_ten_milliseconds_late() {
    let voice = voice(SECONDS);
    for sound in [voice.clone(), mixed(&voice, &rain(SECONDS), 5.0)] {
        let samples = delay(&voice, &suppressed(&sound));
        let milliseconds = samples as f64 * 1_000.0 / f64::from(SAMPLE_RATE);
        println!("measured: {milliseconds:.2} ms late");
        assert!(milliseconds <= 10.0, "{milliseconds} ms");
        assert!(samples.abs_diff(DELAY) <= 2, "{samples} samples");
    }
}

#[test]
fn silence_stays_silent_and_nonsense_does_no_harm() {
    assert!(
        suppressed(&[0.0; 100 * QUANTUM])
            .iter()
            .all(|it| *it == 0.0)
    );
    let voice = voice(SECONDS);
    let mut sound = voice.clone();
    sound[20_000] = f32::NAN;
    sound[20_500] = f32::INFINITY;
    let out = suppressed(&sound);
    assert!(out.iter().all(|sample| sample.is_finite()));
    assert!(signal_to_noise(&voice, &out, DELAY) > 10.0);
}
