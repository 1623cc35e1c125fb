//! Web Audio API: the page's context, and tones (<https://www.w3.org/TR/webaudio/>).

use std::cell::{Cell, RefCell};

use js_sys::Promise;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioContext, AudioContextState, GainNode, HtmlMediaElement, OscillatorNode, OscillatorType,
};

use super::reflect::call;
use super::window::{document, window};
use super::{BrowserError, Listener, audio_output, user_activation};

/// A tone that repeats until it is dropped, for two minutes at most.
///
/// A browser plays no sound on a page that the user has not touched yet
/// (<https://www.w3.org/TR/webaudio/#allowed-to-start>); then the tone begins with the first touch,
/// and until then the prompt, the title and the notification must do.
pub struct Tone {
    running: RunningContext,
    gain: GainNode,
    oscillators: Vec<OscillatorNode>,
    /// Plays it where it is not to go to the system's default.
    element: Option<HtmlMediaElement>,
}

thread_local! {
    /// The page's one context: browsers of telephones allow each by itself, and only in a touch.
    static CONTEXT: RefCell<Option<AudioContext>> = const { RefCell::new(None) };
    /// What waits for the touch that unlocks it.
    static UNLOCKING: RefCell<Option<[Listener; 4]>> = const { RefCell::new(None) };
    /// How many need it to run.
    static USERS: Cell<u32> = const { Cell::new(0) };
}

fn context() -> Result<AudioContext, BrowserError> {
    CONTEXT.with_borrow_mut(|kept| {
        if let Some(context) = kept {
            return Ok(Clone::clone(context));
        }
        Ok(Clone::clone(kept.insert(AudioContext::new()?)))
    })
}

fn resume(context: &AudioContext) {
    if context.state() != AudioContextState::Running {
        // What is refused is allowed by the next gesture.
        let _ = context.resume();
    }
}

/// The page's context, which runs while somebody has one of these.
pub(super) struct RunningContext {
    context: AudioContext,
    _gestures: [Listener; 4],
}

impl RunningContext {
    /// Lets it run: at once where the page may sound, else from the first gesture.
    ///
    /// # Errors
    /// `NotSupportedError` and others, where the browser has no audio output.
    pub(super) fn new() -> Result<Self, BrowserError> {
        let context = context()?;
        resume(&context);
        USERS.set(USERS.get() + 1);
        let resumed = Clone::clone(&context);
        Ok(Self {
            context,
            _gestures: user_activation::on_gesture(move || resume(&resumed)),
        })
    }

    pub(super) fn js(&self) -> &AudioContext {
        &self.context
    }
}

impl Drop for RunningContext {
    fn drop(&mut self) {
        USERS.set(USERS.get().saturating_sub(1));
        if USERS.get() == 0 {
            // The system's speaker is let go of.
            let _ = self.context.suspend();
        }
    }
}

/// From now on the first touch of the page lets it sound, also one that rings later.
pub fn unlock_on_gesture() {
    let listeners = user_activation::on_gesture(|| {
        if USERS.get() == 0
            && let Ok(context) = context()
            && context.current_time() == 0.0
        {
            // Running once is enough; it would keep the speaker open.
            let promise = context.resume();
            let Ok(promise) = promise else { return };
            spawn_local(async move {
                if JsFuture::from(promise).await.is_ok() && USERS.get() == 0 {
                    let _ = context.suspend();
                }
            });
        }
    });
    UNLOCKING.set(Some(listeners));
}

/// Whether the browser would let the page sound without being touched first.
pub async fn may_sound() -> bool {
    if user_activation::has_been_active() {
        return true;
    }
    // Firefox says it (Autoplay Policy Detection, `Navigator.getAutoplayPolicy`); others have to be
    // tried.
    let navigator = window().navigator();
    if let Some(policy) = call(&navigator, "getAutoplayPolicy", &"audiocontext".into()) {
        return policy.as_string().as_deref() == Some("allowed");
    }
    let Ok(context) = context() else { return false };
    // Where it is not allowed, the promise stays open until it is.
    let started = context.resume().ok();
    let moment = Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, 500);
    });
    if let Some(started) = started {
        let first = Promise::race(&js_sys::Array::of2(&started, &moment));
        let _ = JsFuture::from(first).await;
    }
    let runs = context.state() == AudioContextState::Running;
    if runs && USERS.get() == 0 {
        let _ = context.suspend();
    }
    runs
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
        let running = RunningContext::new()?;
        let gain = running.js().create_gain()?;
        gain.connect_with_audio_node(&running.js().destination())?;
        Self::start(pattern, running, gain)
    }

    /// Starts the tone at this speaker, by its id; an empty id is the system's default.
    ///
    /// # Errors
    /// As [`Self::play`]. A speaker that is gone is silent.
    pub fn play_to(pattern: &Pattern, speaker: &str) -> Result<Self, BrowserError> {
        if speaker.is_empty() {
            return Self::play(pattern);
        }
        let running = RunningContext::new()?;
        let gain = running.js().create_gain()?;
        let destination = running.js().create_media_stream_destination()?;
        gain.connect_with_audio_node(&destination)?;
        let element: HtmlMediaElement = document().create_element("audio")?.unchecked_into();
        element.set_src_object(Some(&destination.stream()));
        let (playing, speaker) = (Clone::clone(&element), speaker.to_owned());
        spawn_local(async move {
            // What cannot be told where to play is silent, and heard to be.
            if audio_output::set_sink(&playing, &speaker).await.is_ok()
                && let Ok(played) = playing.play()
            {
                let _ = JsFuture::from(played).await;
            }
        });
        let mut tone = Self::start(pattern, running, gain)?;
        tone.element = Some(element);
        Ok(tone)
    }

    fn start(
        pattern: &Pattern,
        running: RunningContext,
        gain: GainNode,
    ) -> Result<Self, BrowserError> {
        let mut tone = Self {
            running,
            gain,
            oscillators: Vec::new(),
            element: None,
        };
        schedule(&tone.gain, pattern, tone.running.js().current_time())?;
        for frequency in pattern.frequencies {
            let oscillator = tone.running.js().create_oscillator()?;
            oscillator.set_type(OscillatorType::Sine);
            oscillator.frequency().set_value(*frequency);
            oscillator.connect_with_audio_node(&tone.gain)?;
            oscillator.start()?;
            tone.oscillators.push(oscillator);
        }
        Ok(tone)
    }

    /// Whether the browser plays it: then the context's clock runs.
    pub fn is_playing(&self) -> bool {
        self.running.js().state() == AudioContextState::Running
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
        let _ = self.gain.disconnect();
    }
}
