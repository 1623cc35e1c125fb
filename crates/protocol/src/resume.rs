//! Sessions that outlive their WebSocket: which one, and what of it has arrived.

use serde::Serialize;
use serde_json::Value;

use crate::SessionId;
use crate::codec::{Field, Json, Unreadable, fields, message};

message! {
    /// How far a session has got in one direction: the last frame that the receiving end
    /// has, whatever the sending end has written. See [`crate::Frame`].
    #[derive(Debug)]
    pub struct Resume {
        /// Which session; absent in the `login` that asks for a new one.
        pub id: Option<SessionId> = "id",
        /// The number of the last frame received; 0 before the first.
        pub received: u64 = "received",
    }
}

impl Field for Resume {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        Self::read(fields(value)?)
    }
}

impl Serialize for Resume {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json(self).serialize(serializer)
    }
}

message! {
    /// Both ways, within a session whose frames are numbered: everything up to this frame
    /// has arrived. The server answers each of the client's with one of its own, so that it
    /// serves as a keepalive too.
    #[derive(Copy, Debug)]
    pub struct Ack = "ack" {
        /// The number of the last frame received.
        pub received: u64 = "received",
    }
}
