//! The handshake of a call that another page of the same device goes on with.

use std::fmt;

use wimpex_identity::Agreed;
use wimpex_protocol::DeviceId;

use crate::CallKey;

/// What is kept of a handshake while its call goes on, so that a page which comes back to the call
/// signs and verifies as the one before. It holds no key and no nonce.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeptHandshake {
    /// The peer's device.
    pub(crate) device: DeviceId,
    /// The peer's connection that answers nothing any more.
    pub(crate) past_session: Option<String>,
    pub(crate) agreed: Agreed,
}

impl KeptHandshake {
    /// The call that it is of.
    pub fn key(&self) -> CallKey {
        let call = self.agreed.call();
        CallKey::new(call.peer.clone(), call.id.clone())
    }

    /// As a text of one line, to be read by [`KeptHandshake::parse`].
    pub fn encode(&self) -> String {
        let session = self.past_session.as_deref().unwrap_or("-");
        [self.device.as_str(), session, &self.agreed.to_kept()].join(" ")
    }

    /// Reads what [`KeptHandshake::encode`] has written; `None` if it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let (device, rest) = text.split_once(' ')?;
        let (session, agreed) = rest.split_once(' ')?;
        Some(Self {
            device: DeviceId::parse(device).ok()?,
            past_session: (session != "-").then(|| session.to_owned()),
            agreed: Agreed::from_kept(agreed)?,
        })
    }
}

impl fmt::Debug for KeptHandshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptHandshake").finish_non_exhaustive()
    }
}
