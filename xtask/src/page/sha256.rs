//! SHA-256 (FIPS 180-4) of contents. It names files that browsers keep forever and says whether a
//! build is stale, so it must not depend on the release of Rust, as `DefaultHasher` does.

use std::fmt::Write;

use sha2::Digest;

/// Hashes parts one after the other.
pub(super) struct Sha256(sha2::Sha256);

impl Sha256 {
    pub(super) fn new() -> Self {
        Self(sha2::Sha256::new())
    }

    /// Adds a part. Its length goes first, so that `ab, c` and `a, bc` differ.
    pub(super) fn part(&mut self, bytes: &[u8]) {
        self.0.update(u64::to_le_bytes(bytes.len() as u64));
        self.0.update(bytes);
    }

    /// The digest in 64 hexadecimal digits.
    pub(super) fn hex(self) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.0.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// The digest of a content by itself, in 64 hexadecimal digits.
pub(super) fn of(content: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.0.update(content);
    hasher.hex()
}

/// What goes into the name of a file with these contents: 16 hexadecimal digits (64 bits), which
/// the server takes for the sign of an immutable file.
pub(super) fn short(contents: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for content in contents {
        hasher.part(content);
    }
    let mut hex = hasher.hex();
    hex.truncate(16);
    hex
}

/// `page.js` becomes `page-0123456789abcdef.js`, and `page_bg.wasm` likewise before its `_bg`: the
/// server knows from the name that such a file never changes.
pub(super) fn with_hash(name: &str, hash: &str) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    match stem.strip_suffix("_bg") {
        Some(stem) => format!("{stem}-{hash}_bg.{extension}"),
        None => format!("{stem}-{hash}.{extension}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_of_parts_count() {
        assert_ne!(short(&[b"ab", b"c"]), short(&[b"a", b"bc"]));
        assert_ne!(short(&[b"ab"]), short(&[b"ab", b""]));
    }

    #[test]
    fn the_digest_never_changes() {
        // sha256 of eight zero bytes: one empty part.
        let mut hasher = Sha256::new();
        hasher.part(b"");
        assert_eq!(
            hasher.hex(),
            "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc"
        );
    }

    #[test]
    fn names_get_their_hash_where_the_server_looks_for_it() {
        assert_eq!(with_hash("page.js", "0f"), "page-0f.js");
        assert_eq!(with_hash("page_bg.wasm", "0f"), "page-0f_bg.wasm");
        assert_eq!(with_hash("split_extras.wasm", "0f"), "split_extras-0f.wasm");
    }
}
