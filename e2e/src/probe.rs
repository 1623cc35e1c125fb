//! What a page did, seen from outside of its code: connections, tracks, frames
//! sent to the server, decoded video frames, audio, errors.

use serde::Deserialize;

/// Records all of it in `window.__probe`.
pub(crate) const SCRIPT: &str = include_str!("probe.js");

/// The kind of a media track (W3C mediacapture-streams, `MediaStreamTrack.kind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// A microphone's.
    Audio,
    /// A camera's.
    Video,
}

/// What a page holds and has done so far.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Audio contexts that run: what could be heard of tones.
    pub sounding: u32,
    /// Peer connections ever made.
    pub connections_made: u32,
    /// Those of them that are not closed.
    pub connections_open: u32,
    /// `RTCPeerConnection.connectionState` of each that was ever made.
    pub connection_states: Vec<String>,
    /// How often `getUserMedia` was called.
    pub captures: u32,
    /// Tracks, captured and received, that have not ended.
    pub live_tracks: u32,
    /// Captured video tracks that have not ended: the camera's light is on.
    pub live_cameras: u32,
    /// Captured audio tracks that have not ended.
    pub live_microphones: u32,
    /// The frames that were sent to the server.
    pub sent: Vec<SentFrame>,
    /// The frames that came from the server since the page's first login.
    pub received: Vec<ReceivedFrame>,
    /// The prompts of incoming calls.
    pub prompts: Vec<Prompt>,
    /// `console.error`, uncaught errors and rejections, policy violations.
    pub errors: Vec<String>,
}

impl Snapshot {
    /// How many frames of a `type` were sent.
    pub fn sent_count(&self, message_type: &str) -> usize {
        self.sent
            .iter()
            .filter(|sent| sent.r#type == message_type)
            .count()
    }
}

/// A frame that was sent to the server, without its contents.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentFrame {
    /// Its `type`.
    pub r#type: String,
    /// Its `callId`.
    pub call_id: Option<String>,
    /// The kinds of the media descriptions in its offer or answer.
    pub media: Vec<String>,
    /// The ICE candidates in it: its own, or those of its description.
    pub candidates: Vec<String>,
    /// When: milliseconds since 1970.
    pub at: u64,
}

/// A frame that came from the server, without its contents.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedFrame {
    /// Its `type`.
    pub r#type: String,
    /// Its `callId`.
    pub call_id: Option<String>,
    /// When: milliseconds since 1970.
    pub at: u64,
}

/// A prompt of an incoming call. Times are milliseconds since 1970.
#[derive(Clone, Debug, Deserialize)]
pub struct Prompt {
    /// When it came.
    pub shown: u64,
    /// When it went.
    pub gone: Option<u64>,
}

/// Frames of the remote video that were presented since the last time that
/// somebody asked.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameGaps {
    /// The longest time without a new one, in milliseconds; up to now.
    pub longest_gap: f64,
    /// How many there were.
    pub count: u32,
}

/// Sums of `getStats` over all open connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaTotals {
    /// Video frames that were received and decoded.
    pub frames_decoded: u64,
    /// Video frames that were encoded to be sent.
    pub frames_encoded: u64,
    /// Width of the last frame received, in pixels.
    pub frame_width: u32,
    /// Height of the last frame received, in pixels.
    pub frame_height: u32,
    /// Width of the frames sent, in pixels.
    pub sent_width: u32,
    /// Height of the frames sent, in pixels.
    pub sent_height: u32,
    /// `totalAudioEnergy`: grows only while something other than silence is received.
    pub audio_energy: f64,
    /// Bytes of media received.
    pub bytes_received: u64,
    /// Packets of media received.
    pub packets_received: u64,
    /// Bytes of media sent.
    pub bytes_sent: u64,
    /// In seconds, of the candidate pair in use.
    pub round_trip_time: Option<f64>,
    /// MIME types of the codecs of received media.
    pub inbound_codecs: Vec<String>,
    /// MIME types of the codecs of sent media.
    pub outbound_codecs: Vec<String>,
}

/// The path in use: the selected candidate pair.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// `candidateType` of our side: `host`, `srflx`, `prflx` or `relay`.
    pub local: String,
    /// `candidateType` of the other side.
    pub remote: String,
    /// How a relay of ours is reached: `udp`, `tcp` or `tls`.
    pub relay_protocol: Option<String>,
    /// Our own address on this path.
    pub address: Option<String>,
    /// In seconds.
    pub round_trip_time: Option<f64>,
}

impl Route {
    /// Whether a relay is in between.
    pub fn is_relayed(&self) -> bool {
        self.local == "relay" || self.remote == "relay"
    }
}

/// Moments of a call, in milliseconds of the page's own `performance.now()`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Milestones {
    /// Trusted clicks.
    pub clicks: Vec<Click>,
    /// When the first remote frame was presented.
    pub first_frame: Option<f64>,
}

/// A trusted click.
#[derive(Clone, Debug, Deserialize)]
pub struct Click {
    /// The text of the button.
    pub label: String,
    /// When.
    pub at: f64,
}
