//! Every message that a frame can hold, by direction.

use crate::codec::{self, Fields, Unreadable, messages};
use crate::error::{DecodeError, ErrorMessage, References};
use crate::frame::{self, Frame};
use crate::ice::{IceServers, IceServersRequest};
use crate::login::{Hello, Login, Welcome};
use crate::missed::{MissedCalls, MissedCallsErase};
use crate::presence::{MessagesWaiting, Presence, PresenceVisibility, PresenceWatch};
use crate::resume::Ack;
use crate::signal::{Envelope, Signal};

messages! {
    /// From a page to the server.
    pub enum ClientMessage {
        /// See [`Login`].
        Login(Login),
        /// See [`Ack`].
        Ack(Ack),
        /// See [`PresenceWatch`].
        PresenceWatch(PresenceWatch),
        /// See [`PresenceVisibility`].
        PresenceVisibility(PresenceVisibility),
        /// See [`IceServersRequest`].
        IceServersRequest(IceServersRequest),
        /// See [`MissedCallsErase`].
        MissedCallsErase(MissedCallsErase),
    } else
    /// For another user; see [`Envelope`].
    Relay(Envelope)
}

messages! {
    /// From the server to a page.
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
        /// See [`MissedCalls`].
        MissedCalls(MissedCalls),
        /// See [`MessagesWaiting`].
        MessagesWaiting(MessagesWaiting),
    } else
    /// From another user; see [`Envelope`].
    Relay(Envelope)
}

impl ClientMessage {
    /// Reads the message of a frame.
    ///
    /// # Errors
    /// [`DecodeError`] says what the answer to the sender should be.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        Self::decode_frame(text).message
    }

    /// Reads a frame. A frame whose message cannot be read has a number all the same.
    pub fn decode_frame(text: &str) -> Frame<Result<Self, DecodeError>> {
        let is_known = |name: &str| Self::TYPES.contains(&name) || Signal::TYPES.contains(&name);
        let explain = |object, error| DecodeError::explain(object, error, is_known);
        match codec::object(text) {
            Ok(object) => Frame {
                seq: frame::seq(&object),
                message: Self::read(Fields(&object)).map_err(|error| explain(Some(&object), error)),
            },
            Err(error) => Frame {
                seq: None,
                message: Err(explain(None, error)),
            },
        }
    }

    /// What it is about, for an error that refuses it.
    pub fn references(&self) -> References {
        match self {
            Self::Relay(relayed) => relayed.references(),
            Self::Login(_)
            | Self::Ack(_)
            | Self::PresenceWatch(_)
            | Self::PresenceVisibility(_)
            | Self::IceServersRequest(_)
            | Self::MissedCallsErase(_) => References {
                ref_type: Some(self.type_name().to_owned()),
                ..References::default()
            },
        }
    }

    /// The text of a frame without a number.
    pub fn encode(&self) -> String {
        codec::encode(self)
    }
}

impl ServerMessage {
    /// Reads the message of a frame.
    ///
    /// # Errors
    /// The frame is of another version, or wrong. Unlike a client, the server is not told,
    /// so that there is nothing to explain.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        Self::decode_frame(text)?.message
    }

    /// Reads a frame. A message of a later version has a number all the same.
    ///
    /// # Errors
    /// [`Unreadable::NoObject`]: the frame is not one JSON object.
    pub fn decode_frame(text: &str) -> Result<Frame<Result<Self, Unreadable>>, Unreadable> {
        let object = codec::object(text)?;
        Ok(Frame {
            seq: frame::seq(&object),
            message: Self::read(Fields(&object)),
        })
    }

    /// The text of a frame without a number.
    pub fn encode(&self) -> String {
        codec::encode(self)
    }

    /// The same, where most texts are known to be no longer than so many bytes: written without
    /// being moved while it grows.
    pub fn encode_into(&self, bytes: usize) -> String {
        codec::encode_into(self, bytes)
    }
}
