//! Message Encryption for Web Push (RFC 8291): `aes128gcm` (RFC 8188) with one record.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes128Gcm, Nonce};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

/// The most that a message may have before it is encrypted: push services take 4096 bytes (RFC 8030,
/// section 7.2), of which 103 are header, delimiter and tag.
pub const MESSAGE_BYTES: usize = 3993;

/// Of the secret that a browser gives along with its key (RFC 8291, section 3.2).
pub const AUTH_BYTES: usize = 16;

/// An uncompressed point (RFC 8291, section 4): what a browser's `p256dh` is.
const POINT_BYTES: usize = 65;

/// What a browser gives out for messages that only it can read.
#[derive(Clone, PartialEq, Eq)]
pub struct SubscriptionKeys {
    public: PublicKey,
    auth: [u8; AUTH_BYTES],
}

/// The keys of a subscription are none: no base64url, not of their length, or no point of P-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these are no keys of a push subscription")]
pub struct InvalidKeys;

impl SubscriptionKeys {
    /// Reads `p256dh` and `auth` of a `PushSubscription` (W3C push-api, section 7), base64url.
    ///
    /// # Errors
    /// [`InvalidKeys`].
    pub fn parse(p256dh: &str, auth: &str) -> Result<Self, InvalidKeys> {
        let decode = |text: &str| {
            let text = text.trim_end_matches('=').as_bytes();
            BASE64URL_NOPAD.decode(text).map_err(|_| InvalidKeys)
        };
        let point = decode(p256dh)?;
        if point.len() != POINT_BYTES {
            return Err(InvalidKeys);
        }
        Ok(Self {
            public: PublicKey::from_sec1_bytes(&point).map_err(|_| InvalidKeys)?,
            auth: decode(auth)?.try_into().map_err(|_| InvalidKeys)?,
        })
    }
}

impl fmt::Debug for SubscriptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubscriptionKeys(…)")
    }
}

/// The randomness of one message.
#[derive(Clone)]
pub struct Ephemeral {
    /// The application server's key for this message.
    secret: SecretKey,
    salt: [u8; 16],
}

impl Ephemeral {
    /// From random bytes; `None` for the few (one in 2^32) that are no key of P-256.
    pub fn from_random(secret: [u8; 32], salt: [u8; 16]) -> Option<Self> {
        let secret = SecretKey::from_slice(&secret).ok()?;
        Some(Self { secret, salt })
    }
}

impl fmt::Debug for Ephemeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ephemeral(…)")
    }
}

/// Encrypts a message of at most [`MESSAGE_BYTES`]; `None` if it is longer. The result is the body
/// of a request with `Content-Encoding: aes128gcm`.
pub fn encrypt(message: &[u8], to: &SubscriptionKeys, with: &Ephemeral) -> Option<Vec<u8>> {
    if message.len() > MESSAGE_BYTES {
        return None;
    }
    let (theirs, ours) = (point(&to.public), point(&with.secret.public_key()));
    // RFC 8291, section 3.4.
    let shared = with.secret.diffie_hellman(&to.public);
    let info = [b"WebPush: info\0", &theirs[..], &ours[..]].concat();
    let ikm: [u8; 32] = derive(&to.auth, shared.raw_secret_bytes(), &info);
    // RFC 8188, section 2.2.
    let key: [u8; 16] = derive(&with.salt, &ikm, b"Content-Encoding: aes128gcm\0");
    let nonce: [u8; 12] = derive(&with.salt, &ikm, b"Content-Encoding: nonce\0");
    // The delimiter of the last record; no padding (RFC 8188, section 2).
    let plain = [message, &[2]].concat();
    let cipher = Aes128Gcm::new(&key.into());
    let sealed = cipher.encrypt(&Nonce::from(nonce), &plain[..]).ok()?;
    // Salt, record size, and our key as the key's id (RFC 8188, section 2.1).
    let header = [&with.salt[..], &4096u32.to_be_bytes(), &[POINT_BYTES as u8]].concat();
    Some([&header[..], &ours, &sealed].concat())
}

fn point(key: &PublicKey) -> Box<[u8]> {
    key.to_sec1_bytes()
}

/// HKDF with SHA-256 (RFC 5869), for outputs far shorter than it can give.
fn derive<const N: usize>(salt: &[u8], ikm: &[u8], info: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand(info, &mut out)
        .expect("at most 32 bytes, of 8160 that there are");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()
    }

    fn subscription() -> SubscriptionKeys {
        SubscriptionKeys::parse(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        )
        .unwrap()
    }

    fn ephemeral() -> Ephemeral {
        Ephemeral::from_random(
            bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
                .try_into()
                .unwrap(),
            bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap(),
        )
        .unwrap()
    }

    /// RFC 8291, section 5 and appendix A.
    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let message = b"When I grow up, I want to be a watermelon";
        let sealed = encrypt(message, &subscription(), &ephemeral()).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg\
            Dll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXL\
            WyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(BASE64URL_NOPAD.encode(&sealed), expected);
    }

    #[test]
    fn a_message_is_as_long_as_push_services_take() {
        let most = encrypt(&[b'x'; MESSAGE_BYTES], &subscription(), &ephemeral());
        assert_eq!(most.unwrap().len(), 4096);
        assert!(encrypt(&[b'x'; MESSAGE_BYTES + 1], &subscription(), &ephemeral()).is_none());
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let (key, auth) = (
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        );
        let off_the_curve = BASE64URL_NOPAD.encode(&[&[4][..], &[7; 64]].concat());
        let infinity = BASE64URL_NOPAD.encode(&[0; 65]);
        for (key, auth) in [
            ("", auth),
            (key, ""),
            (&key[..80], auth),
            (key, "BTBZMqHH6r4Tts7J_aSIggAA"),
            (&off_the_curve, auth),
            (&infinity, auth),
            ("%%%", auth),
        ] {
            assert_eq!(
                SubscriptionKeys::parse(key, auth),
                Err(InvalidKeys),
                "{key} {auth}"
            );
        }
    }
}
