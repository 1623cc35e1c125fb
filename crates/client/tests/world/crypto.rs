//! Signatures that everybody can check and, in these tests, nobody tries to forge.

use wimpex_identity::{Signature, SignatureClaim};

/// FNV-1a, spread over 64 bytes.
pub fn sign(public_key: &[u8; 32], message: &[u8]) -> Signature {
    let mut bytes = [0; 64];
    for (round, place) in bytes.chunks_mut(8).enumerate() {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ round as u64;
        for byte in public_key.iter().chain(message) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        place.copy_from_slice(&hash.to_be_bytes());
    }
    Signature::from_bytes(bytes)
}

pub fn is_valid(claim: &SignatureClaim) -> bool {
    sign(claim.key.as_bytes(), &claim.message).as_bytes() == claim.signature.as_bytes()
}

/// As base64url stands in `login.signature`; the tests' server compares texts.
pub fn sign_login(user: &str, challenge: &str) -> String {
    format!("{user} signs {challenge}")
}
