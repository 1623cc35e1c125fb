//! Which call a candidate is for.

use wimpex_protocol::{CallId, IceCandidate};

use crate::VerifyError;

/// Whether a candidate may be used in a verified call, whose peer has signed
/// this description. Candidates are not signed: a false one costs the connection
/// at most, since DTLS takes no other certificate than the one that is signed.
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
