//! Everything that can stand in a frame, by direction.

use serde::Serialize;

use crate::decode::{self, DecodeError, Fields, Object, Unreadable};
use crate::{
    Ack, ErrorMessage, Hello, IceServers, Login, Presence, PresenceWatch, Relayed, Welcome,
};

/// From a page to the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ClientMessage {
    /// See [`Login`].
    Login(Login),
    /// See [`Ack`].
    Ack(Ack),
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
    /// See [`Ack`].
    Ack(Ack),
    /// See [`ErrorMessage`].
    Error(ErrorMessage),
    /// See [`IceServers`].
    IceServers(IceServers),
    /// See [`Presence`].
    Presence(Presence),
    /// See [`Relayed`].
    #[serde(untagged)]
    Relay(Relayed),
}

/// What a frame says, and its number. Within a session every frame but `ack`
/// has one: 1, 2, 3 …, in each direction by itself. A frame that comes again
/// over another socket has the number that it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered<T> {
    /// `seq`; `None` outside of a session, or where it is no number.
    pub seq: Option<u64>,
    /// The rest.
    pub message: T,
}

/// The text of a frame with its number.
pub fn number(seq: u64, text: &str) -> String {
    let rest = text.strip_prefix('{').unwrap_or(text);
    let mut numbered = String::with_capacity(rest.len() + 28);
    numbered.push_str("{\"seq\":");
    numbered.push_str(&seq.to_string());
    numbered.push(',');
    numbered.push_str(rest);
    numbered
}

impl ClientMessage {
    /// Reads one frame.
    ///
    /// # Errors
    /// [`DecodeError`] says what the answer to the sender should be.
    pub fn decode(frame: &str) -> Result<Self, DecodeError> {
        Self::decode_numbered(frame).message
    }

    /// Reads one frame with its number. A frame that makes no sense has a number
    /// all the same.
    pub fn decode_numbered(frame: &str) -> Numbered<Result<Self, DecodeError>> {
        let types = &["ack", "login", "presence-watch"];
        match decode::object(frame) {
            Ok(object) => Numbered {
                seq: seq(&object),
                message: Self::read(Fields(&object))
                    .map_err(|error| decode::explain(Some(&object), types, error)),
            },
            Err(error) => Numbered {
                seq: None,
                message: Err(decode::explain(None, types, error)),
            },
        }
    }

    fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        let type_name = fields.text("type")?;
        Ok(match type_name {
            "ack" => Self::Ack(Ack::read(fields)?),
            "login" => Self::Login(Login::read(fields)?),
            "presence-watch" => Self::PresenceWatch(PresenceWatch::read(fields)?),
            _ => Self::Relay(Relayed::read(type_name, fields)?),
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
    pub fn decode(frame: &str) -> Result<Self, Unreadable> {
        Self::decode_numbered(frame)?.message
    }

    /// Reads one frame with its number. A message of a later version has a
    /// number all the same.
    ///
    /// # Errors
    /// The frame is not one JSON object.
    pub fn decode_numbered(frame: &str) -> Result<Numbered<Result<Self, Unreadable>>, Unreadable> {
        let object = decode::object(frame)?;
        Ok(Numbered {
            seq: seq(&object),
            message: Self::read(Fields(&object)),
        })
    }

    fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        let type_name = fields.text("type")?;
        Ok(match type_name {
            "ack" => Self::Ack(Ack::read(fields)?),
            "hello" => Self::Hello(Hello::read(fields)?),
            "welcome" => Self::Welcome(Welcome::read(fields)?),
            "error" => Self::Error(ErrorMessage::read(fields)?),
            "ice-servers" => Self::IceServers(IceServers::read(fields)?),
            "presence" => Self::Presence(Presence::read(fields)?),
            _ => Self::Relay(Relayed::read(type_name, fields)?),
        })
    }

    /// The text of the frame.
    pub fn encode(&self) -> String {
        encode(self)
    }
}

fn seq(object: &Object) -> Option<u64> {
    Fields(object).may_number("seq").ok().flatten()
}

pub(crate) fn encode(message: &impl Serialize) -> String {
    // Neither maps with odd keys nor failing Serialize impls exist in this crate.
    serde_json::to_string(message).expect("the messages are plain data")
}
