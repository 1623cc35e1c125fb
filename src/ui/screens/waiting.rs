//! A second call inside the first, and calls on hold.

use wimpex_call::{ActiveCall, CallSnapshot, Command as CallCommand, EndReason, State};
use wimpex_client::Peer;

use super::incoming::{IncomingPrompt, incoming_prompt};
use super::names::{claim, name_of, peer_claim, peer_name};
use super::ringing::notice_of;
use crate::ui::words::common::in_sentence;
use crate::ui::words::ended::{self, Circumstances};
use crate::ui::words::waiting as words;

/// Who waits for an answer inside the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingPrompt {
    /// Who calls, in a sentence.
    pub headline: String,
    /// What the prompt of any call says.
    pub prompt: IncomingPrompt,
}

/// From the calls, and what is known of everybody.
pub fn waiting_prompt(view: &CallSnapshot, people: &[Peer]) -> Option<WaitingPrompt> {
    let call = view.waiting.as_ref()?;
    Some(WaitingPrompt {
        headline: words::is_calling(&spoken(people, call)),
        prompt: incoming_prompt(Some(call), people),
    })
}

/// The window's title and the notification's text while somebody waits.
pub fn waiting_notice(view: &CallSnapshot, people: &[Peer]) -> Option<(String, String)> {
    let call = view.waiting.as_ref()?;
    Some(notice_of(call, people))
}

/// The call that is on hold behind the one that is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldCall {
    /// Whose.
    pub line: String,
    /// Names the button that ends it.
    pub end_label: String,
}

/// From the calls, and what is known of everybody.
pub fn held_call(view: &CallSnapshot, people: &[Peer]) -> Option<HeldCall> {
    let name = spoken(people, view.held.as_ref()?);
    Some(HeldCall {
        line: words::is_on_hold(&name),
        end_label: words::end_call_with(&name),
    })
}

/// The button that puts the call on hold, or goes on with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldButton {
    /// Its name.
    pub label: &'static str,
    /// The call is on hold.
    pub is_on_hold: bool,
}

impl HoldButton {
    /// What it does.
    pub fn toggle(&self) -> CallCommand {
        CallCommand::SetOnHold(!self.is_on_hold)
    }
}

/// From the call: nothing before it was answered.
pub fn hold_button(view: &CallSnapshot) -> Option<HoldButton> {
    let call = view.call.as_ref()?;
    let is_live = match view.state {
        State::Connected | State::Reconnecting => true,
        State::Connecting => call.on_hold,
        State::Idle | State::Calling | State::Ringing | State::Ended => false,
    };
    is_live.then_some(HoldButton {
        label: if call.on_hold {
            words::RESUME
        } else {
            words::HOLD
        },
        is_on_hold: call.on_hold,
    })
}

/// What the call on hold means; empty for one that is not.
pub fn hold_line(view: &CallSnapshot, people: &[Peer]) -> String {
    let call = view.call.as_ref().filter(|call| call.on_hold);
    call.map_or_else(String::new, |call| {
        words::you_put_on_hold(&spoken(people, call))
    })
}

/// How a call ended beside the one that goes on; empty if none has.
pub fn ended_beside(view: &CallSnapshot, people: &[Peer], at_end: Circumstances) -> String {
    let (Some(ended), Some(call)) = (&view.ended, &view.call) else {
        return String::new();
    };
    let claim = claim(people, &ended.peer, ended.peer_name.as_deref());
    let name = name_of(people, &ended.peer, ended.peer_name.as_deref());
    let name = in_sentence(&name, claim.is_some());
    let other = spoken(people, call);
    let (_, sentence) = ended::end(ended, &name, at_end);
    match ended.reason {
        // That is what the user wanted.
        EndReason::Declined => String::new(),
        EndReason::HungUp => words::call_is_over(&name, &other),
        _ if call.on_hold => words::back_on_hold(&sentence, &other),
        _ => sentence,
    }
}

fn spoken(people: &[Peer], call: &ActiveCall) -> String {
    let is_claimed = peer_claim(people, Some(call)).is_some();
    in_sentence(&peer_name(people, Some(call)), is_claimed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screens::test_data::{AT_END, alice_calls, call_in, contact, ended, key_id};

    fn bob() -> ActiveCall {
        ActiveCall {
            peer: key_id(),
            ..alice_calls()
        }
    }

    fn people() -> [Peer; 1] {
        [contact(key_id(), "Bob")]
    }

    #[test]
    fn a_call_that_waits_says_whose_it_is_and_of_which_kind() {
        let mut view = call_in(State::Connected, alice_calls());
        assert_eq!(waiting_prompt(&view, &people()), None);
        assert_eq!(waiting_notice(&view, &people()), None);
        view.waiting = Some(bob());
        let waiting = waiting_prompt(&view, &people()).unwrap();
        assert_eq!(waiting.headline, "Bob is calling");
        assert_eq!(
            (waiting.prompt.kind, waiting.prompt.tag),
            ("Video call", "contact")
        );
        let (title, text) = waiting_notice(&view, &people()).unwrap();
        assert!(title.contains("Bob") && text.contains("video call"));
    }

    #[test]
    fn a_call_on_hold_behind_another_can_be_swapped_and_ended() {
        let mut view = call_in(State::Connected, alice_calls());
        assert_eq!(held_call(&view, &people()), None);
        view.held = Some(bob());
        let held = held_call(&view, &people()).unwrap();
        assert_eq!(held.line, "Bob is on hold");
        assert_eq!(held.end_label, "End call with Bob");
    }

    #[test]
    fn a_call_is_put_on_hold_once_it_is_answered() {
        let button = |state, on_hold| {
            let mut call = alice_calls();
            call.on_hold = on_hold;
            hold_button(&call_in(state, call))
        };
        for state in [State::Connected, State::Reconnecting] {
            let hold = button(state, false).unwrap();
            assert_eq!(
                (hold.label, hold.toggle()),
                ("Hold", CallCommand::SetOnHold(true))
            );
            let resume = button(state, true).unwrap();
            assert_eq!(
                (resume.label, resume.toggle()),
                ("Resume", CallCommand::SetOnHold(false))
            );
        }
        for state in [State::Calling, State::Connecting, State::Ringing] {
            assert_eq!(button(state, false), None, "{state:?}");
        }
        let mut call = alice_calls();
        assert_eq!(hold_line(&call_in(State::Connected, call.clone()), &[]), "");
        call.on_hold = true;
        let line = hold_line(&call_in(State::Connected, call), &[]);
        assert!(line.starts_with("“Alice” is on hold"));
    }

    #[test]
    fn whoever_is_back_in_a_call_is_told_how_the_other_one_ended() {
        let line = |reason, on_hold| {
            let mut call = bob();
            call.on_hold = on_hold;
            let mut view = call_in(State::Connected, call);
            view.ended = Some(ended(reason));
            ended_beside(&view, &people(), AT_END)
        };
        assert_eq!(
            line(EndReason::PeerHungUp, true),
            "Guest t-bob hung up. Bob is still on hold."
        );
        assert_eq!(line(EndReason::PeerHungUp, false), "Guest t-bob hung up.");
        assert_eq!(
            line(EndReason::HungUp, false),
            "Your call with Guest t-bob is over. You’re talking to Bob."
        );
        assert_eq!(line(EndReason::Missed, false), "Guest t-bob called you.");
        assert_eq!(line(EndReason::Declined, false), "");
        assert_eq!(
            ended_beside(&call_in(State::Connected, bob()), &people(), AT_END),
            ""
        );
    }
}
