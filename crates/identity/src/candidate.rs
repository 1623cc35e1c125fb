//! Which ICE session a candidate belongs to.

use wimpex_protocol::{CallId, IceCandidate};

use crate::VerifyError;

/// Checks that a candidate belongs to the remote description of a verified call, which
/// the peer has signed. Candidates themselves are not signed: a forged one can prevent
/// the connection, but not redirect it, since DTLS accepts only the signed certificate.
///
/// # Errors
/// [`VerifyError::OtherCall`] if it does not name this call,
/// [`VerifyError::OtherCandidate`] if it does not name an ICE session of the
/// description (RFC 8839, section 5.4: `a=ice-ufrag`).
pub fn check_candidate(
    call: &CallId,
    description: &str,
    candidate: &IceCandidate,
) -> Result<(), VerifyError> {
    if candidate.call_id.as_ref() != Some(call) {
        return Err(VerifyError::OtherCall);
    }
    let fragment = candidate.candidate.username_fragment.as_deref();
    let mut fragments = description
        .lines()
        .filter_map(|line| line.strip_prefix("a=ice-ufrag:"));
    match fragment {
        Some(fragment) if fragments.any(|own| own == fragment) => Ok(()),
        _ => Err(VerifyError::OtherCandidate),
    }
}
