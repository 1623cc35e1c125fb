//! From a `login` to who that is.

use std::time::SystemTime;

use wimpex_identity::{Challenge, LoginProof, LoginProofError, is_key_id};
use wimpex_protocol::{AccessRefusal, InvalidName, Login, Name, UserId, Welcome};

use crate::app::App;
use crate::random;
use wimpex_hub::Identity;

/// What the owner of a key has to sign on one connection.
#[derive(Debug)]
pub(crate) struct LoginChallenge {
    /// Of this socket's `hello`, and of no other.
    pub(crate) challenge: Challenge,
    /// The page's; several where a client that is no browser does not say which.
    pub(crate) origins: Vec<String>,
}

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("{0}")]
    Name(#[from] InvalidName),
    #[error("{0}")]
    Proof(#[from] LoginProofError),
    #[error("to be the owner of a key, its id, the key and a signature are needed")]
    Unsigned,
    #[error("the signature is not of this key, this page and this connection")]
    Signature,
    #[error("the host does not let this person in")]
    Refused(AccessRefusal),
    #[error("the server has no randomness to give")]
    Random(#[from] getrandom::Error),
}

/// The owner of a key; or a guest: the same as before with a token that counts,
/// else a new one.
pub(crate) fn admit(
    app: &App,
    login: &Login,
    challenge: &LoginChallenge,
    now: SystemTime,
) -> Result<(Identity, Welcome), LoginError> {
    let name = Name::parse(&login.username)?;
    let owner = owner(login, challenge)?;
    let resumed = login
        .resume_token
        .as_deref()
        .and_then(|token| app.tokens.redeem(token, now));
    let resumed = match &owner {
        // Somebody else's token says nothing about this one's devices.
        Some(owner) => resumed.filter(|user| user == owner),
        // A token can be stolen, and a key that nobody can take out cannot.
        None if resumed.as_ref().is_some_and(is_key_id) => return Err(LoginError::Unsigned),
        None => resumed,
    };
    // Without the token a device id proves nothing: whoever saw one in a
    // message could push its owner out.
    let claimed_device = login.device_id.clone().filter(|_| resumed.is_some());
    let user = owner.or(resumed).map_or_else(random::guest_id, Ok)?;
    app.access
        .admit(&user, login.ticket.as_deref(), now)
        .map_err(|reason| {
            app.metrics.refused_login(reason);
            LoginError::Refused(reason)
        })?;
    let device = claimed_device.map_or_else(random::device_id, Ok)?;
    let welcome = Welcome {
        user_id: user.clone(),
        device_id: device.clone(),
        ice_servers: app.ice.servers_at_login(&user, now),
        resume_token: app.tokens.issue(&user, now),
        session: None,
        relay_on_request: app.ice.comes_with_calls(&user),
    };
    let identity = Identity { user, device, name };
    Ok((identity, welcome))
}

/// Whose key has signed; nobody's, if the login is a guest's.
fn owner(login: &Login, challenge: &LoginChallenge) -> Result<Option<UserId>, LoginError> {
    match (&login.user_id, &login.public_key, &login.signature) {
        (Some(user), Some(key), Some(signature)) => {
            let proof = LoginProof::parse(user, key, signature)?;
            let is_signed_for =
                |origin: &String| proof.claim(origin, &challenge.challenge).verify();
            if !challenge.origins.iter().any(is_signed_for) {
                return Err(LoginError::Signature);
            }
            Ok(Some(proof.user().clone()))
        }
        // Who would like to be a key is not let in as somebody else instead.
        (Some(user), None, None) if UserId::parse(user).is_ok_and(|user| is_key_id(&user)) => {
            Err(LoginError::Unsigned)
        }
        (_, None, None) => Ok(None),
        _ => Err(LoginError::Unsigned),
    }
}
