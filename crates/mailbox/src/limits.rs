//! How long, how large, and for how long.

use std::time::Duration;

/// The longest message.
pub const LENGTH: Duration = Duration::from_secs(3 * 60);
/// The most bytes that a sealed message has: three minutes of a picture at the bit rate that pages
/// record with are about 15 MB, which browsers keep only roughly.
pub const SEALED_BYTES: u32 = 24 * 1024 * 1024;
/// The padding of a message: its sealed length is a multiple of this, and of the tag's 16 bytes, so
/// that it says little about how long somebody spoke.
pub const PADDING: usize = 64 * 1024;
/// How long a message waits for its receiver.
pub const KEEP: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The receiver remembers for so long which messages there were: longer than any is believed.
pub const REMEMBER: Duration = Duration::from_secs(9 * 24 * 60 * 60);
/// A sender's clock may be ahead of the receiver's by so much, as the end of [`KEEP`] may be late.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60 * 60);
/// Captions, as text.
pub const CAPTION_BYTES: usize = 32 * 1024;
