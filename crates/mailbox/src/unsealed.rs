//! What is inside a message.

use std::ops::Range;
use std::time::Duration;

use crate::limits::{CAPTION_BYTES, LENGTH, PADDING};
use crate::reader::Reader;

const VERSION: u8 = 1;
/// AES-GCM's.
const TAG: usize = 16;
/// The longest [`Unsealed::encode`].
const HEAD: usize = 1 + 1 + 4 + 2 + MIME_BYTES + 2 + CAPTION_BYTES + 4;
const MIME_BYTES: usize = 100;
/// A recorder is stopped a little late.
const LATE: Duration = Duration::from_secs(5);

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sound.
    Audio,
    /// Sound and picture.
    Video,
}

/// What stands before the recording.
///
/// Bytes: 1 (version) ‖ kind (1: 0 sound, 1 picture) ‖ length in milliseconds (4) ‖ length of the
/// type (2) ‖ the type ‖ length of the captions (2) ‖ captions ‖ length of the recording (4); then
/// the recording, and zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// Sound or picture.
    pub kind: Kind,
    /// How long it plays.
    pub length: Duration,
    /// Of the recording, as `MediaRecorder.mimeType` says (RFC 6381).
    pub mime_type: String,
    /// What is said, as WebVTT; empty where the sender's browser could not tell.
    pub captions: String,
    /// Bytes of the recording.
    pub recording: u32,
}

impl Unsealed {
    /// The bytes that stand before the recording; `None` if something is too long.
    pub fn encode(&self) -> Option<Vec<u8>> {
        if self.mime_type.len() > MIME_BYTES || self.captions.len() > CAPTION_BYTES {
            return None;
        }
        let kind = match self.kind {
            Kind::Audio => 0,
            Kind::Video => 1,
        };
        let length = u32::try_from(self.length.as_millis()).ok()?;
        let (mime, captions) = (self.mime_type.as_bytes(), self.captions.as_bytes());
        Some(
            [
                &[VERSION, kind][..],
                &length.to_be_bytes(),
                &u16::try_from(mime.len()).ok()?.to_be_bytes(),
                mime,
                &u16::try_from(captions.len()).ok()?.to_be_bytes(),
                captions,
                &self.recording.to_be_bytes(),
            ]
            .concat(),
        )
    }

    /// The whole length, zeros at the end included, of what is sealed.
    pub fn padded(head: usize, recording: u32) -> usize {
        let bytes = head + recording as usize + TAG;
        bytes.next_multiple_of(PADDING) - TAG
    }

    /// How many bytes of the front are enough for [`Unsealed::parse`].
    pub const fn front() -> usize {
        HEAD
    }

    /// Reads it from the front of what was sealed, which has `total` bytes; and where the recording
    /// is. `None` if it makes no sense, or if the type is none that this page would record.
    pub fn parse(front: &[u8], total: usize) -> Option<(Self, Range<u32>)> {
        let mut reader = Reader(front);
        if reader.u8()? != VERSION {
            return None;
        }
        let kind = match reader.u8()? {
            0 => Kind::Audio,
            1 => Kind::Video,
            _ => return None,
        };
        let length = Duration::from_millis(reader.u32()?.into());
        let mime_type = reader.text()?.to_owned();
        let captions = reader.text()?.to_owned();
        let recording = reader.u32()?;
        let start = u32::try_from(front.len() - reader.0.len()).ok()?;
        let end = start.checked_add(recording)?;
        let fits = end as usize <= total && length <= LENGTH + LATE;
        if !fits || !is_recording(kind, &mime_type) || captions.len() > CAPTION_BYTES {
            return None;
        }
        let read = Self {
            kind,
            length,
            mime_type,
            captions,
            recording,
        };
        Some((read, start..end))
    }
}

/// Only what an `audio` or `video` element plays: nothing that could be a document.
fn is_recording(kind: Kind, mime_type: &str) -> bool {
    let essence = mime_type.split(';').next().unwrap_or_default().trim();
    let known: &[&str] = match kind {
        Kind::Audio => &["audio/webm", "audio/mp4", "audio/ogg"],
        Kind::Video => &["video/webm", "video/mp4"],
    };
    known.contains(&essence)
}
