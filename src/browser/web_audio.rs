//! Web Audio API: tones (<https://www.w3.org/TR/webaudio/>).

use web_sys::{AudioContext, GainNode, OscillatorNode, OscillatorType};

use super::BrowserError;

/// A tone that repeats until it is dropped, for two minutes at most.
///
/// A browser plays no sound on a page that the user has not touched yet
/// (<https://www.w3.org/TR/webaudio/#allowed-to-start>); then the tone stays silent, and
/// the prompt, the title and the notification must do.
pub struct Tone {
    context: AudioContext,
    oscillators: Vec<OscillatorNode>,
}

/// What a tone sounds like.
pub struct Pattern {
    /// In Hz; they sound together.
    pub frequencies: &'static [f32],
    /// When it sounds within one period: from and to, in seconds.
    pub cadence: &'static [(f64, f64)],
    /// In seconds.
    pub period: f64,
    /// The gain, 0 to 1.
    pub volume: f32,
}

/// For how long the cadence is scheduled.
const SECONDS: f64 = 120.0;

impl Tone {
    /// Starts the tone.
    ///
    /// # Errors
    /// `NotSupportedError` and others, where the browser has no audio output.
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

    /// Whether the browser plays it: then the context's clock runs.
    pub fn is_playing(&self) -> bool {
        self.context.current_time() > 0.0
    }
}

/// Writes all bursts in advance, so that no timer of a hidden tab, which browsers
/// slow down, makes the tone limp.
fn schedule(gain: &GainNode, pattern: &Pattern, start: f64) -> Result<(), BrowserError> {
    const EDGE: f64 = 0.03;
    let volume = gain.gain();
    volume.set_value(0.0);
    let mut period = start + 0.05;
    while period < start + SECONDS {
        for (from, to) in pattern.cadence {
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
