//! Stateless nonces (RFC 8489, section 9.2): the time, and a MAC over it and the client's
//! address. So nobody can fill a table by asking from forged addresses.

use std::net::SocketAddr;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// RFC 8656, section 5: a nonce should live for an hour at most.
const LIFETIME_SECONDS: u64 = 3600;
const TIME_BYTES: usize = 8;
const MAC_BYTES: usize = 12;

/// Makes nonces and knows its own again.
pub(crate) struct Nonces {
    key: [u8; 32],
}

impl Nonces {
    /// `key` is fresh randomness; nonces do not outlive the process.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// For one client, at a time in seconds since 1970.
    pub(crate) fn issue(&self, client: SocketAddr, unix: u64) -> String {
        let mut bytes = [0; TIME_BYTES + MAC_BYTES];
        bytes[..TIME_BYTES].copy_from_slice(&unix.to_be_bytes());
        bytes[TIME_BYTES..]
            .copy_from_slice(&self.mac(client, unix).finalize().into_bytes()[..MAC_BYTES]);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Whether this one was issued to this client, and not too long ago.
    pub(crate) fn is_good(&self, nonce: &str, client: SocketAddr, unix: u64) -> bool {
        let Ok(bytes) = BASE64URL_NOPAD.decode(nonce.as_bytes()) else {
            return false;
        };
        let Some((time, mac)) = bytes.split_first_chunk::<TIME_BYTES>() else {
            return false;
        };
        let issued = u64::from_be_bytes(*time);
        mac.len() == MAC_BYTES
            && issued <= unix
            && unix - issued < LIFETIME_SECONDS
            && self.mac(client, issued).verify_truncated_left(mac).is_ok()
    }

    fn mac(&self, client: SocketAddr, unix: u64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes any key");
        mac.update(&unix.to_be_bytes());
        mac.update(client.to_string().as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_for_one_client_and_an_hour() {
        let nonces = Nonces::new([7; 32]);
        let client: SocketAddr = "192.0.2.1:1000".parse().unwrap();
        let other: SocketAddr = "192.0.2.1:1001".parse().unwrap();
        let nonce = nonces.issue(client, 10_000);
        assert!(nonces.is_good(&nonce, client, 10_000));
        assert!(nonces.is_good(&nonce, client, 13_599));
        assert!(!nonces.is_good(&nonce, client, 13_600));
        assert!(!nonces.is_good(&nonce, client, 9_999));
        assert!(!nonces.is_good(&nonce, other, 10_000));
        assert!(!Nonces::new([8; 32]).is_good(&nonce, client, 10_000));
        for wrong in ["", "x", "AAAA", &nonce[1..], &format!("{nonce}AAAA")] {
            assert!(!nonces.is_good(wrong, client, 10_000), "{wrong}");
        }
    }
}
