//! Why a message of a handshake is not believed.

use std::fmt;

use crate::text::Malformed;

/// Each way in which a handshake can be bad. All of them mean the same to the
/// call: it does not go on with what that message said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerifyError {
    /// `sec` is no base64url, or has not one of the lengths that it may have.
    Malformed,
    /// `sec` is of another version.
    UnknownVersion,
    /// The sender's id is that of a key, and nothing is signed; or `sec` is absent.
    Unsigned,
    /// The sender's id is not that of the key that signed.
    OtherKey,
    /// The signature is not one of these bytes. Whatever was changed on the way
    /// ends here: the description, the call, the type, the addresses, the
    /// message before.
    BadSignature,
    /// It comes from somebody else than the one who is called, or who called.
    OtherSender,
    /// It is about another call.
    OtherCall,
    /// It was signed more than a minute ago, or will be in more than a minute.
    Stale,
    /// It comes later than its step may take.
    Late,
    /// Its commitment or nonce has come before.
    Replayed,
    /// An offer or an answer within the call is not newer than the last.
    OutOfOrder,
    /// An answer within the call to which nothing was offered.
    Unasked,
    /// The nonce is not the one that was promised.
    OtherNonce,
    /// The description has no fingerprint (RFC 8122, section 5).
    NoFingerprint,
    /// The description has more than one.
    SeveralFingerprints,
    /// One is not SHA-256, or not written as RFC 8122 wants.
    OtherFingerprint,
    /// The fingerprint is not the one of the handshake.
    ChangedFingerprint,
    /// DTLS has used another certificate than the one that was signed.
    OtherCertificate,
    /// The candidate is not of the description's ICE session.
    OtherCandidate,
}

impl VerifyError {
    /// Stable, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownVersion => "unknown-version",
            Self::Unsigned => "unsigned",
            Self::OtherKey => "other-key",
            Self::BadSignature => "bad-signature",
            Self::OtherSender => "other-sender",
            Self::OtherCall => "other-call",
            Self::Stale => "stale",
            Self::Late => "late",
            Self::Replayed => "replayed",
            Self::OutOfOrder => "out-of-order",
            Self::Unasked => "unasked",
            Self::OtherNonce => "other-nonce",
            Self::NoFingerprint => "no-fingerprint",
            Self::SeveralFingerprints => "several-fingerprints",
            Self::OtherFingerprint => "other-fingerprint",
            Self::ChangedFingerprint => "changed-fingerprint",
            Self::OtherCertificate => "other-certificate",
            Self::OtherCandidate => "other-candidate",
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for VerifyError {}

impl From<Malformed> for VerifyError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
