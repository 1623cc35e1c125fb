//! One report of `getStats`, as JSON.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Declares the members that are read: each with its name in Rust and its name in JSON.
macro_rules! members {
    ($($member:ident = $name:literal,)*) => {
        /// A member of a statistics dictionary (webrtc-stats).
        ///
        /// Only those that are read are in here: a report has three times as many, and one
        /// comes each second, so the others are skipped while it is parsed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Member {
            $(#[doc = concat!("`", $name, "`.")] $member,)*
        }

        impl Member {
            fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$member),)*
                    _ => None,
                }
            }
        }
    };
}

members! {
    Address = "address",
    AvailableOutgoingBitrate = "availableOutgoingBitrate",
    BytesReceived = "bytesReceived",
    BytesSent = "bytesSent",
    CandidateType = "candidateType",
    CodecId = "codecId",
    ConcealedSamples = "concealedSamples",
    CurrentRoundTripTime = "currentRoundTripTime",
    DtlsCipher = "dtlsCipher",
    Fingerprint = "fingerprint",
    FractionLost = "fractionLost",
    FrameHeight = "frameHeight",
    FrameWidth = "frameWidth",
    FramesDecoded = "framesDecoded",
    FramesDropped = "framesDropped",
    FramesEncoded = "framesEncoded",
    FreezeCount = "freezeCount",
    Id = "id",
    Jitter = "jitter",
    JitterBufferDelay = "jitterBufferDelay",
    JitterBufferEmittedCount = "jitterBufferEmittedCount",
    Kind = "kind",
    LocalCandidateId = "localCandidateId",
    LocalCertificateId = "localCertificateId",
    Mid = "mid",
    MimeType = "mimeType",
    NackCount = "nackCount",
    NetworkType = "networkType",
    Nominated = "nominated",
    PacketsLost = "packetsLost",
    PacketsReceived = "packetsReceived",
    PacketsSent = "packetsSent",
    PliCount = "pliCount",
    Port = "port",
    PowerEfficientDecoder = "powerEfficientDecoder",
    PowerEfficientEncoder = "powerEfficientEncoder",
    Protocol = "protocol",
    QualityLimitationReason = "qualityLimitationReason",
    RelayProtocol = "relayProtocol",
    RemoteCandidateId = "remoteCandidateId",
    RemoteCertificateId = "remoteCertificateId",
    ResponsesReceived = "responsesReceived",
    RetransmittedPacketsReceived = "retransmittedPacketsReceived",
    RetransmittedPacketsSent = "retransmittedPacketsSent",
    RoundTripTime = "roundTripTime",
    Selected = "selected",
    SelectedCandidatePairId = "selectedCandidatePairId",
    SrtpCipher = "srtpCipher",
    Ssrc = "ssrc",
    State = "state",
    TargetBitrate = "targetBitrate",
    Timestamp = "timestamp",
    TlsVersion = "tlsVersion",
    TotalDecodeTime = "totalDecodeTime",
    TotalEncodeTime = "totalEncodeTime",
    TotalFreezesDuration = "totalFreezesDuration",
    TotalRoundTripTime = "totalRoundTripTime",
    TotalSamplesReceived = "totalSamplesReceived",
    Type = "type",
}

/// `RTCStatsReport` (webrtc-pc): its dictionaries as a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsReport(Vec<StatsObject>);

/// One dictionary (webrtc-pc, `RTCStats`). A member that is missing, or not of the
/// type that is asked for, is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsObject(Vec<(Member, Scalar)>);

#[derive(Clone, Debug, PartialEq)]
enum Scalar {
    Number(f64),
    Text(String),
    Flag(bool),
}

impl StatsReport {
    /// Parses the JSON of a list of dictionaries; anything else in the list is left out.
    ///
    /// # Errors
    /// If the text is not JSON, or not a list.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let list: Vec<Item> = serde_json::from_str(json)?;
        let entries = list.into_iter().filter_map(|item| match item {
            Item::Object(entry) => Some(entry),
            Item::Scalar(_) | Item::Nothing => None,
        });
        Ok(Self(entries.collect()))
    }

    /// The dictionaries of a `type`, such as `inbound-rtp`.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a StatsObject> {
        self.0
            .iter()
            .filter(move |entry| entry.text(Member::Type) == Some(kind))
    }

    /// The dictionary with that `id`.
    pub fn by_id(&self, id: &str) -> Option<&StatsObject> {
        self.0
            .iter()
            .find(|entry| entry.text(Member::Id) == Some(id))
    }
}

impl StatsObject {
    /// The member as a number, which JSON keeps finite.
    pub fn number(&self, member: Member) -> Option<f64> {
        match self.get(member)? {
            Scalar::Number(number) => Some(*number),
            Scalar::Text(_) | Scalar::Flag(_) => None,
        }
    }

    /// The member as a string.
    pub fn text(&self, member: Member) -> Option<&str> {
        match self.get(member)? {
            Scalar::Text(text) => Some(text),
            Scalar::Number(_) | Scalar::Flag(_) => None,
        }
    }

    /// The member as a boolean.
    pub fn flag(&self, member: Member) -> Option<bool> {
        match self.get(member)? {
            Scalar::Flag(flag) => Some(*flag),
            Scalar::Number(_) | Scalar::Text(_) => None,
        }
    }

    fn get(&self, member: Member) -> Option<&Scalar> {
        let mut members = self.0.iter();
        members.find_map(|(name, scalar)| (*name == member).then_some(scalar))
    }
}

/// A value in JSON; lists and `null` are passed over.
enum Item {
    Object(StatsObject),
    Scalar(Scalar),
    Nothing,
}

/// The name of a member in JSON; nothing where it is not read.
struct Key(Option<Member>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
                Ok(Key(Member::named(name)))
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
                Ok(Item::Scalar(Scalar::Flag(flag)))
            }

            #[allow(clippy::cast_precision_loss, reason = "JSON's numbers are doubles")]
            fn visit_i64<E: Error>(self, number: i64) -> Result<Item, E> {
                Ok(Item::Scalar(Scalar::Number(number as f64)))
            }

            #[allow(clippy::cast_precision_loss, reason = "JSON's numbers are doubles")]
            fn visit_u64<E: Error>(self, number: u64) -> Result<Item, E> {
                Ok(Item::Scalar(Scalar::Number(number as f64)))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Item, E> {
                Ok(Item::Scalar(Scalar::Number(number)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Item, E> {
                Ok(Item::Scalar(Scalar::Text(text.to_owned())))
            }

            fn visit_unit<E: Error>(self) -> Result<Item, E> {
                Ok(Item::Nothing)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Item, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Item::Nothing)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
                let mut members = Vec::new();
                while let Some(Key(known)) = map.next_key()? {
                    let Some(known) = known else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if let Item::Scalar(scalar) = map.next_value()? {
                        members.push((known, scalar));
                    }
                }
                Ok(Item::Object(StatsObject(members)))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
