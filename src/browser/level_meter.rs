//! How loud a microphone is: an `AnalyserNode` of Web Audio
//! (<https://www.w3.org/TR/webaudio/#analysernode>).

use web_sys::{AnalyserNode, MediaStream, MediaStreamAudioSourceNode, MediaStreamTrack};

use super::BrowserError;
use super::web_audio::RunningContext;

/// Listens to a copy of a track while it lives, so that it hears what a muted microphone sends to
/// nobody.
pub struct LevelMeter {
    analyser: AnalyserNode,
    copy: MediaStreamTrack,
    source: MediaStreamAudioSourceNode,
    _running: RunningContext,
}

/// In samples: 43 ms at 48 kHz, longer than a period of the deepest voice.
pub(super) const WINDOW: usize = 2048;

impl LevelMeter {
    /// Begins to listen.
    ///
    /// # Errors
    /// Where the browser has no Web Audio, or the track is no audio.
    pub fn new(track: &MediaStreamTrack) -> Result<Self, BrowserError> {
        // Allowed where the page captures.
        let running = RunningContext::new()?;
        let context = running.js();
        let analyser = context.create_analyser()?;
        analyser.set_fft_size(WINDOW as u32);
        // The browser's own method: a second track of the same microphone.
        let copy = MediaStreamTrack::clone(track);
        copy.set_enabled(true);
        let stream = MediaStream::new()?;
        stream.add_track(&copy);
        let source = context.create_media_stream_source(&stream)?;
        source.connect_with_audio_node(&analyser)?;
        Ok(Self {
            analyser,
            copy,
            source,
            _running: running,
        })
    }

    /// The root mean square of the last moment, 0 to 1.
    pub fn level(&self) -> f64 {
        level(&self.analyser)
    }
}

/// The same of any analyser whose size is [`WINDOW`].
pub(super) fn level(analyser: &AnalyserNode) -> f64 {
    let mut samples = [0.0_f32; WINDOW];
    analyser.get_float_time_domain_data(&mut samples);
    let sum: f64 = samples
        .iter()
        .map(|it| f64::from(*it) * f64::from(*it))
        .sum();
    (sum / WINDOW as f64).sqrt()
}

impl Drop for LevelMeter {
    fn drop(&mut self) {
        self.copy.stop();
        let _ = self.source.disconnect();
    }
}
