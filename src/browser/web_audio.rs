//! Web Audio API: tones (<https://www.w3.org/TR/webaudio/>).

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    AudioContext, AudioNode, GainNode, HtmlMediaElement, OscillatorNode, OscillatorType,
};

use super::window::document;
use super::{BrowserError, audio_output};

/// A tone that repeats until it is dropped, for two minutes at most.
///
/// A browser plays no sound on a page that the user has not touched yet
/// (<https://www.w3.org/TR/webaudio/#allowed-to-start>); then the tone stays silent, and
/// the prompt, the title and the notification must do.
pub struct Tone {
    context: AudioContext,
    oscillators: Vec<OscillatorNode>,
    /// Plays it where it is not to go to the system's default.
    element: Option<HtmlMediaElement>,
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
        let destination = context.destination();
        Self::start(pattern, context, &destination)
    }

    /// Starts the tone at this speaker, by its id; an empty id is the system's default.
    ///
    /// # Errors
    /// As [`Self::play`]. A speaker that is gone is silent.
    pub fn play_to(pattern: &Pattern, speaker: &str) -> Result<Self, BrowserError> {
        if speaker.is_empty() {
            return Self::play(pattern);
        }
        let context = AudioContext::new()?;
        let destination = context.create_media_stream_destination()?;
        let mut tone = Self::start(pattern, context, &destination)?;
        let element: HtmlMediaElement = document().create_element("audio")?.unchecked_into();
        element.set_src_object(Some(&destination.stream()));
        let (playing, speaker) = (Clone::clone(&element), speaker.to_owned());
        spawn_local(async move {
            // What cannot be told where to play is silent, and heard to be.
            if audio_output::set_sink(&playing, &speaker).await.is_ok() {
                let _ = playing.play();
            }
        });
        tone.element = Some(element);
        Ok(tone)
    }

    fn start(
        pattern: &Pattern,
        context: AudioContext,
        destination: &AudioNode,
    ) -> Result<Self, BrowserError> {
        let gain = context.create_gain()?;
        gain.connect_with_audio_node(destination)?;
        let mut tone = Self {
            context,
            oscillators: Vec::new(),
            element: None,
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
        if let Some(element) = &self.element {
            element.set_src_object(None);
        }
        let _ = self.context.close();
    }
}
