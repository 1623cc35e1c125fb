//! What several servers keep together of a message that waits: what was signed of it, and whether it is
//! of a stranger.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wimpex_mailbox::{Envelope, MessageName};
use wimpex_protocol::UserId;
use wimpex_store::Entry;

use super::index::Held;

pub(super) fn encode(name: &MessageName, envelope: &str, is_stranger: bool, expires: u64) -> Entry {
    let kept = json!({ "envelope": envelope, "stranger": is_stranger });
    Entry {
        id: gone_id(name),
        value: kept.to_string().into_bytes(),
        expires,
    }
}

/// `None` for what is none of that receiver's.
pub(super) fn decode(receiver: &UserId, entry: &Entry) -> Option<(MessageName, Held)> {
    let kept: Value = serde_json::from_slice(&entry.value).ok()?;
    let text = kept.get("envelope")?.as_str()?.to_owned();
    let envelope = Envelope::parse(&text)?;
    let name = envelope.name();
    let held = Held {
        size: envelope.size.into(),
        is_stranger: kept.get("stranger")?.as_bool()?,
        block: None,
        expires: entry.expires,
        envelope: Some(text),
    };
    let is_theirs = envelope.draft.receiver == *receiver && gone_id(&name) == entry.id;
    is_theirs.then_some((name, held))
}

/// Stands for a message of one receiver, there or gone.
pub(super) fn gone_id(name: &MessageName) -> Vec<u8> {
    let hash = Sha256::digest(name.encode().as_bytes());
    hash.iter().copied().take(16).collect()
}
