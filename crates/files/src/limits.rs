//! The bounds of what is sent, and of what is taken from a peer whom nobody knows.

use std::time::Duration;

/// Bytes of one text of the channel: an offer with the longest name, with room.
pub const FRAME_BYTES: usize = 8_192;

/// Bytes of a block, but for the last one: what is hashed, stored and acknowledged at once.
pub const BLOCK: u64 = 256 * 1024;

/// Bytes of one message where there is time: all browsers take so many (`maxMessageSize`).
pub const CHUNK: u64 = 65_536;
/// Bytes of one message where a large one would keep a line of chat waiting.
pub const SMALL_CHUNK: u64 = 16_384;
/// Bytes a second below which messages are small.
pub const SMALL_BELOW: u64 = 1024 * 1024;

/// Bytes that may be on their way, or wait to be stored, beyond what the receiver is known to have
/// kept. Browsers hold nothing back that has arrived: whoever stores slowly would pile it up. At
/// 100 ms this carries 80 MB a second.
pub const WINDOW: u64 = 8 * 1024 * 1024;
/// Bytes that are read before they can be sent.
pub const READ_AHEAD: u64 = 1024 * 1024;

/// Bytes of a file: what is exact in JavaScript.
pub const SIZE: u64 = 1 << 53;
/// Characters of a name, and of a media type.
pub const NAME_CHARS: usize = 255;
/// Bytes of a media type.
pub const MIME_BYTES: usize = 127;

/// Files that are listed, each way; whoever offers more waits until some are done.
pub const LISTED: usize = 100;
/// Files that may wait for an answer of the user.
pub const ASKED: usize = 32;

/// Blocks that may come broken before the file is given up.
pub const BROKEN_BLOCKS: u32 = 3;

/// How often a receiver may say over one connection from where on they want a file: each time it may be
/// read, and hashed, as a whole. Once, anew, and for each broken block.
pub const WANTS: u32 = 2 + BROKEN_BLOCKS + 3;

/// Texts that are taken at once, beyond which they are ignored; one comes with each block.
pub const TAKE_BURST: u32 = 4_000;
/// Between two of them, later.
pub const TAKE_EVERY: Duration = Duration::from_millis(1);

/// How long a part of a file is kept for the rest to come.
pub const PARTIAL_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Parts that are kept in all; the oldest go first.
pub const PARTIALS: usize = 64;

/// Points of an image that is decoded for a preview, and bytes of its file.
pub const PREVIEW_POINTS: u64 = 50_000_000;
/// Bytes of an image that is decoded for a preview.
pub const PREVIEW_BYTES: u64 = 64 * 1024 * 1024;
