//! Why a message of a handshake is rejected.

use std::fmt;

use crate::text::Malformed;

/// Why a message fails verification. To the call all of them mean the same: it must not
/// act on the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerifyError {
    /// `sec` is not base64url, or has none of the four lengths.
    Malformed,
    /// `sec` has another version.
    UnknownVersion,
    /// The sender's id is that of a key, but the message is not signed; or `sec` is
    /// absent.
    Unsigned,
    /// The sender's id is not that of the signing key.
    OtherKey,
    /// The signature is not valid for these bytes. Anything that a relay has changed ends
    /// here: the description, the call's id or type, the addresses, the message before.
    BadSignature,
    /// It is from a user who is not the peer of the call.
    OtherSender,
    /// It belongs to another call.
    OtherCall,
    /// Its timestamp is further from the receiver's clock than [`crate::FRESHNESS`].
    Stale,
    /// It was received after the timeout of its step: [`crate::ANSWER_TIMEOUT`],
    /// [`crate::CONFIRM_TIMEOUT`], or that of the whole handshake.
    Late,
    /// Its commitment or nonce was received before.
    Replayed,
    /// An offer or an answer within the call is not newer than the last one, or belongs to
    /// a call that has no handshake; or a first message comes within the call.
    OutOfOrder,
    /// An answer to no offer.
    Unasked,
    /// The nonce is not the one that the caller has committed to.
    OtherNonce,
    /// The description has no fingerprint (RFC 8122, section 5).
    NoFingerprint,
    /// The description has more than one fingerprint.
    SeveralFingerprints,
    /// A fingerprint is not SHA-256, or not written as in RFC 8122, section 5.
    OtherFingerprint,
    /// The fingerprint of a description within the call is not that of the handshake.
    ChangedFingerprint,
    /// DTLS uses another certificate than the one that was signed.
    OtherCertificate,
    /// The candidate does not belong to the description's ICE session.
    OtherCandidate,
}

impl VerifyError {
    /// A stable code, for programs and diagnostics.
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
