//! Everything that can stand in a frame, by direction.

use serde::Serialize;

use crate::decode::{self, DecodeError, Head};
use crate::{ErrorMessage, Hello, Login, Presence, PresenceWatch, Relayed, Welcome};

/// From a page to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ClientMessage {
    /// See [`Login`].
    Login(Login),
    /// See [`PresenceWatch`].
    PresenceWatch(PresenceWatch),
    /// See [`Relayed`].
    #[serde(untagged)]
    Relay(Relayed),
}

/// From the server to a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ServerMessage {
    /// See [`Hello`].
    Hello(Hello),
    /// See [`Welcome`].
    Welcome(Welcome),
    /// See [`ErrorMessage`].
    Error(ErrorMessage),
    /// See [`Presence`].
    Presence(Presence),
    /// See [`Relayed`].
    #[serde(untagged)]
    Relay(Relayed),
}

impl ClientMessage {
    /// Reads one frame.
    ///
    /// # Errors
    /// [`DecodeError`] says what the answer to the sender should be.
    pub fn decode(frame: &str) -> Result<Self, DecodeError> {
        Self::read(frame)
            .map_err(|error| decode::explain(frame, &["login", "presence-watch"], &error))
    }

    fn read(frame: &str) -> Result<Self, serde_json::Error> {
        let head = Head::read(frame)?;
        Ok(match &*head.r#type {
            "login" => Self::Login(serde_json::from_str(frame)?),
            "presence-watch" => Self::PresenceWatch(serde_json::from_str(frame)?),
            _ => Self::Relay(Relayed::read(head, frame)?),
        })
    }

    /// The text of the frame.
    pub fn encode(&self) -> String {
        encode(self)
    }
}

impl ServerMessage {
    /// Reads one frame.
    ///
    /// # Errors
    /// A frame that this version cannot read is none of its business: unlike a
    /// client, the server is not told, so that there is nothing to explain.
    pub fn decode(frame: &str) -> Result<Self, serde_json::Error> {
        let head = Head::read(frame)?;
        Ok(match &*head.r#type {
            "hello" => Self::Hello(serde_json::from_str(frame)?),
            "welcome" => Self::Welcome(serde_json::from_str(frame)?),
            "error" => Self::Error(serde_json::from_str(frame)?),
            "presence" => Self::Presence(serde_json::from_str(frame)?),
            _ => Self::Relay(Relayed::read(head, frame)?),
        })
    }

    /// The text of the frame.
    pub fn encode(&self) -> String {
        encode(self)
    }
}

fn encode(message: &impl Serialize) -> String {
    // Neither maps with odd keys nor failing Serialize impls exist in this crate.
    serde_json::to_string(message).expect("the messages are plain data")
}
