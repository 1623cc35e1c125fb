//! Who a call is with, the comparison of emoji, and the alarm.

use wimpex_gate::Assurance;
use wimpex_identity::{Refusal, is_key_id};
use wimpex_protocol::UserId;

use crate::session::Contact;

/// Names the panel that the lock opens.
pub const PANEL_LABEL: &str = "Verification";
/// Names the list of emoji.
pub const EMOJI_LABEL: &str = "Seven pictures";
/// Both have seen the same.
pub const MATCH: &str = "They match";
/// They have not.
pub const NO_MATCH: &str = "They don’t match";
/// Takes the answer back.
pub const COMPARE_AGAIN: &str = "Compare again";
/// Closes the alarm.
pub const ALARM_READ: &str = "I have read this";
/// A sign of somebody with whom the last comparison failed.
pub const MISMATCH: &str = "pictures did not match";

/// Who it is, as far as this device can tell. Somebody with a key has signed the call:
/// their id is theirs, and the question is only whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A contact, and what they call themselves where that is something else.
    Contact(Option<String>),
    /// A contact with whom the pictures did not match when they were compared last.
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

/// The sign beside the caller's name.
pub fn caller(caller: &Caller) -> &'static str {
    match caller {
        Caller::Contact(_) => "contact",
        Caller::Mistrusted => MISMATCH,
        Caller::Opened => "you opened their link",
        Caller::Unknown => "not verified",
    }
}

/// What the sign means.
pub(crate) fn caller_title(caller: &Caller) -> &'static str {
    match caller {
        Caller::Contact(_) => "Signed with the key of this contact.",
        Caller::Mistrusted => {
            "Signed with the key of this contact, and when you compared the pictures, they differed."
        }
        Caller::Opened => "Signed with the key that the link names.",
        Caller::Unknown => "Nobody has checked that this is who they say they are.",
    }
}

/// A contact who goes by another name now.
pub(crate) fn calls_themselves(caller: &Caller) -> String {
    match caller {
        Caller::Contact(Some(name)) => format!("They call themselves “{name}” now."),
        Caller::Contact(None) | Caller::Mistrusted | Caller::Opened | Caller::Unknown => {
            String::new()
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
    /// The key of somebody who is known here does, or the two have seen the same pictures.
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

/// The lock's name.
pub fn label(lock: Lock) -> &'static str {
    match lock {
        Lock::Checking => "Checking…",
        Lock::NotVerified | Lock::Different => "Not verified",
        Lock::Verified => "Verified",
    }
}

/// For the style sheet.
pub(crate) fn code(lock: Lock) -> &'static str {
    match lock {
        Lock::Checking => "checking",
        Lock::NotVerified => "open",
        Lock::Verified => "closed",
        Lock::Different => "different",
    }
}

/// What it means, and how to be sure.
pub fn meaning(assurance: Assurance, caller: &Caller, name: &str) -> String {
    match assurance {
        Assurance::None => format!(
            "{name} has proved nothing: their program cannot, or its proof did not arrive. The call is \
             encrypted, but nobody can tell whether it is encrypted to {name}: whoever carries its \
             messages could stand in between."
        ),
        Assurance::Pending => {
            "One moment: the two browsers are showing each other who they are.".to_owned()
        }
        Assurance::Compare(_) => format!(
            "{name} has no key, so nothing says that it is {name}. You can find out whether somebody stands \
             between you: say what you see, in turn, one picture you, one picture {name}. If both of you \
             see the same seven, nobody does."
        ),
        Assurance::Verified(_) => match caller {
            Caller::Contact(_) => format!(
                "This call is signed with the key of your contact {name}. Nobody stands between you, and \
                 the server cannot listen in. If you are not sure that this contact is {name}, compare: \
                 say what you see, in turn, one picture you, one picture {name}."
            ),
            Caller::Opened => format!(
                "This call is signed with the key that {name}’s link names. Nobody stands between you, \
                 and the server cannot listen in. If you are not sure that the link was {name}’s, \
                 compare: say what you see, in turn, one picture you, one picture {name}."
            ),
            Caller::Mistrusted => format!(
                "The last time that you compared the pictures with {name}, they differed. Compare again: \
                 say what you see, in turn, one picture you, one picture {name}. Until both of you have \
                 seen the same seven, say nothing secret."
            ),
            Caller::Unknown => format!(
                "This call is signed, but with a key that nobody here knows: anybody can make one and \
                 call themselves {name}. You can find out whether somebody stands between you: say what \
                 you see, in turn, one picture you, one picture {name}. If both of you see the same \
                 seven, nobody does."
            ),
        },
    }
}

/// What came of comparing.
pub fn outcome(compared: Option<bool>, name: &str) -> String {
    match compared {
        None => String::new(),
        Some(true) => "You have seen the same: nobody stands between you.".to_owned(),
        Some(false) => format!(
            "Then somebody may be listening in, or this may not be {name}. Say nothing secret, end the call, and \
             tell {name} by other means."
        ),
    }
}

/// How a call ended that was stopped with an alarm.
pub(crate) fn stopped(name: &str) -> (&'static str, String) {
    (
        "Call stopped",
        format!("It was ended here, because it is not sure that it was with {name}."),
    )
}

/// Title and text of the alarm.
pub fn alarm(refusal: Refusal, peer: &UserId, name: &str) -> (String, String) {
    let what = if is_key_id(peer) {
        format!("was not proved with {name}’s key")
    } else {
        "does not fit what came before".to_owned()
    };
    match refusal {
        Refusal::Stale => (
            "A call could not be checked".to_owned(),
            format!(
                "It came in the name of {name}, and was signed more than a minute ago, or will be, by this \
                 device’s clock. It was not let in. Look at the clocks of both devices, and call again. If \
                 they are right, somebody has kept the call back."
            ),
        ),
        Refusal::Malformed
        | Refusal::UnknownVersion
        | Refusal::Unsigned
        | Refusal::OtherKey
        | Refusal::BadSignature
        | Refusal::OtherSender
        | Refusal::OtherCall
        | Refusal::Late
        | Refusal::Replayed
        | Refusal::OutOfOrder
        | Refusal::Unasked
        | Refusal::OtherNonce
        | Refusal::NoFingerprint
        | Refusal::SeveralFingerprints
        | Refusal::OtherFingerprint
        | Refusal::ChangedFingerprint
        | Refusal::OtherCertificate
        | Refusal::OtherCandidate => (
            "Somebody may be trying to listen in".to_owned(),
            format!(
                "What came in the name of {name} {what} ({}). Somebody on the way, \
                 perhaps this server, may be pretending to be {name}, or may want to stand between you. \
                 It was stopped: nothing of it was let in. Do not trust calls over this server until you \
                 know why, and ask {name} by other means.",
                refusal.code()
            ),
        ),
    }
}
