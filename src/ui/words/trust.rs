//! Who a call is with, the comparison of emoji, and the alert.

use wimpex_identity::{VerifyError, is_key_id};
use wimpex_protocol::UserId;
use wimpex_verification::Assurance;

use super::common::isolated;
use wimpex_client::{Caller, Lock};

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
/// Closes the alert.
pub const ALERT_READ: &str = "I have read this";
/// A sign of somebody with whom the last comparison failed.
pub const MISMATCH: &str = "emoji didn’t match";

/// A sign of a contact with whom nothing was ever compared.
pub const NOT_COMPARED: &str = "not compared";
/// The sign of a contact who is known from a call or a file only.
const ADDED: &str = "contact, not compared";

/// The sign beside the caller's name.
pub fn caller(caller: &Caller) -> &'static str {
    match caller {
        Caller::Contact(_) => "contact",
        Caller::Added(_) => ADDED,
        Caller::Mistrusted => MISMATCH,
        Caller::Opened => "you opened their link",
        Caller::Unknown => "not verified",
    }
}

/// What the sign means.
pub(crate) fn caller_title(caller: &Caller) -> &'static str {
    match caller {
        Caller::Contact(_) => "Signed with this contact’s key.",
        Caller::Added(_) => {
            "Signed with the same key as when you added this contact. You’ve never compared emoji with them."
        }
        Caller::Mistrusted => {
            "Signed with this contact’s key, but the emoji differed when you last compared them."
        }
        Caller::Opened => "Signed with the key that their link names.",
        Caller::Unknown => "No one has checked that this is who they say they are.",
    }
}

/// A contact who goes by another name now.
pub(crate) fn calls_themselves(caller: &Caller) -> String {
    match caller {
        Caller::Contact(Some(name)) | Caller::Added(Some(name)) => {
            format!("They call themselves “{}” now.", isolated(name))
        }
        Caller::Contact(None)
        | Caller::Added(None)
        | Caller::Mistrusted
        | Caller::Opened
        | Caller::Unknown => String::new(),
    }
}

/// The lock's name.
pub fn label(lock: Lock) -> &'static str {
    match lock {
        Lock::Checking => "Checking…",
        Lock::NotVerified | Lock::Different => "Not verified",
        Lock::NotCompared => "Not compared",
        Lock::Verified => "Verified",
    }
}

/// What it means, and how to be sure.
pub fn meaning(assurance: Assurance, caller: &Caller, name: &str) -> String {
    // In turn, so that neither side can merely repeat what it hears.
    let how = format!("take turns reading the emoji aloud, you one, {name} the next");
    match assurance {
        Assurance::Unverified => format!(
            "{name} hasn’t proved who they are: their program can’t, or its proof didn’t arrive. The call is \
             encrypted, but there’s no telling whether {name} is at the other end: whoever carries its messages \
             could be in between."
        ),
        Assurance::Pending => "One moment, your browsers are verifying each other.".to_owned(),
        Assurance::SasOnly(_) => format!(
            "{name} has no key, so nothing proves that it’s {name}. To find out whether someone is in between, \
             {how}. If you both see the same seven, no one is."
        ),
        Assurance::KeyProved(_) => match caller {
            Caller::Contact(_) => format!(
                "This call is signed with the key of your contact {name}. No one is in between, and the server \
                 can’t listen in. If you’re not sure that this contact is {name}, compare: {how}."
            ),
            Caller::Added(_) => format!(
                "This call is signed with the same key as when you added {name}. Whether it was {name} whom \
                 you added, only you two can find out: {how}. If you both see the same seven, no one is in \
                 between, and this contact counts as verified from then on."
            ),
            Caller::Opened => format!(
                "This call is signed with the key that {name}’s link names. No one is in between, and the server \
                 can’t listen in. If you’re not sure that the link was {name}’s, compare: {how}."
            ),
            Caller::Mistrusted => format!(
                "The last time you compared emoji with {name}, they differed. Compare again: {how}. \
                 Until you’ve both seen the same seven, don’t say anything private."
            ),
            Caller::Unknown => format!(
                "This call is signed, but with a key that this device doesn’t know: anyone can make one and call \
                 themselves {name}. To find out whether someone is in between, {how}. If you both see the same \
                 seven, no one is."
            ),
        },
    }
}

/// Before somebody unknown has answered.
pub fn unanswered(name: &str) -> String {
    format!(
        "You’re calling someone who calls themselves {name}. Anyone can take that name: nothing shows that \
         it’s the {name} you may have in mind."
    )
}

/// What came of comparing.
pub fn outcome(compared: Option<bool>, name: &str) -> String {
    match compared {
        None => String::new(),
        Some(true) => "You both see the same: no one is in between.".to_owned(),
        Some(false) => format!(
            "Someone may be listening in, or this may not be {name}. Don’t say anything private, end the call, \
             and tell {name} some other way."
        ),
    }
}

/// How a call ended that was stopped with an alert.
pub(crate) fn stopped(name: &str) -> (&'static str, String) {
    (
        "Call stopped",
        format!("This call was ended here because it may not have been with {name}."),
    )
}

/// Title and text of the alert.
pub fn alert(error: VerifyError, peer: &UserId, name: &str) -> (String, String) {
    let what = if is_key_id(peer) {
        format!("couldn’t be verified with {name}’s key")
    } else {
        "doesn’t fit what came before".to_owned()
    };
    match error {
        VerifyError::Stale => (
            "A call could not be checked".to_owned(),
            format!(
                "It came in {name}’s name, but it’s more than a minute old or signed in the future, by this \
                 device’s clock, so it was rejected. Check the clocks of both devices and call again. If they’re \
                 right, someone held the call back."
            ),
        ),
        VerifyError::Malformed
        | VerifyError::UnknownVersion
        | VerifyError::Unsigned
        | VerifyError::OtherKey
        | VerifyError::BadSignature
        | VerifyError::OtherSender
        | VerifyError::OtherCall
        | VerifyError::Late
        | VerifyError::Replayed
        | VerifyError::OutOfOrder
        | VerifyError::Unasked
        | VerifyError::OtherNonce
        | VerifyError::NoFingerprint
        | VerifyError::SeveralFingerprints
        | VerifyError::OtherFingerprint
        | VerifyError::ChangedFingerprint
        | VerifyError::OtherCertificate
        | VerifyError::OtherCandidate => (
            "Somebody may be trying to listen in".to_owned(),
            format!(
                "A message in {name}’s name {what} ({}), so all of it was rejected. Someone on the way, perhaps \
                 this server, may be pretending to be {name} or trying to get in between. Don’t trust calls over \
                 this server until you know why, and ask {name} some other way.",
                error.code()
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use wimpex_identity::Sas;

    use super::*;

    #[test]
    fn only_a_verified_call_is_labelled_verified() {
        for lock in [
            Lock::Checking,
            Lock::NotVerified,
            Lock::NotCompared,
            Lock::Verified,
            Lock::Different,
        ] {
            assert_eq!(
                label(lock) == "Verified",
                lock == Lock::Verified,
                "{lock:?}"
            );
        }
    }

    #[test]
    fn a_key_keeps_listeners_out_only_if_it_is_known() {
        let proved = Assurance::KeyProved(Sas::from_digest(&[0x42; 32]));
        for (caller, is_known) in [
            (Caller::Contact(None), true),
            (Caller::Opened, true),
            (Caller::Added(None), false),
            (Caller::Unknown, false),
            (Caller::Mistrusted, false),
        ] {
            let text = meaning(proved, &caller, "Bob");
            assert_eq!(text.contains("can’t listen in"), is_known, "{text}");
        }
    }

    #[test]
    fn a_wrong_clock_is_told_from_a_wrong_signature() {
        let key = UserId::parse("w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
        let (title, text) = alert(VerifyError::Stale, &key, "Bob");
        assert!(title.contains("could not be checked") && text.contains("clock"));
        for refusal in [
            VerifyError::BadSignature,
            VerifyError::OtherCertificate,
            VerifyError::Unsigned,
        ] {
            let (title, text) = alert(refusal, &key, "Bob");
            assert!(title.contains("listen in"), "{title}");
            assert!(
                text.contains("Bob") && text.contains(refusal.code()),
                "{text}"
            );
            // A guest has no key that anything could be proved with.
            let guest = UserId::parse("guest-bob").unwrap();
            assert!(!alert(refusal, &guest, "Bob").1.contains("key"));
        }
    }
}
