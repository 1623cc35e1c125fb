//! The bounds of what is sent, and of what is taken from a peer whom nobody knows.

use std::time::Duration;

/// Bytes of one frame. SCTP without extensions carries 16 KiB between any two browsers (RFC 8831,
/// section 6.6).
pub const FRAME_BYTES: usize = 16_384;

/// Bytes of one line of chat, in UTF-8. Written as JSON each takes two at the most, since control
/// characters are taken out, so that a frame always has room for it.
pub const LINE_BYTES: usize = 8_000;

/// Characters of a stream's id.
pub const STREAM_ID_CHARS: usize = 64;

/// Names of features that are read of a [`crate::Hello`]; whoever names more is not one of us.
pub const FEATURES: usize = 32;

/// Frames that are on their way without an acknowledgment: the rest waits here and not in the
/// browser's buffer, which belongs to one connection.
pub const WINDOW: usize = 64;

/// Lines that wait to be acknowledged. No person writes so many in the seconds that a call may be
/// without a connection.
pub const UNACKED: usize = 500;

/// Lines that are kept to be shown; the oldest go first.
pub const LINES: usize = 1_000;

/// Numbered frames that are sent at once, after a pause.
pub const SEND_BURST: u32 = 64;
/// Between two of them, later.
pub const SEND_EVERY: Duration = Duration::from_millis(50);

/// Frames that are taken at once. What comes beyond is not acknowledged, so that a peer of good
/// will sends it again, later.
pub const TAKE_BURST: u32 = 1_000;
/// Between two of them, later. An acknowledgment comes back for each line, and a clock may be
/// a little off.
pub const TAKE_EVERY: Duration = Duration::from_millis(10);

/// A numbered frame that was not acknowledged for so long is sent again; each time that is of no
/// use doubles it. The channel itself is reliable: this is for frames that the other side dropped
/// since they were too many.
pub const RESEND_AFTER: Duration = Duration::from_secs(5);
/// How often at the most, so that the pause stays below three minutes.
pub const RESEND_DOUBLINGS: u32 = 5;

/// Where the user points is told at once, so often, and then each so long: a hand moves no faster
/// than it is seen to.
pub const POINT_BURST: u32 = 2;
/// See [`POINT_BURST`].
pub const POINT_EVERY: Duration = Duration::from_millis(50);

/// Bytes of a caption, in UTF-8.
pub const CAPTION_BYTES: usize = 500;
/// Captions that are kept to be read; nothing else of them is.
pub const CAPTIONS: usize = 3;
/// What is said is told at once, so often, and then each so long: the last of what is being said
/// takes the place of what waits.
pub const CAPTION_BURST: u32 = 4;
/// See [`CAPTION_BURST`].
pub const CAPTION_EVERY: Duration = Duration::from_millis(300);
/// For how long it can be read, once nothing follows.
pub const CAPTION_STAYS: Duration = Duration::from_secs(8);

/// Of points and captions so many are taken at once, and then one each so long; others are
/// ignored.
pub const LIVE_TAKE_BURST: u32 = 60;
/// See [`LIVE_TAKE_BURST`].
pub const LIVE_TAKE_EVERY: Duration = Duration::from_millis(25);

/// When the own [`crate::Hello`] is said once more to who has not answered it, and how often.
pub const HELLO_AGAIN_AFTER: Duration = Duration::from_secs(3);
/// A peer of before knows none, and is left alone after that.
pub const HELLOS: u32 = 3;
