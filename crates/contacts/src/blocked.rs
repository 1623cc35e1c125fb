//! Who is blocked without being a contact, and the text that it is kept as.

use serde::{Deserialize, Serialize};
use wimpex_protocol::UserId;

use crate::entry::{Unreadable, decode, encode};

/// Somebody who may not ring, and is no contact: a stranger whom the user blocked when they
/// rang.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlockedStranger {
    /// Who.
    pub id: UserId,
    /// What they called themselves.
    pub claimed_name: Option<String>,
    /// Since when, in milliseconds since 1970.
    pub at: u64,
}

/// None of the fields is one that a contact must have: both are kept in one place.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    blocked_id: String,
    claimed_name: Option<String>,
    at: u64,
}

impl BlockedStranger {
    /// As it is kept: JSON.
    pub fn encode(&self) -> String {
        encode(&Kept {
            blocked_id: self.id.to_string(),
            claimed_name: self.claimed_name.clone(),
            at: self.at,
        })
    }

    /// Reads what [`BlockedStranger::encode`] wrote.
    ///
    /// # Errors
    /// [`Unreadable`] if it is something else.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        let kept: Kept = decode(text)?;
        Ok(Self {
            id: UserId::parse(kept.blocked_id).map_err(|_| Unreadable)?,
            claimed_name: kept.claimed_name,
            at: kept.at,
        })
    }
}
