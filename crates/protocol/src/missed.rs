//! Calls that nobody heard.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::codec::{Field, Json, Unreadable, fields, message};
use crate::{CallId, CallType, UserId};

message! {
    /// Server to client, after `welcome`: who has called while no device of the user was there. Each
    /// call is told once, to the devices that are logged in then, and forgotten when one of them has
    /// acknowledged the frame.
    #[derive(Debug)]
    pub struct MissedCalls = "missed-calls" {
        /// In no particular order. They are the server's word: no caller has signed them.
        pub calls: Vec<MissedCall> = "calls",
    }
}

message! {
    /// One of them.
    #[derive(Debug)]
    pub struct MissedCall {
        /// Who called.
        pub from_id: UserId = "fromId",
        /// Which call. A device that knows it, knows better.
        pub call_id: CallId = "callId",
        /// Sound and picture, or sound alone.
        pub call_type: CallType = "callType",
        /// When it began, in milliseconds since 1970.
        pub at: u64 = "at",
    }
}

impl Field for MissedCall {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        Self::read(fields(value)?)
    }
}

impl Serialize for MissedCall {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json(self).serialize(serializer)
    }
}
