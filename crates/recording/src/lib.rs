//! A recording of a call on one's own device: whether the peer agrees to it ([`Consent`]), what is
//! seen in it ([`Layout`]), whether it is silent ([`Stillness`]), and a file that can be sought in
//! ([`Webm`]), made of what a `MediaRecorder` gives.

mod consent;
mod ebml;
mod layout;
mod stillness;
mod webm;

pub use consent::{Answer, Consent, DECLINES, Input, Kind, Output, Request, State};
pub use layout::{Layout, Place, Places, Side, Speaker};
pub use stillness::{STILL_LOOKS, Stillness};
pub use webm::{Broken, Ending, Patch, Taken, WHOLE_BYTES, Webm, is_whole};
