//! The limits that both sides agree on, in one place.

/// The largest frame in bytes; a larger one closes the socket with 1009.
pub const FRAME_BYTES: usize = 64 * 1024;

/// The longest message of the data channel between two pages in bytes; a longer one is ignored.
pub const DIRECT_BYTES: usize = 4096;

/// The longest user, device or call id in bytes.
pub const ID_BYTES: usize = 64;

/// The longest name in characters (Unicode scalar values).
pub const NAME_CHARS: usize = 64;

/// How many nonspacing marks may follow each other in a name. Vietnamese, Hebrew and Tibetan need
/// up to three; a hundred cover the lines above and below.
pub const NAME_MARKS: usize = 3;

/// How many people one `presence-watch` may name.
pub const WATCHED_USERS: usize = 256;

/// How many people one `presence-visibility` may name.
pub const VISIBLE_TO: usize = 256;

/// Seconds that a client has to send `login` after `hello`.
pub const LOGIN_SECONDS: u64 = 10;
