//! Calls that nobody heard.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::codec::{Field, Json, Unreadable, fields, message};
use crate::{CallId, CallType, UserId};

message! {
    /// Server to client, after `welcome`: who has called while no device of the user was there, as far
    /// as this device has not said in its [`crate::Login`] that it knows.
    #[derive(Debug)]
    pub struct MissedCalls = "missed-calls" {
        /// In no particular order. They are the server's word: no caller has signed them.
        pub calls: Vec<MissedCall> = "calls",
        /// [`crate::Login::missed_since`] of a device that has kept these.
        pub until: u64 = "until",
    }
}

message! {
    /// Client to server: forget what is kept of missed calls, for all devices of the user.
    #[derive(Debug)]
    pub struct MissedCallsErase = "missed-calls-erase" {
        /// Those that a [`MissedCalls`] with this, or an earlier one, has told of; all of them if it
        /// is absent.
        pub until: Option<u64> = "until",
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
