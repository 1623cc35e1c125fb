//! Who a call is with: the lock, what it opens to, and the alert.

use wimpex_call::CallView;
use wimpex_gate::Assurance;
use wimpex_identity::Sas;

use super::icon::Icon;
use super::names::{caller, name_of, peer_name};
use crate::session::trust::Lock;
use crate::session::{Contact, Trust};
use crate::ui::words::trust as words;

/// The lock, and the panel that it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Names the lock, and heads the panel.
    pub label: &'static str,
    /// On the lock.
    pub icon: Icon,
    /// For the style sheet.
    pub style: &'static str,
    /// The peer.
    pub name: String,
    /// What it means, and how to be sure.
    pub meaning: String,
    /// Where the emoji differed, what came of comparing says all of it.
    pub has_meaning: bool,
    /// What can be compared.
    pub sas: Option<Sas>,
}

/// From the call, what is proved of it, and what is known of everybody.
pub fn verification(call: Option<&CallView>, trust: &Trust, people: &[Contact]) -> Verification {
    let caller = caller(people, call);
    let name = peer_name(people, call);
    let lock = Lock::of(trust.assurance, trust.compared, &caller);
    let (icon, style) = match lock {
        Lock::Checking => (Icon::Unlocked, "checking"),
        Lock::NotVerified => (Icon::Unlocked, "open"),
        Lock::Verified => (Icon::Lock, "closed"),
        Lock::Different => (Icon::Unlocked, "different"),
    };
    Verification {
        label: words::label(lock),
        icon,
        style,
        meaning: words::meaning(trust.assurance, &caller, &name),
        name,
        has_meaning: lock != Lock::Different,
        sas: match trust.assurance {
            Assurance::Compare(sas) | Assurance::Verified(sas) => Some(sas),
            Assurance::None | Assurance::Pending => None,
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
pub fn alert_screen(trust: &Trust, people: &[Contact]) -> AlertScreen {
    trust.alarm.as_ref().map_or_else(Default::default, |alarm| {
        let name = name_of(people, &alarm.peer, None);
        let (title, text) = words::alert(alarm.refusal, &alarm.peer, &name);
        AlertScreen { title, text }
    })
}

#[cfg(test)]
mod tests {
    use wimpex_identity::Refusal;

    use super::*;
    use crate::session::Alarm;
    use crate::ui::screens::test_data::{alice_calls, contact, key_id};

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
    fn the_lock_closes_for_a_contact_and_stays_open_for_a_stranger() {
        let mut call = alice_calls();
        call.peer = key_id();
        let proved = trust(Assurance::Verified(sas()), None);
        let known = [contact(key_id(), "Alice")];
        let shown = verification(Some(&call), &proved, &known);
        assert_eq!(
            (shown.label, shown.icon, shown.style),
            ("Verified", Icon::Lock, "closed")
        );
        assert!(shown.meaning.contains("key of your contact Alice"));
        let shown = verification(Some(&call), &proved, &[]);
        assert_eq!((shown.label, shown.icon), ("Not verified", Icon::Unlocked));
        assert_eq!(shown.sas, Some(sas()));
    }

    #[test]
    fn there_is_nothing_to_compare_before_the_handshake() {
        let call = alice_calls();
        for (assurance, label) in [
            (Assurance::Pending, "Checking…"),
            (Assurance::None, "Not verified"),
        ] {
            let shown = verification(Some(&call), &trust(assurance, None), &[]);
            assert_eq!((shown.label, shown.sas), (label, None));
        }
    }

    #[test]
    fn emoji_that_differ_say_all_of_it() {
        let differed = trust(Assurance::Compare(sas()), Some(false));
        let shown = verification(Some(&alice_calls()), &differed, &[]);
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
        trust.alarm = Some(Alarm {
            peer: key_id(),
            refusal: Refusal::BadSignature,
        });
        let alert = alert_screen(&trust, &[contact(key_id(), "My sister")]);
        assert!(alert.title.contains("listen in"));
        assert!(alert.text.contains("My sister"), "{}", alert.text);
    }
}
