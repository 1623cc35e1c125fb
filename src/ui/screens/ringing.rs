//! How a call makes itself heard.

use wimpex_call::{ActiveCall, CallSnapshot, Callee, State};

use super::names::{caller, peer_claim, peer_name};
use crate::ui::words::{incoming, trust};
use wimpex_client::Peer;

/// What is heard, and what the window's title and the system show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ringing {
    /// Nothing.
    Silent,
    /// The ringback tone: a device of the peer's shows the prompt.
    Theirs,
    /// The ringtone.
    Ours {
        /// The window's title, and the notification's.
        title: String,
        /// The notification's text.
        body: String,
    },
}

/// Whether the prompt of an incoming call is there.
pub fn has_prompt(view: &CallSnapshot) -> bool {
    view.state == State::Ringing
}

/// The window's title, which is the notification's too, and the notification's text.
pub(super) fn notice_of(call: &ActiveCall, people: &[Peer]) -> (String, String) {
    let title = incoming::notification_title(
        &peer_name(people, Some(call)),
        peer_claim(people, Some(call)).is_some(),
    );
    let kind = trust::caller(&caller(people, Some(call)));
    (title, incoming::notification_text(call.call_type, kind))
}

/// From the call, and what is known of everybody.
pub fn ringing(view: &CallSnapshot, people: &[Peer]) -> Ringing {
    match (view.state, &view.call) {
        (State::Ringing, Some(call)) => {
            let (title, body) = notice_of(call, people);
            Ringing::Ours { title, body }
        }
        (State::Calling, Some(call)) if call.callee == Callee::Rings => Ringing::Theirs,
        (
            State::Idle
            | State::Calling
            | State::Ringing
            | State::Connecting
            | State::Connected
            | State::Reconnecting
            | State::Ended,
            _,
        ) => Ringing::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screens::test_data::{alice_calls, call_in, contact, key_id};

    #[test]
    fn it_rings_here_while_the_prompt_is_there() {
        let rings = ringing(&call_in(State::Ringing, alice_calls()), &[]);
        assert_eq!(
            rings,
            Ringing::Ours {
                title: "“\u{2068}Alice\u{2069}” (claimed name) is calling".to_owned(),
                body: "video call · not verified".to_owned(),
            }
        );
        assert!(has_prompt(&call_in(State::Ringing, alice_calls())));
        assert!(!has_prompt(&call_in(State::Calling, alice_calls())));
        let mut call = alice_calls();
        call.peer = key_id();
        let rings = ringing(
            &call_in(State::Ringing, call),
            &[contact(key_id(), "My sister")],
        );
        assert_eq!(
            rings,
            Ringing::Ours {
                title: "\u{2068}My sister\u{2069} is calling".to_owned(),
                body: "video call · contact".to_owned(),
            }
        );
        let answered = call_in(State::Connecting, alice_calls());
        assert_eq!(ringing(&answered, &[]), Ringing::Silent);
    }

    #[test]
    fn the_ringback_tone_waits_for_a_device_that_rings() {
        let mut call = alice_calls();
        let calling = call_in(State::Calling, call.clone());
        assert_eq!(ringing(&calling, &[]), Ringing::Silent);
        call.callee = Callee::Rings;
        let rings = call_in(State::Calling, call);
        assert_eq!(ringing(&rings, &[]), Ringing::Theirs);
        assert_eq!(ringing(&CallSnapshot::default(), &[]), Ringing::Silent);
    }
}
