//! One entry, and the text that it is kept as.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wimpex_protocol::{CallId, CallType, Name, UserId};

/// A contact, under the name that the user chose.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contact {
    /// The user id; that of a key (`w1…`) pins the key.
    pub id: UserId,
    /// The name that the user gave them.
    pub name: Name,
    /// Since when, in milliseconds since 1970.
    pub added: u64,
    /// They may not ring.
    pub is_blocked: bool,
    /// Where the user has their key from.
    pub source: KeySource,
    /// Both saw the same SAS emoji when they compared them.
    pub is_compared: bool,
    /// The SAS emoji of a call with them differed when compared.
    pub is_mistrusted: bool,
    /// They ring even while the user is not to be disturbed.
    pub rings_always: bool,
}

/// Where the user has a contact's key from: how far it vouches for whose it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySource {
    /// From their link, which the user opened, scanned or entered.
    Link,
    /// From a call of somebody unknown. Also where an older page did not note it.
    #[default]
    Call,
    /// From a file of contacts.
    File,
}

/// Who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The other side.
    Incoming,
    /// The user.
    Outgoing,
}

/// How a past call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// They talked.
    Answered {
        /// For so many seconds.
        seconds: u64,
    },
    /// Nobody was there to answer.
    Missed,
    /// The one who was called said no.
    Declined,
    /// The one who was called was in another call.
    Busy,
    /// The other side did not answer, or was not there.
    NoAnswer,
    /// It was given up before it stood.
    Cancelled,
    /// Another device of the same person settled it.
    Elsewhere,
    /// No connection came about.
    Failed,
    /// It was stopped here: it was not sure whom it was with.
    Stopped,
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PastCall {
    /// Which.
    pub call_id: CallId,
    /// With whom.
    pub peer: UserId,
    /// What they called themselves.
    pub peer_name: Option<String>,
    /// When it ended, in milliseconds since 1970.
    pub at: u64,
    /// Who called.
    pub direction: Direction,
    /// Sound and picture, or sound alone.
    pub call_type: CallType,
    /// How it went.
    pub outcome: Outcome,
    /// The user has seen it, or was part of it.
    pub is_seen: bool,
}

/// A text that is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a contact or past call")
    }
}

impl std::error::Error for Unreadable {}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptContact {
    id: String,
    name: String,
    #[serde(default)]
    added: u64,
    #[serde(default)]
    blocked: bool,
    #[serde(default)]
    source: KeySource,
    #[serde(default)]
    compared: bool,
    #[serde(default)]
    mistrusted: bool,
    #[serde(default)]
    rings_always: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptCall {
    call_id: String,
    peer: String,
    peer_name: Option<String>,
    at: u64,
    direction: Direction,
    video: bool,
    outcome: Outcome,
    #[serde(default)]
    seen: bool,
}

impl Contact {
    /// A contact with whom nothing has been compared, and who may ring.
    pub fn new(id: UserId, name: Name, source: KeySource, added: u64) -> Self {
        Self {
            id,
            name,
            added,
            is_blocked: false,
            source,
            is_compared: false,
            is_mistrusted: false,
            rings_always: false,
        }
    }

    /// As it is kept: JSON.
    pub fn encode(&self) -> String {
        encode(&KeptContact {
            id: self.id.to_string(),
            name: self.name.to_string(),
            added: self.added,
            blocked: self.is_blocked,
            source: self.source,
            compared: self.is_compared,
            mistrusted: self.is_mistrusted,
            rings_always: self.rings_always,
        })
    }

    /// Reads what [`Contact::encode`] wrote.
    ///
    /// # Errors
    /// [`Unreadable`] if it is something else.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        let kept: KeptContact = decode(text)?;
        Ok(Self {
            // A contact without a name is better than none: their key is what counts.
            name: readable_name(&kept.name)
                .or_else(|| Name::parse(kept.id.get(kept.id.len().checked_sub(5)?..)?).ok())
                .ok_or(Unreadable)?,
            id: UserId::parse(kept.id).map_err(|_| Unreadable)?,
            added: kept.added,
            is_blocked: kept.blocked,
            source: kept.source,
            is_compared: kept.compared,
            is_mistrusted: kept.mistrusted,
            rings_always: kept.rings_always,
        })
    }
}

impl PastCall {
    /// As it is kept: JSON.
    pub fn encode(&self) -> String {
        encode(&KeptCall {
            call_id: self.call_id.to_string(),
            peer: self.peer.to_string(),
            peer_name: self.peer_name.clone(),
            at: self.at,
            direction: self.direction,
            video: self.call_type == CallType::Video,
            outcome: self.outcome,
            seen: self.is_seen,
        })
    }

    /// Reads what [`PastCall::encode`] wrote.
    ///
    /// # Errors
    /// [`Unreadable`] if it is something else.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        let kept: KeptCall = decode(text)?;
        Ok(Self {
            call_id: CallId::parse(kept.call_id).map_err(|_| Unreadable)?,
            peer: UserId::parse(kept.peer).map_err(|_| Unreadable)?,
            peer_name: kept.peer_name,
            at: kept.at,
            direction: kept.direction,
            call_type: if kept.video {
                CallType::Video
            } else {
                CallType::Audio
            },
            outcome: kept.outcome,
            is_seen: kept.seen,
        })
    }
}

/// A name that an older page has kept or saved, without what is no longer allowed in one.
pub(crate) fn readable_name(text: &str) -> Option<Name> {
    let is_allowed = |c: &char| Name::parse(&String::from_iter(['a', *c])).is_ok();
    let rest = || Name::parse(&text.chars().filter(is_allowed).collect::<String>());
    Name::parse(text).or_else(|_| rest()).ok()
}

pub(crate) fn encode(entry: &impl Serialize) -> String {
    serde_json::to_string(entry).expect("texts, numbers and booleans are JSON")
}

pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|_| Unreadable)
}
