//! Everything that can stand in a frame, by direction.

use serde::Serialize;

use crate::decode::{self, DecodeError, Fields};
use crate::{ErrorMessage, Hello, Login, Presence, PresenceWatch, Relayed, Welcome};

/// From a page to the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
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
        let fields = Fields::read(frame)?;
        let type_name: String = fields.need("type")?;
        Ok(match &*type_name {
            "login" => Self::Login(Login::read(&fields)?),
            "presence-watch" => Self::PresenceWatch(PresenceWatch::read(&fields)?),
            _ => Self::Relay(Relayed::read(&type_name, &fields)?),
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
        let fields = Fields::read(frame)?;
        let type_name: String = fields.need("type")?;
        Ok(match &*type_name {
            "hello" => Self::Hello(Hello::read(&fields)?),
            "welcome" => Self::Welcome(Welcome::read(&fields)?),
            "error" => Self::Error(ErrorMessage::read(&fields)?),
            "presence" => Self::Presence(Presence::read(&fields)?),
            _ => Self::Relay(Relayed::read(&type_name, &fields)?),
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
