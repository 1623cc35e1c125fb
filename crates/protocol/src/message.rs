//! Everything that can stand in a frame, by direction.

use serde::{Deserialize, Serialize};

use crate::decode::{self, DecodeError};
use crate::{ErrorMessage, Hello, Login, Presence, PresenceWatch, Relayed, Welcome};

/// From a page to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        decode::decode(frame, &["login", "presence-watch"])
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
    /// [`DecodeError`] says what was wrong with it.
    pub fn decode(frame: &str) -> Result<Self, DecodeError> {
        decode::decode(frame, &["hello", "welcome", "error", "presence"])
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
