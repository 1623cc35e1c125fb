//! Who asks: the long-term credential mechanism (RFC 8489, section 9.2) with
//! time-limited credentials.

use stun_types::attribute::{ErrorCode, MessageIntegrity, Nonce, Realm, Username};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message};
use stun_types::prelude::{AttributeStaticType, AttributeWrite};

use super::{ClientId, Machine, Now, Ports};
use crate::credentials::Claim;
use crate::wire;

/// Somebody whose credentials count.
pub(super) struct Caller {
    pub(super) username: String,
    /// Whose credentials they are.
    pub(super) user: String,
    /// Until when, in seconds since 1970; that is not yet.
    pub(super) expiry: u64,
    pub(super) key: IntegrityKey,
}

impl<P: Ports, C: Clone> Machine<P, C> {
    /// # Errors
    /// The answer: 401 to whoever has no credentials that count, 438 to whoever
    /// has an old nonce, 400 to whoever sends half of it.
    pub(super) fn authenticate(
        &self,
        client: ClientId,
        message: &Message<'_>,
        now: Now,
    ) -> Result<Caller, Vec<u8>> {
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
        if !self
            .nonces
            .is_good(nonce.nonce(), client.remote, now.unix())
        {
            return Err(challenge(ErrorCode::STALE_NONCE));
        }
        let username = username.username();
        let claim = Claim::parse(username)
            .filter(|claim| now.unix() < claim.expiry)
            .filter(|_| realm.realm() == self.rules.realm)
            .ok_or_else(unauthorized)?;
        let key = LongTermKeyCredentials::new(
            username.to_owned(),
            self.rules.secret.password(username),
            self.rules.realm.clone(),
        )
        .make_key(IntegrityAlgorithm::Sha1);
        if message.validate_integrity_with_key(&key).is_err() {
            return Err(unauthorized());
        }
        Ok(Caller {
            user: claim.user.to_owned(),
            expiry: claim.expiry,
            username: username.to_owned(),
            key,
        })
    }

    fn challenge(&self, client: ClientId, now: Now) -> Vec<Box<dyn AttributeWrite>> {
        let mut attributes: Vec<Box<dyn AttributeWrite>> = Vec::new();
        if let Ok(realm) = Realm::new(&self.rules.realm) {
            attributes.push(Box::new(realm));
        }
        if let Ok(nonce) = Nonce::new(&self.nonces.issue(client.remote, now.unix())) {
            attributes.push(Box::new(nonce));
        }
        attributes
    }
}
