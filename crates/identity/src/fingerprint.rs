//! The fingerprint of a DTLS certificate, in a description and of a connection.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::VerifyError;

/// SHA-256 of a certificate in DER, as `a=fingerprint` has it (RFC 8122, section 5):
/// 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Takes the 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The fingerprint of a certificate in DER, such as the one that DTLS uses (W3C
    /// webrtc, section 5.5: `getRemoteCertificates`).
    pub fn of_certificate(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The one fingerprint of a session description. It may stand there several times,
    /// for the session and for each media section.
    ///
    /// Stricter than a parser: every line that so much as mentions "fingerprint" must be
    /// a well-formed one, lest the browser's parser read one where this one does not.
    ///
    /// # Errors
    /// [`VerifyError::NoFingerprint`], [`VerifyError::OtherFingerprint`],
    /// [`VerifyError::SeveralFingerprints`].
    pub fn of_description(sdp: &str) -> Result<Self, VerifyError> {
        let mut found = None;
        for line in sdp.split(['\r', '\n']) {
            if !mentions_fingerprint(line) {
                continue;
            }
            let one = Self::of_line(line).ok_or(VerifyError::OtherFingerprint)?;
            if found.is_some_and(|found| found != one) {
                return Err(VerifyError::SeveralFingerprints);
            }
            found = Some(one);
        }
        found.ok_or(VerifyError::NoFingerprint)
    }

    fn of_line(line: &str) -> Option<Self> {
        let (algorithm, digits) = line.strip_prefix("a=fingerprint:")?.split_once(' ')?;
        if !algorithm.eq_ignore_ascii_case("sha-256") || digits.len() != 32 * 3 - 1 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.split(':')) {
            *byte = hex(pair)?;
        }
        // 95 characters, all of them two digits and a colon, but for the last.
        (digits.split(':').count() == 32).then_some(Self(bytes))
    }
}

/// RFC 8122, section 5, asks for upper case; lower case is accepted all the same.
fn hex(pair: &str) -> Option<u8> {
    let is_pair = pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
    is_pair.then(|| u8::from_str_radix(pair, 16).ok())?
}

fn mentions_fingerprint(line: &str) -> bool {
    let word = b"fingerprint";
    let mut windows = line.as_bytes().windows(word.len());
    windows.any(|window| window.eq_ignore_ascii_case(word))
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(byte: u8) -> String {
        let pairs: Vec<String> = (0..32).map(|_| format!("{byte:02X}")).collect();
        format!("a=fingerprint:sha-256 {}\r\n", pairs.join(":"))
    }

    fn read(lines: &str) -> Result<Fingerprint, VerifyError> {
        Fingerprint::of_description(&format!("v=0\r\n{lines}m=audio 9\r\n"))
    }

    #[test]
    fn repeated_fingerprint_is_one() {
        let one = Ok(Fingerprint([0xab; 32]));
        assert_eq!(read(&line(0xab)), one);
        assert_eq!(read(&line(0xab).repeat(3)), one);
        let small = line(0xab).replace("AB", "ab");
        assert_eq!(read(&(line(0xab) + &small)), one);
    }

    #[test]
    fn zero_several_or_malformed_are_rejected() {
        assert_eq!(read(""), Err(VerifyError::NoFingerprint));
        let two = line(1) + &line(2);
        assert_eq!(read(&two), Err(VerifyError::SeveralFingerprints));
        let right = line(1);
        for wrong in [
            right.replace("sha-256", "sha-1"),
            right.replace("sha-256", "sha-512"),
            right.replace(" 01:", " 01:01:"),
            right.replace(" 01:", " "),
            right.replace(" 01:", " +1:"),
            right.replace(" 01:", " 0101"),
            right.replace("\r\n", " \r\n"),
            right.replace("a=f", "a=F"),
            right.replace("a=f", "a= f"),
            right.replace("a=f", " a=f"),
            "a=fingerprint\r\n".to_owned(),
        ] {
            assert_eq!(
                read(&wrong),
                Err(VerifyError::OtherFingerprint),
                "{wrong:?}"
            );
            // Nor is it enough that there is a right one beside it.
            let beside = right.clone() + &wrong;
            assert_eq!(
                read(&beside),
                Err(VerifyError::OtherFingerprint),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn bare_cr_or_lf_ends_a_line() {
        for end in ["\r", "\n", "\n\r"] {
            let hidden = format!("a=x{end}{}", line(2));
            let both = line(1) + &hidden;
            assert_eq!(
                read(&both),
                Err(VerifyError::SeveralFingerprints),
                "{end:?}"
            );
        }
    }
}
