//! Sounds that are made here, the same ones each time.

use std::f32::consts::TAU;

use wimpex_noise::SAMPLE_RATE;

const RATE: f32 = SAMPLE_RATE as f32;

/// SplitMix64 (Steele, Lea, Flood 2014), as numbers from -1 to 1.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// A resonance of the mouth (Klatt 1980).
#[derive(Clone, Copy, Default)]
struct Formant([f32; 2]);

impl Formant {
    fn next(&mut self, sample: f32, frequency: f32, bandwidth: f32) -> f32 {
        let radius = (-std::f32::consts::PI * bandwidth / RATE).exp();
        let (b, c) = (
            2.0 * radius * (TAU * frequency / RATE).cos(),
            -radius * radius,
        );
        let out = (1.0 - b - c) * sample + b * self.0[0] + c * self.0[1];
        self.0 = [out, self.0[0]];
        out
    }
}

/// The first formants of vowels, in hertz (Peterson and Barney 1952).
const VOWELS: [[f32; 3]; 5] = [
    [730.0, 1090.0, 2440.0],
    [530.0, 1840.0, 2480.0],
    [270.0, 2290.0, 3010.0],
    [570.0, 840.0, 2410.0],
    [300.0, 870.0, 2240.0],
];

/// Somebody who says vowels, four a second, with a pause after each eighth.
pub(crate) fn voice(seconds: usize) -> Vec<f32> {
    let mut random = Random(1);
    let mut formants = [Formant::default(); 3];
    let (mut phase, mut tilt) = (0.0_f32, 0.0_f32);
    let mut sound = Vec::new();
    let syllable = SAMPLE_RATE as usize / 4;
    for at in 0..seconds * SAMPLE_RATE as usize {
        let (number, part) = (at / syllable, (at % syllable) as f32 / syllable as f32);
        let vowel = VOWELS[(number * 7 + number / 5) % VOWELS.len()];
        let next = VOWELS[((number + 1) * 7 + (number + 1) / 5) % VOWELS.len()];
        let glide = (part * 3.0 - 2.0).max(0.0);
        // The pitch falls with each syllable, and wavers.
        let pitch = 125.0 + 25.0 * (number as f32 * 1.3).sin() - 12.0 * part + random.next();
        phase += pitch / RATE;
        let is_pulse = phase >= 1.0;
        phase -= phase.floor();
        let loud = if number % 8 == 7 {
            0.0
        } else {
            (part * std::f32::consts::PI).sin().sqrt()
        };
        // Pulses of the glottis, softened, with some breath.
        let source = f32::from(u8::from(is_pulse)) + 0.004 * random.next();
        tilt = 0.92 * tilt + source;
        let mut sample = tilt * loud;
        for (which, formant) in formants.iter_mut().enumerate() {
            let frequency = vowel[which] + (next[which] - vowel[which]) * glide;
            sample = formant.next(sample, frequency, 60.0 + 30.0 * which as f32);
        }
        sound.push(sample);
    }
    scaled(sound, 0.1)
}

/// The same at all times, and more of it in the low tones.
pub(crate) fn rain(seconds: usize) -> Vec<f32> {
    let mut random = Random(2);
    let mut low = 0.0;
    let samples = 0..seconds * SAMPLE_RATE as usize;
    let sound = samples.map(|_| {
        let sample = random.next();
        low = 0.95 * low + 0.05 * sample;
        0.3 * sample + 3.0 * low
    });
    scaled(sound.collect(), 0.1)
}

/// A fan: a low noise, and the tone of its motor.
pub(crate) fn hum(seconds: usize) -> Vec<f32> {
    let mut random = Random(3);
    let (mut low, mut lower) = (0.0, 0.0);
    let samples = 0..seconds * SAMPLE_RATE as usize;
    let sound = samples.map(|at| {
        low = 0.98 * low + 0.02 * random.next();
        lower = 0.98 * lower + 0.02 * low;
        let tone = (at as f32 * 100.0 * TAU / RATE).sin();
        20.0 * lower + 0.05 * tone
    });
    scaled(sound.collect(), 0.1)
}

/// Both at once, the first so many decibels above the second.
pub(crate) fn mixed(voice: &[f32], noise: &[f32], decibels: f32) -> Vec<f32> {
    let gain = 10.0_f32.powf(-decibels / 20.0);
    let pairs = voice.iter().zip(noise);
    pairs.map(|(voice, noise)| voice + noise * gain).collect()
}

/// To this root mean square.
fn scaled(sound: Vec<f32>, level: f32) -> Vec<f32> {
    let square: f32 = sound.iter().map(|it| it * it).sum::<f32>() / sound.len() as f32;
    let scale = level / square.sqrt();
    sound.into_iter().map(|sample| sample * scale).collect()
}
