//! Authentication: the long-term credential mechanism (RFC 8489, section 9.2) with
//! time-limited credentials.
//!
//! It keeps nothing about anybody, so that it needs no lock: its cryptography is
//! the most expensive part of a request.

use stun_types::attribute::{ErrorCode, MessageIntegrity, Nonce, Realm, Username};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message};
use stun_types::prelude::{AttributeStaticType, AttributeWrite};
use wimpex_sansio::UnixTime;

use crate::addr::ClientAddr;
use crate::credentials::{Claim, SharedSecret};
use crate::nonce::Nonces;
use crate::wire;

/// Checks requests.
pub(crate) struct Authenticator {
    realm: String,
    secret: SharedSecret,
    nonces: Nonces,
}

/// Somebody whose credentials count.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The whole user name.
    pub(crate) username: String,
    /// Whose credentials they are.
    pub(crate) user: String,
    /// Until when they count, in seconds since 1970; that is not yet.
    pub(crate) expiry: u64,
}

impl Authenticator {
    /// `nonce_key` is fresh randomness.
    pub(crate) fn new(realm: String, secret: SharedSecret, nonce_key: [u8; 32]) -> Self {
        Self {
            realm,
            secret,
            nonces: Nonces::new(nonce_key),
        }
    }

    /// The caller, and the key that signs the answer.
    ///
    /// # Errors
    /// The answer: 401 to whoever has no credentials that count, 438 to whoever
    /// has an old nonce, 400 to whoever sends half of it.
    pub(crate) fn authenticate(
        &self,
        client: ClientAddr,
        message: &Message<'_>,
        now: UnixTime,
    ) -> Result<(Caller, IntegrityKey), Vec<u8>> {
        let challenge = |code| wire::error(message, code, &self.challenge(client, now), None);
        let unauthorized = || challenge(ErrorCode::UNAUTHORIZED);
        if !message.has_attribute(MessageIntegrity::TYPE) {
            return Err(unauthorized());
        }
        let (Some(username), Some(realm), Some(nonce)) = (
            wire::attribute::<Username>(message),
            wire::attribute::<Realm>(message),
            wire::attribute::<Nonce>(message),
        ) else {
            return Err(wire::error(message, ErrorCode::BAD_REQUEST, &[], None));
        };
        let client_addr = client.socket_addr();
        if !self
            .nonces
            .is_good(nonce.nonce(), client_addr, now.as_secs())
        {
            return Err(challenge(ErrorCode::STALE_NONCE));
        }
        let username = username.username();
        let claim = Claim::parse(username)
            .filter(|claim| now.as_secs() < claim.expiry)
            .filter(|_| realm.realm() == self.realm)
            .ok_or_else(unauthorized)?;
        let key = LongTermKeyCredentials::new(
            username.to_owned(),
            self.secret.password(username),
            self.realm.clone(),
        )
        .make_key(IntegrityAlgorithm::Sha1);
        if message.validate_integrity_with_key(&key).is_err() {
            return Err(unauthorized());
        }
        let caller = Caller {
            user: claim.user.to_owned(),
            expiry: claim.expiry,
            username: username.to_owned(),
        };
        Ok((caller, key))
    }

    fn challenge(&self, client: ClientAddr, now: UnixTime) -> Vec<Box<dyn AttributeWrite>> {
        let mut attributes: Vec<Box<dyn AttributeWrite>> = Vec::new();
        if let Ok(realm) = Realm::new(&self.realm) {
            attributes.push(Box::new(realm));
        }
        let nonce = self.nonces.issue(client.socket_addr(), now.as_secs());
        if let Ok(nonce) = Nonce::new(&nonce) {
            attributes.push(Box::new(nonce));
        }
        attributes
    }
}
