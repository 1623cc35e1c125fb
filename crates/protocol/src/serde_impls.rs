//! Messages and their parts inside other files than frames, as in a record of a call.
//!
//! They are read and written as on the wire, by the same code: serde's derived traits
//! would be a second description of each message.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::codec::{self, Field, Json};
use crate::{
    CallEnd, CallEndReason, CallId, CallRejectReason, CallType, DeviceId, MediaState, Sdp, Signal,
    UserId,
};

/// What is the value of a field on the wire.
macro_rules! impl_for_fields {
    ($($name:ident),*) => {
        $(impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = Value::deserialize(deserializer)?;
                let read = <$name as Field>::read(&value);
                read.map_err(|_| D::Error::custom(concat!("not a ", stringify!($name))))
            }
        })*
    };
}

impl_for_fields!(
    CallEndReason,
    CallId,
    CallRejectReason,
    CallType,
    DeviceId,
    Sdp,
    UserId
);

/// What is a frame on the wire, or may be one.
macro_rules! impl_for_messages {
    ($($name:ident),*) => {
        $(impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Json(self).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let object = codec::Object::deserialize(deserializer)?;
                let read = $name::read(codec::Fields(&object));
                read.map_err(|_| D::Error::custom(concat!("not a ", stringify!($name))))
            }
        })*
    };
}

impl_for_messages!(CallEnd, MediaState, Signal);
