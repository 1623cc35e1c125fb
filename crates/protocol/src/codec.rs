//! How messages are read from JSON and written to it.
//!
//! serde's derived `Deserialize` would make the page three times as much code for this,
//! which every visitor has to load; its `Serialize` of tagged and flattened enums costs
//! another kilobyte (compressed). So a frame is parsed into one JSON object, and each
//! message reads and writes its fields one by one. The macros below make both from one
//! list, so that a field stands in one place.

use std::fmt;

use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::{Map, Value};

/// Why a frame cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not one JSON object.
    NoObject,
    /// A field is missing or has a wrong value, the `type` included.
    Field,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoObject => "A frame must be one JSON object.",
            Self::Field => "A field is missing or wrong.",
        })
    }
}

impl std::error::Error for Unreadable {}

/// A parsed frame, before anybody knows which message it is.
pub(crate) type Object = Map<String, Value>;

/// Reads a frame as far as JSON goes. Within the size limit, nesting is bounded
/// by serde_json itself (128 levels).
pub(crate) fn object(frame: &str) -> Result<Object, Unreadable> {
    match serde_json::from_str(frame) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Unreadable::NoObject),
    }
}

/// The fields of one object, to be read by name.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Object);

impl<'a> Fields<'a> {
    /// The value of a field; one that is `null` counts as absent.
    pub(crate) fn get<T: Field>(self, name: &str) -> Result<T, Unreadable> {
        match self.0.get(name) {
            None | Some(Value::Null) => T::absent(),
            Some(value) => T::read(value),
        }
    }

    /// The `type` of the message.
    pub(crate) fn type_name(self) -> Result<&'a str, Unreadable> {
        match self.0.get("type") {
            Some(value) => text(value),
            None => Err(Unreadable::Field),
        }
    }
}

/// What can be the value of a field.
pub(crate) trait Field: Sized + Serialize {
    /// Reads the value of a field that is there.
    fn read(value: &Value) -> Result<Self, Unreadable>;

    /// What an absent field means.
    fn absent() -> Result<Self, Unreadable> {
        Err(Unreadable::Field)
    }

    /// Whether the field is left out when it has this value.
    fn is_absent(&self) -> bool {
        false
    }
}

/// A text, borrowed.
pub(crate) fn text(value: &Value) -> Result<&str, Unreadable> {
    value.as_str().ok_or(Unreadable::Field)
}

/// The fields of a nested object.
pub(crate) fn fields(value: &Value) -> Result<Fields<'_>, Unreadable> {
    value.as_object().map(Fields).ok_or(Unreadable::Field)
}

impl Field for String {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        text(value).map(str::to_owned)
    }
}

impl Field for bool {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        value.as_bool().ok_or(Unreadable::Field)
    }
}

impl Field for u64 {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        value.as_u64().ok_or(Unreadable::Field)
    }
}

impl Field for u32 {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        Self::try_from(u64::read(value)?).map_err(|_| Unreadable::Field)
    }
}

impl Field for u16 {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        Self::try_from(u64::read(value)?).map_err(|_| Unreadable::Field)
    }
}

impl<T: Field> Field for Option<T> {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        T::read(value).map(Some)
    }

    fn absent() -> Result<Self, Unreadable> {
        Ok(None)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Field> Field for Vec<T> {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        let list = value.as_array().ok_or(Unreadable::Field)?;
        list.iter().map(T::read).collect()
    }
}

/// What has fields of its own to write: a message, or several in one frame.
pub trait Body {
    /// Writes its fields into the frame's object, its `type` included.
    fn write<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error>;
}

impl<B: Body> Body for &B {
    fn write<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
        B::write(self, object)
    }
}

/// Writes a field, unless it is absent.
pub(crate) fn put<M: SerializeMap, T: Field>(
    object: &mut M,
    name: &'static str,
    value: &T,
) -> Result<(), M::Error> {
    if value.is_absent() {
        return Ok(());
    }
    object.serialize_entry(name, value)
}

/// A body as one JSON object.
pub(crate) struct Json<'a, B>(pub(crate) &'a B);

impl<B: Body> Serialize for Json<'_, B> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        self.0.write(&mut object)?;
        object.end()
    }
}

/// The text of a frame.
pub(crate) fn encode(body: &impl Body) -> String {
    serde_json::to_string(&Json(body))
        .expect("keys are texts, and no value's Serialize fails: texts, numbers, booleans, lists")
}

/// The same into a buffer of so many bytes, which grows if it has to.
pub(crate) fn encode_into(body: &impl Body, bytes: usize) -> String {
    let mut buffer = Vec::with_capacity(bytes);
    serde_json::to_writer(&mut buffer, &Json(body))
        .expect("keys are texts, and no value's Serialize fails; a Vec takes everything");
    String::from_utf8(buffer).expect("JSON is written as UTF-8")
}

/// A struct whose fields stand in a JSON object: a message, if it is given a `type`.
///
/// `pub field: Kind = "name"` is read from and written to the field `name`; an `Option`
/// is left out when it is `None`. With `or EXPRESSION`, the field may be absent, which
/// means that value, and is left out when it has it.
macro_rules! message {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(= $type:literal)? {
            $(
                $(#[$field_meta:meta])*
                pub $field:ident: $kind:ty = $wire:literal $(or $default:expr)?,
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $kind,)*
        }

        impl $name {
            $(
                /// Its `type` on the wire.
                pub(crate) const TYPE: &'static str = $type;
            )?

            pub(crate) fn read(
                // A message may have no field but its type.
                #[allow(unused_variables)] fields: $crate::codec::Fields<'_>,
            ) -> Result<Self, $crate::Unreadable> {
                Ok(Self {
                    $($field: message!(@read fields, $wire $(, $default)?),)*
                })
            }
        }

        impl $crate::codec::Body for $name {
            fn write<M: serde::ser::SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
                $(object.serialize_entry("type", $type)?;)?
                $(message!(@write object, self.$field, $wire $(, $default)?);)*
                Ok(())
            }
        }
    };
    (@read $fields:ident, $wire:literal) => {
        $fields.get($wire)?
    };
    (@read $fields:ident, $wire:literal, $default:expr) => {
        $fields.get::<Option<_>>($wire)?.unwrap_or_else(|| $default)
    };
    (@write $object:ident, $value:expr, $wire:literal) => {
        $crate::codec::put($object, $wire, &$value)?
    };
    (@write $object:ident, $value:expr, $wire:literal, $default:expr) => {
        if $value != $default {
            $crate::codec::put($object, $wire, &$value)?
        }
    };
}

/// One of several messages, told apart by their `type`. `else Variant(Struct)` is what
/// every other type is read as; with `all with field: Kind`, the enum has a method that
/// returns that field.
macro_rules! messages {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident($kind:ident),)*
        } all with $common:ident: $common_kind:ty
    ) => {
        messages! {
            $(#[$meta])*
            pub enum $name {
                $($(#[$variant_meta])* $variant($kind),)*
            }
        }

        impl $name {
            /// The field of this name, which they all have; `None` where it is optional, and
            /// absent.
            pub fn $common(&self) -> Option<&$common_kind> {
                match self {
                    $(Self::$variant(message) => (&message.$common).into(),)*
                }
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident($kind:ident),)*
        } $(else $(#[$rest_meta:meta])* $rest:ident($rest_kind:ident))?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant($kind),)*
            $($(#[$rest_meta])* $rest($rest_kind),)?
        }

        impl $name {
            /// The `type`s of its variants on the wire, without those of a variant that holds
            /// several.
            pub const TYPES: &'static [&'static str] = &[$($kind::TYPE),*];

            /// The `type` on the wire.
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $kind::TYPE,)*
                    $(Self::$rest(rest) => rest.type_name(),)?
                }
            }

            pub(crate) fn read(fields: $crate::codec::Fields<'_>) -> Result<Self, $crate::Unreadable> {
                Ok(match fields.type_name()? {
                    $($kind::TYPE => Self::$variant($kind::read(fields)?),)*
                    _ => messages!(@rest fields $(, $rest, $rest_kind)?),
                })
            }
        }

        impl $crate::codec::Body for $name {
            fn write<M: serde::ser::SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
                match self {
                    $(Self::$variant(message) => message.write(object),)*
                    $(Self::$rest(rest) => rest.write(object),)?
                }
            }
        }
    };
    (@rest $fields:ident) => {
        return Err($crate::Unreadable::Field)
    };
    (@rest $fields:ident, $rest:ident, $rest_kind:ident) => {
        Self::$rest($rest_kind::read($fields)?)
    };
}

/// An enum whose values are texts on the wire. `else Variant` is what a text that this
/// version does not know is read as; without it, such a text is an error.
macro_rules! texts {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $wire:literal,)*
        } $(else $unknown:ident)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        pub enum $name {
            $(
                $(#[$variant_meta])*
                #[serde(rename = $wire)]
                $variant,
            )*
        }

        impl $crate::codec::Field for $name {
            fn read(value: &serde_json::Value) -> Result<Self, $crate::Unreadable> {
                Ok(match $crate::codec::text(value)? {
                    $($wire => Self::$variant,)*
                    _ => texts!(@unknown $($unknown)?),
                })
            }
        }
    };
    (@unknown) => {
        return Err($crate::Unreadable::Field)
    };
    (@unknown $unknown:ident) => {
        Self::$unknown
    };
}

pub(crate) use {message, messages, texts};
