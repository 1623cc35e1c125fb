//! From a `login` to who that is.

use std::time::SystemTime;

use wimpex_protocol::{InvalidName, Login, Name, UserId, Welcome};

use crate::App;
use crate::random;
use wimpex_hub::Identity;

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("{0}")]
    Name(#[from] InvalidName),
    #[error("the server has no randomness to give")]
    Random(#[from] getrandom::Error),
}

/// A guest: the same as before with a token that counts, else a new one.
pub(crate) fn admit(
    app: &App,
    login: &Login,
    now: SystemTime,
) -> Result<(Identity, Welcome), LoginError> {
    let name = Name::parse(&login.username)?;
    let resumed: Option<UserId> = login
        .resume_token
        .as_deref()
        .and_then(|token| app.tokens.redeem(token, now));
    // Without the token a device id proves nothing: whoever saw one in a
    // message could push its owner out.
    let claimed_device = login.device_id.clone().filter(|_| resumed.is_some());
    let user = resumed.map_or_else(random::guest_id, Ok)?;
    let device = claimed_device.map_or_else(random::device_id, Ok)?;
    let welcome = Welcome {
        user_id: user.clone(),
        device_id: device.clone(),
        ice_servers: app.ice.servers(&user, now),
        resume_token: app.tokens.issue(&user, now),
        session: None,
    };
    let identity = Identity { user, device, name };
    Ok((identity, welcome))
}
