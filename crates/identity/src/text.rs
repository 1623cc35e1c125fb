//! Bytes as text and back: base64url and base32 (RFC 4648), both without padding.

use std::fmt;

use base32ct::Encoding as _;
use base64ct::Encoding as _;

/// The text is not base64url without padding (RFC 4648, section 5), or has not the
/// required number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not base64url of the right length")
    }
}

impl std::error::Error for Malformed {}

/// Base64url (RFC 4648, section 5) without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    base64ct::Base64UrlUnpadded::encode_string(bytes)
}

/// Decodes up to `N` bytes. Only the canonical text is accepted, that which [`base64url`]
/// gives for the bytes.
pub(crate) fn read_base64url<'a, const N: usize>(
    text: &str,
    space: &'a mut [u8; N],
) -> Result<&'a [u8], Malformed> {
    base64ct::Base64UrlUnpadded::decode(text, space).map_err(|_| Malformed)
}

/// Decodes exactly `N` bytes.
pub(crate) fn read_exactly<const N: usize>(text: &str) -> Result<[u8; N], Malformed> {
    let mut bytes = [0; N];
    match read_base64url(text, &mut bytes) {
        Ok(read) if read.len() == N => Ok(bytes),
        _ => Err(Malformed),
    }
}

/// Base32 (RFC 4648, section 6) in lower case, without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    base32ct::Base32Unpadded::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_base64url_is_accepted() {
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
        assert_eq!(read_exactly::<2>("-_8"), Ok([0xfb, 0xff]));
        for text in ["", "-_", "-_8=", "+/8", "-_9", "-_8A", " -_8", "-_8\n", "ä"] {
            assert_eq!(read_exactly::<2>(text), Err(Malformed), "{text:?}");
        }
    }

    #[test]
    fn base32_matches_the_rfc() {
        assert_eq!(base32(b"foobar"), "mzxw6ytboi");
    }
}
