//! The ticket of an invitation link: base64url of `version (1 byte) ‖ id (8 bytes) ‖ HMAC-SHA256,
//! its first 16 bytes`. What it is good for is kept under its id; the signature keeps guesses away
//! from there.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const VERSION: u8 = 1;
const ID_BYTES: usize = 8;
const MAC_BYTES: usize = 16;
/// So that no other use of the same key can make a ticket.
const DOMAIN: &[u8] = b"wimpex-invitation";

/// Makes and reads tickets with one key.
pub(super) struct Tickets {
    key: [u8; 32],
}

/// How people and the store call an invitation.
pub(super) fn name(id: &[u8; ID_BYTES]) -> String {
    HEXLOWER.encode(id)
}

impl Tickets {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    pub(super) fn issue(&self, id: &[u8; ID_BYTES]) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(id);
        let mac = self.mac(&bytes).finalize().into_bytes();
        bytes.extend(&mac[..MAC_BYTES]);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Which invitation it is of, if it is one of ours.
    pub(super) fn read(&self, ticket: &str) -> Option<String> {
        const LENGTH: usize = 1 + ID_BYTES + MAC_BYTES;
        // Nothing longer is decoded at all.
        let bytes = (ticket.len() <= 2 * LENGTH)
            .then(|| BASE64URL_NOPAD.decode(ticket.as_bytes()).ok())
            .flatten()
            .filter(|bytes| bytes.len() == LENGTH)?;
        let (claim, mac) = bytes.split_at_checked(1 + ID_BYTES)?;
        self.mac(claim).verify_truncated_left(mac).ok()?;
        let (version, id) = claim.split_first()?;
        (*version == VERSION).then(|| HEXLOWER.encode(id))
    }

    fn mac(&self, claim: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes any key");
        mac.update(DOMAIN);
        mac.update(claim);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_ticket_can_be_changed() {
        let tickets = Tickets::new([7; 32]);
        let ticket = tickets.issue(&[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(tickets.read(&ticket).as_deref(), Some("0102030405060708"));
        assert_eq!(Tickets::new([8; 32]).read(&ticket), None);
        let bytes = BASE64URL_NOPAD.decode(ticket.as_bytes()).unwrap();
        for i in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[i] ^= 1;
            assert_eq!(tickets.read(&BASE64URL_NOPAD.encode(&forged)), None);
            assert_eq!(tickets.read(&BASE64URL_NOPAD.encode(&bytes[..i])), None);
        }
        for garbage in ["", "...", "ä", &"A".repeat(60_000)] {
            assert_eq!(tickets.read(garbage), None);
        }
    }
}
