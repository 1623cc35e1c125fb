//! What there is to be known about writing down what the user says.

use crate::browser::speech_recognition::Heard;

/// Something about it.
pub enum CaptionEvent {
    /// This browser can, or cannot.
    Available(bool),
    /// The user has said something, to the so manieth that listens.
    Heard(u32, Heard),
    /// It has ended by itself.
    Ended(u32),
    /// It is time to begin again.
    Again(u32),
}
