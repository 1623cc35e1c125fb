//! Tones: the ringtone of who is called, the ringback of who calls.

use web_sys::{AudioContext, GainNode, OscillatorNode, OscillatorType};

use super::BrowserError;

/// A tone that repeats until it is dropped, at most for about two minutes.
///
/// A browser plays no sound on a page that nobody has touched yet; then the tone
/// stays silent, and the prompt, the title and the notification must do.
pub struct Tone {
    context: AudioContext,
    oscillators: Vec<OscillatorNode>,
}

/// How a tone sounds.
pub struct Pattern {
    /// Frequencies in Hz; they sound together.
    pub frequencies: &'static [f32],
    /// When it sounds within one period: from, to, in seconds.
    pub beats: &'static [(f64, f64)],
    /// The period in seconds.
    pub period: f64,
    /// Loudness, 0 to 1.
    pub volume: f32,
}

/// Somebody calls: two soft double beats.
pub const RINGTONE: Pattern = Pattern {
    frequencies: &[587.33, 880.0],
    beats: &[(0.0, 0.35), (0.5, 0.85)],
    period: 2.6,
    volume: 0.12,
};

/// We call: the long quiet beat of a telephone.
pub const RINGBACK: Pattern = Pattern {
    frequencies: &[425.0],
    beats: &[(0.0, 1.0)],
    period: 4.0,
    volume: 0.05,
};

/// The check of the speaker: one soft chord, loud enough to be sure of.
pub const CHIME: Pattern = Pattern {
    frequencies: &[523.25, 659.26, 783.99],
    beats: &[(0.0, 0.7)],
    period: 300.0,
    volume: 0.15,
};

const SECONDS: f64 = 120.0;

impl Tone {
    /// Begins to sound.
    ///
    /// # Errors
    /// Where the browser has no sound to give.
    pub fn play(pattern: &Pattern) -> Result<Self, BrowserError> {
        let context = AudioContext::new()?;
        let gain = context.create_gain()?;
        gain.connect_with_audio_node(&context.destination())?;
        let mut tone = Self {
            context,
            oscillators: Vec::new(),
        };
        schedule(&gain, pattern, tone.context.current_time())?;
        for frequency in pattern.frequencies {
            let oscillator = tone.context.create_oscillator()?;
            oscillator.set_type(OscillatorType::Sine);
            oscillator.frequency().set_value(*frequency);
            oscillator.connect_with_audio_node(&gain)?;
            oscillator.start()?;
            tone.oscillators.push(oscillator);
        }
        Ok(tone)
    }

    /// Whether the browser lets it be heard: its clock runs.
    pub fn sounds(&self) -> bool {
        self.context.current_time() > 0.0
    }
}

/// Writes all beats in advance, so that no timer of a hidden tab, which browsers
/// slow down, makes the tone limp.
fn schedule(gain: &GainNode, pattern: &Pattern, start: f64) -> Result<(), BrowserError> {
    const EDGE: f64 = 0.03;
    let volume = gain.gain();
    volume.set_value(0.0);
    let mut period = start + 0.05;
    while period < start + SECONDS {
        for (from, to) in pattern.beats {
            volume.set_value_at_time(0.0, period + from)?;
            volume.linear_ramp_to_value_at_time(pattern.volume, period + from + EDGE)?;
            volume.set_value_at_time(pattern.volume, period + to - EDGE)?;
            volume.linear_ramp_to_value_at_time(0.0, period + to)?;
        }
        period += pattern.period;
    }
    Ok(())
}

impl Drop for Tone {
    fn drop(&mut self) {
        for oscillator in &self.oscillators {
            // Fails only for one that was never started.
            let _ = oscillator.stop();
        }
        let _ = self.context.close();
    }
}
