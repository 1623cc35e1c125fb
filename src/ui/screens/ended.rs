//! How a call ended, and what may come next.

use wimpex_call::{CallSnapshot, EndReason, Ended, Role};
use wimpex_protocol::UserId;

use super::names::{Claim, claim, claimed_name, name_of};
use crate::ui::words::common::in_sentence;
use crate::ui::words::ended::{self as words, Circumstances};
use crate::ui::words::trust;
use wimpex_client::{Peer, Trust};

/// What can be done after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedScreen {
    /// Calling (back) is what the person may want next.
    pub may_call_again: bool,
    /// No path was found: the check says which kind is missing.
    pub wants_check: bool,
}

/// From how the last call ended.
pub fn ended_screen(ended: Option<&Ended>) -> EndedScreen {
    EndedScreen {
        may_call_again: ended.is_some_and(may_call_again),
        wants_check: ended.is_some_and(|it| it.reason == EndReason::ConnectionFailed),
    }
}

/// How the call ended, how long it took, and with whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndSummary {
    /// The peer.
    pub name: String,
    /// The name is the peer's own choice.
    pub claim: Option<Claim>,
    /// How it ended.
    pub headline: &'static str,
    /// Why.
    pub sentence: String,
    /// How long it took; empty if it never connected.
    pub length: String,
}

/// From the call, the alert that may have stopped it, what is known of everybody, and what
/// else was so when it ended.
pub fn end_summary(
    view: &CallSnapshot,
    alert: &Trust,
    people: &[Peer],
    at_end: Circumstances,
) -> EndSummary {
    let Some(ended) = &view.ended else {
        return EndSummary::default();
    };
    let name = name_of(people, &ended.peer, ended.peer_name.as_deref());
    let claim = claim(people, &ended.peer, ended.peer_name.as_deref());
    let spoken = in_sentence(&name, claim.is_some());
    let (headline, sentence) = if is_stopped(ended, alert) {
        trust::stopped(&spoken)
    } else {
        words::end(ended, &spoken, at_end)
    };
    EndSummary {
        headline,
        sentence,
        length: ended.duration.map_or_else(String::new, words::length),
        name,
        claim,
    }
}

/// Somebody who may be added to the contacts after a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContact {
    /// Who.
    pub user: UserId,
    /// What they call themselves.
    pub claimed: Option<String>,
}

/// Who may be added to the contacts: whoever the call was with, unless it was stopped.
pub fn new_contact(view: &CallSnapshot, alert: &Trust) -> Option<NewContact> {
    let ended = view.ended.as_ref().filter(|it| !is_stopped(it, alert));
    ended.map(|ended| NewContact {
        user: ended.peer.clone(),
        claimed: claimed_name(&[], &ended.peer, ended.peer_name.as_deref()),
    })
}

fn is_stopped(ended: &Ended, alert: &Trust) -> bool {
    alert.stopped.as_ref() == Some(&ended.call_id)
}

fn may_call_again(ended: &Ended) -> bool {
    let is_settled = matches!(
        ended.reason,
        EndReason::AnsweredElsewhere
            | EndReason::DeclinedElsewhere
            | EndReason::Unsupported
            | EndReason::LinkExpired
            | EndReason::LinkUsedUp
            | EndReason::LinkRevoked
            | EndReason::LinkUnknown
    );
    let is_wanted =
        ended.role == Role::Caller || ended.reason == EndReason::Missed || ended.duration.is_some();
    is_wanted && !is_settled
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ui::screens::test_data::{AT_END, contact, ended};

    fn over(ended: Ended) -> CallSnapshot {
        CallSnapshot {
            ended: Some(ended),
            ..CallSnapshot::default()
        }
    }

    #[test]
    fn a_call_is_offered_again_to_who_may_want_it() {
        let offered = |ended: &Ended| ended_screen(Some(ended)).may_call_again;
        assert!(offered(&ended(EndReason::NoAnswer)));
        for settled in [
            EndReason::AnsweredElsewhere,
            EndReason::DeclinedElsewhere,
            EndReason::Unsupported,
        ] {
            assert!(!offered(&ended(settled)), "{settled:?}");
        }
        let called = |reason| Ended {
            role: Role::Callee,
            ..ended(reason)
        };
        assert!(offered(&called(EndReason::Missed)));
        assert!(!offered(&called(EndReason::Declined)), "they said no");
        let talked = Ended {
            duration: Some(Duration::from_secs(61)),
            ..called(EndReason::PeerHungUp)
        };
        assert!(offered(&talked));
        assert!(!ended_screen(None).may_call_again);
    }

    #[test]
    fn only_a_call_that_found_no_path_wants_the_check() {
        let wants = |reason| ended_screen(Some(&ended(reason))).wants_check;
        assert!(wants(EndReason::ConnectionFailed));
        assert!(!wants(EndReason::ConnectionLost));
        assert!(!ended_screen(None).wants_check);
    }

    #[test]
    fn the_summary_says_how_and_how_long() {
        let talked = Ended {
            duration: Some(Duration::from_secs(61)),
            ..ended(EndReason::PeerHungUp)
        };
        let summary = end_summary(&over(talked.clone()), &Trust::default(), &[], AT_END);
        assert_eq!(
            (summary.headline, &*summary.sentence, &*summary.length),
            (
                "Call ended",
                "Guest t-bob hung up.",
                "It lasted 1 minute 1 second."
            )
        );
        assert_eq!(
            new_contact(&over(talked.clone()), &Trust::default()),
            Some(NewContact {
                user: talked.peer,
                claimed: None,
            })
        );
    }

    #[test]
    fn a_claimed_name_is_quoted_and_marked() {
        let missed = Ended {
            role: Role::Callee,
            peer_name: Some("Mum".to_owned()),
            ..ended(EndReason::Missed)
        };
        let view = over(missed.clone());
        let summary = end_summary(&view, &Trust::default(), &[], AT_END);
        assert_eq!(summary.sentence, "“Mum” called you.");
        assert_eq!(summary.claim.expect("her own choice").tail, "ID …t-bob");
        let new = new_contact(&view, &Trust::default());
        assert_eq!(new.and_then(|new| new.claimed).as_deref(), Some("Mum"));
        let known = [contact(missed.peer, "Bob")];
        let summary = end_summary(&view, &Trust::default(), &known, AT_END);
        assert_eq!(
            (&*summary.sentence, summary.claim),
            ("Bob called you.", None)
        );
    }

    #[test]
    fn who_a_stopped_call_was_with_is_no_new_contact() {
        let view = over(ended(EndReason::HungUp));
        let alert = Trust {
            stopped: view.ended.as_ref().map(|ended| ended.call_id.clone()),
            ..Trust::default()
        };
        assert_eq!(new_contact(&view, &alert), None);
        let summary = end_summary(&view, &alert, &[], AT_END);
        assert_eq!(summary.headline, "Call stopped");
    }
}
