//! Whom the person deals with, as far as that is proved, and who counts as known.

use wimpex_gate::Assurance;
use wimpex_identity::is_key_id;
use wimpex_protocol::UserId;

use super::view::Contact;

/// Who it is, as far as this device can tell. Somebody with a key has signed the call:
/// their id is theirs, and the question is only whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A contact, and what they call themselves where that is something else.
    Contact(Option<String>),
    /// A contact with whom the SAS differed when it was compared last.
    Mistrusted,
    /// Somebody whose link was opened here.
    Opened,
    /// Anybody: a guest, or the owner of a key that nobody here has ever heard of.
    Unknown,
}

impl Caller {
    /// From the caller's id, from what is known of it here, and from what the caller says.
    pub fn of(peer: &UserId, known: Option<&Contact>, claimed: Option<String>) -> Self {
        let Some(known) = known.filter(|_| is_key_id(peer)) else {
            return Self::Unknown;
        };
        match &known.called {
            Some(_) if known.mistrusted => Self::Mistrusted,
            Some(called) => Self::Contact(claimed.filter(|claimed| claimed != called)),
            None if known.opened => Self::Opened,
            None => Self::Unknown,
        }
    }

    /// Whether the key is that of somebody whom the person means.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Contact(_) | Self::Opened => true,
            Self::Mistrusted | Self::Unknown => false,
        }
    }
}

/// How the lock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// The two browsers are at it.
    Checking,
    /// Nobody vouches for who it is.
    NotVerified,
    /// The key of somebody who is known here does, or the two have seen the same SAS.
    Verified,
    /// They have seen others.
    Different,
}

impl Lock {
    /// From what is proved, what the two have seen, and who it is. A key alone proves
    /// nothing: whoever stands between two can make one for each.
    pub fn of(assurance: Assurance, compared: Option<bool>, caller: &Caller) -> Self {
        match (assurance, compared) {
            (Assurance::Pending, _) => Self::Checking,
            (Assurance::None, _) | (Assurance::Compare(_), None) => Self::NotVerified,
            (Assurance::Verified(_), None) if caller.is_known() => Self::Verified,
            (Assurance::Verified(_), None) => Self::NotVerified,
            (Assurance::Compare(_) | Assurance::Verified(_), Some(true)) => Self::Verified,
            (Assurance::Compare(_) | Assurance::Verified(_), Some(false)) => Self::Different,
        }
    }
}
