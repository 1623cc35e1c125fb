//! A link that ends which the user has given out, and the text that it is kept as.

use serde::{Deserialize, Serialize};
use wimpex_identity::{CallLink, IssuedLink, LinkId};
use wimpex_protocol::CallId;

use crate::entry::{Unreadable, decode, encode};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GivenLink {
    /// The link, and what became of it.
    pub issued: IssuedLink,
    /// Whom or what it is for, in the user's words. Nobody else sees them.
    pub label: String,
    /// When it was made, in milliseconds since 1970.
    pub made: u64,
}

/// None of the fields that a contact or a blocked stranger must have: all are kept in one place.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    link: String,
    label: String,
    made: u64,
    #[serde(default)]
    used: u32,
    #[serde(default)]
    used_by: Option<String>,
    #[serde(default)]
    revoked: bool,
}

impl GivenLink {
    /// Which link.
    pub fn id(&self) -> LinkId {
        self.issued.link.terms.id
    }

    /// The same after a call that came by it was answered.
    #[must_use]
    pub fn used_by(mut self, call: CallId) -> Self {
        self.issued.used += 1;
        self.issued.used_by = Some(call);
        self
    }

    /// As it is kept: JSON.
    pub fn encode(&self) -> String {
        encode(&Kept {
            link: self.issued.link.encode(),
            label: self.label.clone(),
            made: self.made,
            used: self.issued.used,
            used_by: self.issued.used_by.as_ref().map(ToString::to_string),
            revoked: self.issued.is_revoked,
        })
    }

    /// Reads what [`GivenLink::encode`] wrote.
    ///
    /// # Errors
    /// [`Unreadable`] if it is something else.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        let kept: Kept = decode(text)?;
        Ok(Self {
            issued: IssuedLink {
                link: CallLink::parse(&kept.link).map_err(|_| Unreadable)?,
                used: kept.used,
                used_by: kept.used_by.and_then(|id| CallId::parse(id).ok()),
                is_revoked: kept.revoked,
            },
            label: kept.label,
            made: kept.made,
        })
    }
}
