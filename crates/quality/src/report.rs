//! One `getStats`, as JSON.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The fields that are read, in their order. A report has three times as many, and one
/// comes each second: the others are passed over.
const READ: [&str; 58] = [
    "address",
    "availableOutgoingBitrate",
    "bytesReceived",
    "bytesSent",
    "candidateType",
    "codecId",
    "concealedSamples",
    "currentRoundTripTime",
    "dtlsCipher",
    "fingerprint",
    "fractionLost",
    "frameHeight",
    "frameWidth",
    "framesDecoded",
    "framesDropped",
    "framesEncoded",
    "freezeCount",
    "id",
    "jitter",
    "jitterBufferDelay",
    "jitterBufferEmittedCount",
    "kind",
    "localCandidateId",
    "localCertificateId",
    "mimeType",
    "nackCount",
    "networkType",
    "nominated",
    "packetsLost",
    "packetsReceived",
    "packetsSent",
    "pliCount",
    "port",
    "powerEfficientDecoder",
    "powerEfficientEncoder",
    "protocol",
    "qualityLimitationReason",
    "relayProtocol",
    "remoteCandidateId",
    "remoteCertificateId",
    "responsesReceived",
    "retransmittedPacketsReceived",
    "retransmittedPacketsSent",
    "roundTripTime",
    "selected",
    "selectedCandidatePairId",
    "srtpCipher",
    "ssrc",
    "state",
    "targetBitrate",
    "timestamp",
    "tlsVersion",
    "totalDecodeTime",
    "totalEncodeTime",
    "totalFreezesDuration",
    "totalRoundTripTime",
    "totalSamplesReceived",
    "type",
];

/// `RTCStatsReport`: its dictionaries in a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report(Vec<Entry>);

/// One dictionary (webrtc-stats, section 7). A field that is missing, or not of the
/// kind that is asked for, is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry(Vec<(usize, Field)>);

#[derive(Clone, Debug, PartialEq)]
enum Field {
    Number(f64),
    Text(String),
    Flag(bool),
}

impl Report {
    /// Reads the JSON of a list of dictionaries. What is no dictionary is left out.
    ///
    /// # Errors
    /// Where the text is no JSON, or no list.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let list: Vec<Item> = serde_json::from_str(json)?;
        let entries = list.into_iter().filter_map(|item| match item {
            Item::Entry(entry) => Some(entry),
            Item::Field(_) | Item::Nothing => None,
        });
        Ok(Self(entries.collect()))
    }

    /// All entries of a `type`.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.0
            .iter()
            .filter(move |entry| entry.text("type") == Some(kind))
    }

    /// The entry with that `id`.
    pub fn by_id(&self, id: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.text("id") == Some(id))
    }
}

impl Entry {
    /// A field that is a number. JSON knows neither NaN nor infinity.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.field(name)? {
            Field::Number(number) => Some(*number),
            Field::Text(_) | Field::Flag(_) => None,
        }
    }

    /// A field that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.field(name)? {
            Field::Text(text) => Some(text),
            Field::Number(_) | Field::Flag(_) => None,
        }
    }

    /// A field that is true or false.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.field(name)? {
            Field::Flag(flag) => Some(*flag),
            Field::Number(_) | Field::Text(_) => None,
        }
    }

    fn field(&self, name: &str) -> Option<&Field> {
        let known = READ.binary_search(&name);
        debug_assert!(known.is_ok() || name.is_empty(), "{name} is not read");
        let known = known.ok()?;
        let mut fields = self.0.iter();
        fields.find_map(|(at, field)| (*at == known).then_some(field))
    }
}

/// A value in JSON, as far as it matters.
enum Item {
    Entry(Entry),
    Field(Field),
    Nothing,
}

/// A field's name, as its place in [`READ`].
struct Known(Option<usize>);

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Known;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Known, E> {
                Ok(Known(READ.binary_search(&name).ok()))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Item;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Item, E> {
                Ok(Item::Field(Field::Flag(flag)))
            }

            #[allow(clippy::cast_precision_loss, reason = "JSON's numbers are doubles")]
            fn visit_i64<E: Error>(self, number: i64) -> Result<Item, E> {
                Ok(Item::Field(Field::Number(number as f64)))
            }

            #[allow(clippy::cast_precision_loss, reason = "JSON's numbers are doubles")]
            fn visit_u64<E: Error>(self, number: u64) -> Result<Item, E> {
                Ok(Item::Field(Field::Number(number as f64)))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Item, E> {
                Ok(Item::Field(Field::Number(number)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Item, E> {
                Ok(Item::Field(Field::Text(text.to_owned())))
            }

            fn visit_unit<E: Error>(self) -> Result<Item, E> {
                Ok(Item::Nothing)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Item, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Item::Nothing)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
                let mut fields = Vec::new();
                while let Some(Known(known)) = map.next_key()? {
                    let Some(known) = known else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if let Item::Field(field) = map.next_value()? {
                        fields.push((known, field));
                    }
                }
                Ok(Item::Entry(Entry(fields)))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
