//! Voluntary Application Server Identification (VAPID, RFC 8292).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use sha2::Sha256;

use crate::Endpoint;

/// For how long a token counts, in seconds; at most a day (RFC 8292, section 2). Push services
/// with a wrong clock take it all the same.
const TOKEN_SECONDS: u64 = 12 * 60 * 60;

/// The key that the server signs with. Subscriptions are bound to it: with another one, browsers
/// have to subscribe anew.
#[derive(Clone)]
pub struct VapidKey {
    secret: SecretKey,
}

impl VapidKey {
    /// The key that follows from the server's secret: nothing more has to be kept, and servers that
    /// share the secret are one to push services.
    pub fn derive(server_secret: &[u8]) -> Self {
        let mut nth = 0u8;
        loop {
            let mut mac = Hmac::<Sha256>::new_from_slice(server_secret)
                .expect("a key of HMAC has any length");
            mac.update(b"wimpex-vapid-v1");
            mac.update(&[nth]);
            // All but one in 2^32 are a key of P-256.
            if let Ok(secret) = SecretKey::from_slice(&mac.finalize().into_bytes()) {
                return Self { secret };
            }
            nth = nth.wrapping_add(1);
        }
    }

    /// What a browser takes as `applicationServerKey`: an uncompressed point, base64url.
    pub fn public(&self) -> String {
        BASE64URL_NOPAD.encode(&self.secret.public_key().to_sec1_bytes())
    }

    /// The `Authorization` of a request to that endpoint (RFC 8292, section 3). `contact` is a URL
    /// by which the push service can reach whoever runs this server; `now` is in seconds since 1970.
    pub fn authorization(&self, to: &Endpoint, contact: &str, now: u64) -> String {
        let claims = serde_json::json!({
            "aud": to.origin(),
            "exp": now + TOKEN_SECONDS,
            "sub": contact,
        });
        let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let header = encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let signed = [header, encode(&claims.to_string())].join(".");
        let signature: Signature = SigningKey::from(&self.secret).sign(signed.as_bytes());
        let signature = BASE64URL_NOPAD.encode(&signature.to_bytes());
        format!("vapid t={signed}.{signature}, k={}", self.public())
    }
}

impl fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VapidKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier;

    use super::*;
    use crate::PushServices;

    #[test]
    fn a_token_is_signed_and_for_one_push_service() {
        let key = VapidKey::derive(b"secret");
        let to = PushServices::default()
            .endpoint("https://fcm.googleapis.com/fcm/send/abc")
            .unwrap();
        let text = key.authorization(&to, "https://call.example.org", 1_000);
        let (token, k) = text
            .strip_prefix("vapid t=")
            .unwrap()
            .split_once(", k=")
            .unwrap();
        assert_eq!(k, key.public());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let point = BASE64URL_NOPAD.decode(k.as_bytes()).unwrap();
        let verifying = VerifyingKey::from_sec1_bytes(&point).unwrap();
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        let signature = Signature::from_slice(&signature).unwrap();
        verifying.verify(signed.as_bytes(), &signature).unwrap();
        let (_, claims) = signed.split_once('.').unwrap();
        let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["aud"], "https://fcm.googleapis.com");
        assert_eq!(claims["exp"], 1_000 + 12 * 60 * 60);
        assert_eq!(claims["sub"], "https://call.example.org");
    }

    #[test]
    fn a_key_follows_from_the_secret() {
        let public = |secret: &[u8]| VapidKey::derive(secret).public();
        assert_eq!(public(b"a"), public(b"a"));
        assert_ne!(public(b"a"), public(b"b"));
        assert_eq!(public(b"a").len(), 87);
        assert!(!format!("{:?}", VapidKey::derive(b"a")).contains(&public(b"a")));
    }
}
