//! Who a call is with: the lock, what it opens to, and the alert.

use wimpex_call::{CallSnapshot, State};
use wimpex_identity::Sas;
use wimpex_verification::Assurance;

use super::icon::Icon;
use super::names::{caller, claim, is_compared, name_of, peer_claim, peer_name};
use crate::ui::words::common::in_sentence;
use crate::ui::words::trust as words;
use wimpex_client::{Caller, Lock, Peer, Trust};

/// The lock, and the panel that it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Names the lock, and heads the panel.
    pub label: &'static str,
    /// On the lock.
    pub icon: Icon,
    /// For the style sheet.
    pub style: &'static str,
    /// The peer, as a sentence names them.
    pub name: String,
    /// What it means, and how to be sure.
    pub meaning: String,
    /// Beside the lock: what else is to be known of a contact's key.
    pub note: &'static str,
    /// Where the emoji differed, what came of comparing says all of it.
    pub has_meaning: bool,
    /// What can be compared.
    pub sas: Option<Sas>,
}

/// From the call, what is proved of it, and what is known of everybody.
pub fn verification(view: &CallSnapshot, trust: &Trust, people: &[Peer]) -> Verification {
    let call = view.call.as_ref();
    let caller = caller(people, call);
    let name = peer_name(people, call);
    // Nothing that is still to be checked could make somebody known who is not.
    let is_unanswered = view.state == State::Calling && caller == Caller::Unknown;
    let lock = if is_unanswered {
        Lock::NotVerified
    } else {
        Lock::of(trust.assurance, trust.compared, &caller)
    };
    let is_compared = call.is_some_and(|call| is_compared(people, &call.peer));
    let spoken = in_sentence(&name, peer_claim(people, call).is_some());
    let (icon, style) = match lock {
        Lock::Checking => (Icon::UNLOCKED, "checking"),
        Lock::NotVerified => (Icon::UNLOCKED, "open"),
        Lock::NotCompared => (Icon::UNLOCKED, "pinned"),
        Lock::Verified => (Icon::LOCK, "closed"),
        Lock::Different => (Icon::UNLOCKED, "different"),
    };
    Verification {
        label: words::label(lock),
        icon,
        style,
        note: match (lock, &caller) {
            (Lock::Verified, Caller::Contact(_)) if !is_compared && trust.compared.is_none() => {
                words::NOT_COMPARED
            }
            _ => "",
        },
        meaning: if is_unanswered {
            words::unanswered(&spoken)
        } else {
            words::meaning(trust.assurance, &caller, &spoken)
        },
        name: spoken,
        has_meaning: lock != Lock::Different,
        sas: match trust.assurance {
            Assurance::SasOnly(sas) | Assurance::KeyProved(sas) => Some(sas),
            Assurance::Unverified | Assurance::Pending => None,
        },
    }
}

/// Below the emoji: what came of comparing, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparisonScreen {
    /// What came of it, in words.
    pub outcome: String,
    /// They differed: the call should end.
    pub is_different: bool,
    /// There is an answer, which can be taken back.
    pub is_answered: bool,
}

/// From what the two have seen, and the peer's name.
pub fn comparison(compared: Option<bool>, name: &str) -> ComparisonScreen {
    ComparisonScreen {
        outcome: words::outcome(compared, name),
        is_different: compared == Some(false),
        is_answered: compared.is_some(),
    }
}

/// What failed verification, as a dialog says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertScreen {
    /// Heading.
    pub title: String,
    /// What was rejected, and what it may mean.
    pub text: String,
}

/// From what was rejected, and what is known of everybody; empty where nothing was.
pub fn alert_screen(trust: &Trust, people: &[Peer]) -> AlertScreen {
    trust.alert.as_ref().map_or_else(Default::default, |alert| {
        let is_claimed = claim(people, &alert.peer, None).is_some();
        let name = in_sentence(&name_of(people, &alert.peer, None), is_claimed);
        let (title, text) = words::alert(alert.error, &alert.peer, &name);
        AlertScreen { title, text }
    })
}

#[cfg(test)]
mod tests {
    use wimpex_identity::VerifyError;

    use super::*;
    use crate::ui::screens::test_data::{alice_calls, call_in, contact, key_id};
    use wimpex_client::Alert;

    fn trust(assurance: Assurance, compared: Option<bool>) -> Trust {
        Trust {
            assurance,
            compared,
            ..Trust::default()
        }
    }

    fn sas() -> Sas {
        Sas::from_digest(&[0x42; 32])
    }

    #[test]
    fn the_lock_closes_for_a_contact_only() {
        let mut call = alice_calls();
        call.peer = key_id();
        let proved = trust(Assurance::KeyProved(sas()), None);
        let known = [contact(key_id(), "Alice")];
        let in_call = call_in(State::Connected, call);
        let shown = verification(&in_call, &proved, &known);
        assert_eq!(
            (shown.label, shown.icon, shown.style),
            ("Verified", Icon::LOCK, "closed")
        );
        assert!(shown.meaning.contains("key of your contact Alice"));
        assert_eq!(shown.note, "not compared");
        let compared = |same| trust(Assurance::KeyProved(sas()), Some(same));
        let shown = verification(&in_call, &compared(true), &known);
        assert_eq!((shown.label, shown.note), ("Verified", ""));
        let earlier = [Peer {
            compared: true,
            ..contact(key_id(), "Alice")
        }];
        let shown = verification(&in_call, &proved, &earlier);
        assert_eq!((shown.label, shown.note), ("Verified", ""));
        let shown = verification(&in_call, &proved, &[]);
        assert_eq!((shown.label, shown.icon), ("Not verified", Icon::UNLOCKED));
        assert_eq!((shown.sas, shown.note), (Some(sas()), ""));
    }

    #[test]
    fn a_key_that_a_call_brought_is_only_the_same_as_then() {
        let mut call = alice_calls();
        call.peer = key_id();
        let in_call = call_in(State::Connected, call);
        let proved = trust(Assurance::KeyProved(sas()), None);
        let added = [Peer {
            by_link: false,
            ..contact(key_id(), "Alice")
        }];
        let shown = verification(&in_call, &proved, &added);
        assert_eq!(
            (shown.label, shown.icon, shown.style),
            ("Not compared", Icon::UNLOCKED, "pinned")
        );
        assert!(shown.meaning.contains("the same key as when you added"));
        let compared = trust(Assurance::KeyProved(sas()), Some(true));
        assert_eq!(verification(&in_call, &compared, &added).label, "Verified");
    }

    #[test]
    fn who_is_unknown_is_not_verified_before_they_answer() {
        let calling = |people: &[Peer]| {
            let mut call = alice_calls();
            call.peer = key_id();
            let calling = call_in(State::Calling, call);
            verification(&calling, &trust(Assurance::Pending, None), people)
        };
        let stranger = calling(&[]);
        assert_eq!((stranger.label, stranger.style), ("Not verified", "open"));
        assert!(stranger.meaning.contains("calls themselves “Alice”"));
        assert_eq!(calling(&[contact(key_id(), "Alice")]).label, "Checking…");
    }

    #[test]
    fn there_is_nothing_to_compare_before_the_handshake() {
        let call = call_in(State::Connected, alice_calls());
        for (assurance, label) in [
            (Assurance::Pending, "Checking…"),
            (Assurance::Unverified, "Not verified"),
        ] {
            let shown = verification(&call, &trust(assurance, None), &[]);
            assert_eq!((shown.label, shown.sas), (label, None));
        }
    }

    #[test]
    fn emoji_that_differ_say_all_of_it() {
        let differed = trust(Assurance::SasOnly(sas()), Some(false));
        let shown = verification(&call_in(State::Connected, alice_calls()), &differed, &[]);
        assert!(!shown.has_meaning);
        assert_eq!(shown.style, "different");
        let compared = comparison(Some(false), "Alice");
        assert!(compared.is_different && compared.is_answered);
        assert!(compared.outcome.contains("may be listening in"));
        let unanswered = comparison(None, "Alice");
        assert_eq!(unanswered.outcome, "");
        assert!(!unanswered.is_answered);
        assert!(!comparison(Some(true), "Alice").is_different);
    }

    #[test]
    fn an_alert_names_whose_message_was_rejected() {
        let mut trust = Trust::default();
        assert_eq!(alert_screen(&trust, &[]), AlertScreen::default());
        trust.alert = Some(Alert {
            peer: key_id(),
            error: VerifyError::BadSignature,
        });
        let alert = alert_screen(&trust, &[contact(key_id(), "My sister")]);
        assert!(alert.title.contains("listen in"));
        assert!(alert.text.contains("My sister"), "{}", alert.text);
    }
}
