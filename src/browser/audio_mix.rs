//! Web Audio API: several tracks as one (<https://www.w3.org/TR/webaudio/>).

use web_sys::{
    AnalyserNode, MediaStreamAudioDestinationNode, MediaStreamAudioSourceNode, MediaStreamTrack,
};

use super::BrowserError;
use super::level_meter::{self, level};
use super::media_capture::stream_of;
use super::web_audio::RunningContext;

/// Sounds like all of its tracks together, until it is dropped. A track that is not enabled is
/// silent in it.
pub(super) struct AudioMix {
    _running: RunningContext,
    sources: Vec<MediaStreamAudioSourceNode>,
    destination: MediaStreamAudioDestinationNode,
}

impl AudioMix {
    /// Of these.
    ///
    /// # Errors
    /// `NotSupportedError` and others, where the browser has no audio output.
    pub(super) fn new<'a>(
        tracks: impl Iterator<Item = &'a MediaStreamTrack>,
    ) -> Result<Self, BrowserError> {
        let running = RunningContext::new()?;
        let destination = running.js().create_media_stream_destination()?;
        let mut sources = Vec::new();
        for track in tracks {
            let Some(stream) = stream_of([track]) else {
                continue;
            };
            let source = running.js().create_media_stream_source(&stream)?;
            source.connect_with_audio_node(&destination)?;
            sources.push(source);
        }
        Ok(Self {
            _running: running,
            sources,
            destination,
        })
    }

    /// To be sent.
    pub(super) fn track(&self) -> Option<MediaStreamTrack> {
        let tracks = self.destination.stream().get_audio_tracks();
        tracks
            .iter()
            .next()
            .map(wasm_bindgen::JsCast::unchecked_into)
    }
}

impl Drop for AudioMix {
    fn drop(&mut self) {
        for source in &self.sources {
            let _ = source.disconnect();
        }
        if let Some(track) = self.track() {
            track.stop();
        }
    }
}

/// Sounds like its tracks together, which may come and go, and says how loud each is.
pub struct ChangingMix {
    running: RunningContext,
    destination: MediaStreamAudioDestinationNode,
    inputs: Vec<Option<MixInput>>,
}

struct MixInput {
    track: String,
    source: MediaStreamAudioSourceNode,
    analyser: AnalyserNode,
}

impl ChangingMix {
    /// Of so many at the most; silent so far.
    ///
    /// # Errors
    /// As [`AudioMix::new`].
    pub fn new(inputs: usize) -> Result<Self, BrowserError> {
        let running = RunningContext::new()?;
        let destination = running.js().create_media_stream_destination()?;
        Ok(Self {
            running,
            destination,
            inputs: (0..inputs).map(|_| None).collect(),
        })
    }

    /// This one is heard in that place from now on.
    ///
    /// # Errors
    /// For a track that is no sound.
    pub fn set(&mut self, at: usize, track: Option<&MediaStreamTrack>) -> Result<(), BrowserError> {
        let Some(input) = self.inputs.get_mut(at) else {
            return Ok(());
        };
        let id = track.map(MediaStreamTrack::id);
        if input.as_ref().map(|it| &it.track) == id.as_ref() {
            return Ok(());
        }
        *input = None;
        let (Some(track), Some(id)) = (track, id) else {
            return Ok(());
        };
        let Some(stream) = stream_of([track]) else {
            return Ok(());
        };
        let context = self.running.js();
        let source = context.create_media_stream_source(&stream)?;
        let analyser = context.create_analyser()?;
        analyser.set_fft_size(level_meter::WINDOW as u32);
        source.connect_with_audio_node(&analyser)?;
        source.connect_with_audio_node(&self.destination)?;
        *input = Some(MixInput {
            track: id,
            source,
            analyser,
        });
        Ok(())
    }

    /// The root mean square of the last moment of that one, 0 to 1.
    pub fn level(&self, at: usize) -> f64 {
        let input = self.inputs.get(at).and_then(Option::as_ref);
        input.map_or(0.0, |it| level(&it.analyser))
    }

    /// Seconds on its clock, which stands still while the browser mixes nothing.
    pub fn current_time(&self) -> f64 {
        self.running.js().current_time()
    }

    /// All of it.
    pub fn track(&self) -> Option<MediaStreamTrack> {
        let tracks = self.destination.stream().get_audio_tracks();
        tracks
            .iter()
            .next()
            .map(wasm_bindgen::JsCast::unchecked_into)
    }
}

impl Drop for MixInput {
    fn drop(&mut self) {
        let _ = self.source.disconnect();
    }
}

impl Drop for ChangingMix {
    fn drop(&mut self) {
        if let Some(track) = self.track() {
            track.stop();
        }
    }
}
