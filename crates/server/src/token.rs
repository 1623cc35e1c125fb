//! The resume token: a guest's proof of who it was, which the server can check
//! without having kept anything.
//!
//! base64url of `version (1 byte) ‖ expiry (8 bytes, big-endian seconds) ‖
//! userId ‖ HMAC-SHA256 (32 bytes) over all before it`. Clients treat it as
//! opaque.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wimpex_protocol::UserId;

/// How long a guest may stay away. Every login renews it.
const LIFETIME: Duration = Duration::from_secs(90 * 24 * 60 * 60);
const VERSION: u8 = 1;
const MAC_BYTES: usize = 32;
/// So that no other use of the same key can make a token.
const DOMAIN: &[u8] = b"wimpex-resume-token";

/// Makes and checks tokens with one key.
pub(crate) struct Tokens {
    key: [u8; 32],
}

impl Tokens {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// A token for a user, good for a while from `now`.
    pub(crate) fn issue(&self, user: &UserId, now: SystemTime) -> String {
        let expiry = seconds(now) + LIFETIME.as_secs();
        let mut bytes = vec![VERSION];
        bytes.extend(expiry.to_be_bytes());
        bytes.extend(user.as_str().as_bytes());
        let mac = self.mac(&bytes).finalize().into_bytes();
        bytes.extend(mac);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Whose token it is, if it is one of ours and still good.
    pub(crate) fn redeem(&self, token: &str, now: SystemTime) -> Option<UserId> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (claim, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        self.mac(claim).verify_slice(mac).ok()?;
        let (version, claim) = claim.split_first()?;
        let (expiry, user) = claim.split_first_chunk::<8>()?;
        let good = *version == VERSION && seconds(now) < u64::from_be_bytes(*expiry);
        let user = std::str::from_utf8(user).ok()?;
        UserId::parse(user).ok().filter(|_| good)
    }

    fn mac(&self, claim: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes any key");
        mac.update(DOMAIN);
        mac.update(claim);
        mac
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> UserId {
        UserId::parse("guest-alice").unwrap()
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let tokens = Tokens::new([7; 32]);
        let now = SystemTime::now();
        let token = tokens.issue(&alice(), now);
        assert_eq!(tokens.redeem(&token, now), Some(alice()));
        let late = now + LIFETIME - Duration::from_secs(2);
        assert_eq!(tokens.redeem(&token, late), Some(alice()));
        assert_eq!(tokens.redeem(&token, now + LIFETIME), None);
    }

    #[test]
    fn another_key_makes_other_tokens() {
        let now = SystemTime::now();
        let token = Tokens::new([7; 32]).issue(&alice(), now);
        assert_eq!(Tokens::new([8; 32]).redeem(&token, now), None);
    }

    #[test]
    fn nothing_in_a_token_can_be_changed() {
        let tokens = Tokens::new([7; 32]);
        let now = SystemTime::now();
        let bytes = BASE64URL_NOPAD
            .decode(tokens.issue(&alice(), now).as_bytes())
            .unwrap();
        for i in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[i] ^= 1;
            assert_eq!(tokens.redeem(&BASE64URL_NOPAD.encode(&forged), now), None);
            assert_eq!(
                tokens.redeem(&BASE64URL_NOPAD.encode(&bytes[..i]), now),
                None
            );
        }
    }

    #[test]
    fn garbage_is_no_token() {
        let tokens = Tokens::new([7; 32]);
        for text in ["", "...", "ä", "AAAA", &"A".repeat(60_000)] {
            assert_eq!(tokens.redeem(text, SystemTime::now()), None);
        }
    }
}
