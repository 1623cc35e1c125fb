//! Hybrid Public Key Encryption (RFC 9180): from a Diffie-Hellman secret to the key and nonce of
//! AES-128-GCM. Base mode, one message, no associated data.
//!
//! Well-kept crates of HPKE want the private key as bytes, and a page has it as a `CryptoKey` that
//! gives out none: WebCrypto's `deriveBits` gives the secret, `encrypt` and `decrypt` do the rest.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;

const VERSION: &[u8] = b"HPKE-v1";
/// DHKEM(X25519, HKDF-SHA256) (RFC 9180, section 7.1).
const KEM: &[u8] = b"KEM\x00\x20";
/// The same, HKDF-SHA256 and AES-128-GCM (section 5.1).
const HPKE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x01";
const MODE_BASE: u8 = 0;

/// What AES-128-GCM seals and opens one message with.
#[derive(Clone, PartialEq, Eq)]
pub struct AeadKey {
    /// The key.
    pub key: [u8; 16],
    /// The nonce of the first and only message.
    pub nonce: [u8; 12],
}

impl fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AeadKey(…)")
    }
}

/// `SetupBaseS` and `SetupBaseR` (RFC 9180, section 5.1.1) after their Diffie-Hellman: `secret` is
/// X25519 of one side's private key and the other's public key, `encapsulated` the sender's
/// ephemeral public key (`enc`), `receiver` the receiver's public key. `None` for a secret of
/// zeros, which a key of small order makes (section 7.1.4).
pub fn key_schedule(
    secret: &[u8; 32],
    encapsulated: &[u8; 32],
    receiver: &[u8; 32],
    info: &[u8],
) -> Option<AeadKey> {
    if secret == &[0; 32] {
        return None;
    }
    // ExtractAndExpand of section 4.1.
    let prk = extract(KEM, b"", b"eae_prk", secret);
    let context = [&encapsulated[..], receiver].concat();
    let shared: [u8; 32] = expand(KEM, &prk.1, b"shared_secret", &context);
    // KeySchedule of section 5.1, without a pre-shared key.
    let (psk_id, _) = extract(HPKE, b"", b"psk_id_hash", b"");
    let (info, _) = extract(HPKE, b"", b"info_hash", info);
    let context = [&[MODE_BASE][..], &psk_id, &info].concat();
    let (_, secret) = extract(HPKE, &shared, b"secret", b"");
    Some(AeadKey {
        key: expand(HPKE, &secret, b"key", &context),
        nonce: expand(HPKE, &secret, b"base_nonce", &context),
    })
}

/// `LabeledExtract` of section 4.
fn extract(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> ([u8; 32], Hkdf<Sha256>) {
    let labeled = [VERSION, suite, label, ikm].concat();
    let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(salt), &labeled);
    (prk.into(), hkdf)
}

/// `LabeledExpand` of section 4.
fn expand<const N: usize>(suite: &[u8], prk: &Hkdf<Sha256>, label: &[u8], info: &[u8]) -> [u8; N] {
    let length = (N as u16).to_be_bytes();
    let labeled = [&length[..], VERSION, suite, label, info].concat();
    let mut out = [0; N];
    prk.expand(&labeled, &mut out)
        .expect("at most 32 bytes, of 8160 that there are");
    out
}
