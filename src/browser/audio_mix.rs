//! Web Audio API: two tracks as one (<https://www.w3.org/TR/webaudio/>).

use web_sys::{MediaStreamAudioDestinationNode, MediaStreamAudioSourceNode, MediaStreamTrack};

use super::BrowserError;
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
