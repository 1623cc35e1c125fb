//! How the other side of a call is, and the question whether there shall be video.

use wimpex_call::{ActiveCall, CallSnapshot, CallVideo, Capture, State};
use wimpex_client::Peer;
use wimpex_protocol::MediaFlag;

use super::names::{peer_claim, peer_name};
use crate::ui::words::common::in_sentence;
use crate::ui::words::peer_media as words;

/// The question, or that it waits for its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VideoQuestion {
    /// What is to be said; empty where there is nothing.
    pub text: String,
    /// It is for this user to answer.
    pub is_asked: bool,
}

/// From the call, and what is known of everybody.
pub fn video_question(view: &CallSnapshot, people: &[Peer]) -> VideoQuestion {
    // It can wait as long as the call does.
    let Some(call) = view.call.as_ref().filter(|call| !call.on_hold) else {
        return VideoQuestion::default();
    };
    let name = name(people, call);
    match call.video {
        CallVideo::Wanted => VideoQuestion {
            text: words::wants_video(&name),
            is_asked: true,
        },
        CallVideo::Asked => VideoQuestion {
            text: words::asked_for_video(&name),
            is_asked: false,
        },
        CallVideo::Unavailable | CallVideo::Available | CallVideo::On => VideoQuestion::default(),
    }
}

/// Says something of somebody by their name.
type Line = fn(&str) -> String;

/// What the peer says of their side, one line each, what matters most first.
pub fn peer_notes(view: &CallSnapshot, people: &[Peer]) -> Vec<String> {
    let Some(call) = view
        .call
        .as_ref()
        .filter(|_| view.state == State::Connected)
    else {
        return Vec::new();
    };
    let Some(state) = &call.peer_media else {
        return Vec::new();
    };
    let name = name(people, call);
    let has_video = call.video == CallVideo::On;
    let lines: [(bool, Line); 7] = [
        (state.has(MediaFlag::OnHold), words::on_hold),
        (state.has(MediaFlag::Muted), words::muted),
        (
            state.has(MediaFlag::MicrophoneTaken) && !state.has(MediaFlag::Muted),
            words::microphone_taken,
        ),
        (
            has_video && !state.has(MediaFlag::Camera) && !state.has(MediaFlag::OnHold),
            words::camera_off,
        ),
        (
            state.has(MediaFlag::Camera) && state.has(MediaFlag::CameraTaken),
            words::camera_taken,
        ),
        (state.has(MediaFlag::Sharing), words::sharing),
        (state.has(MediaFlag::BatteryLow), words::battery_low),
    ];
    let said = lines.into_iter().filter(|(is_so, _)| *is_so);
    said.map(|(_, line)| line(&name)).collect()
}

/// Whether nobody waits for video: the peer has said that none comes from them, or the call is on
/// hold.
pub fn is_unseen(view: &CallSnapshot) -> bool {
    view.call.as_ref().is_some_and(|call| {
        let state = call.peer_media.as_ref();
        call.on_hold || state.is_some_and(|state| !state.has(MediaFlag::Camera))
    })
}

/// Whether microphone and camera are in use, for the system's own controls.
pub fn in_use(call: &ActiveCall) -> (bool, bool) {
    let camera = matches!(call.camera, Capture::On | Capture::Asking);
    let is_heard = !call.muted && !call.on_hold && call.microphone == Capture::On;
    (is_heard, camera)
}

/// Whether a screen comes from the peer, beside its camera or in place of it.
pub fn shows_screen(view: &CallSnapshot) -> bool {
    let state = view.call.as_ref().and_then(|call| call.peer_media.as_ref());
    state.is_some_and(|state| state.has(MediaFlag::Sharing))
}

/// Whether the peer shows a screen beside its camera.
pub fn shows_screen_beside(view: &CallSnapshot) -> bool {
    let call = view.call.as_ref().filter(|call| !call.on_hold);
    let state = call.and_then(|call| call.peer_media.as_ref());
    state.is_some_and(|state| state.has(MediaFlag::Sharing) && state.has(MediaFlag::ScreenTrack))
}

/// Whether leaving the page would end a conversation, so that the browser asks first.
pub fn asks_before_leaving(state: State) -> bool {
    match state {
        State::Connecting | State::Connected | State::Reconnecting => true,
        State::Idle | State::Calling | State::Ringing | State::Ended => false,
    }
}

/// Whether a battery at this level, 0 to 1, may not last.
pub fn is_battery_low(level: f64, charging: bool) -> bool {
    !charging && level <= 0.15
}

fn name(people: &[Peer], call: &ActiveCall) -> String {
    let is_claimed = peer_claim(people, Some(call)).is_some();
    in_sentence(&peer_name(people, Some(call)), is_claimed)
}

#[cfg(test)]
mod tests {
    use wimpex_protocol::MediaState;

    use super::*;
    use crate::ui::screens::test_data::{alice_calls, call_in, peer_media};

    fn with(changes: &[(MediaFlag, bool)]) -> CallSnapshot {
        let mut call = alice_calls();
        let with = |state: MediaState, (flag, is_so): &(MediaFlag, bool)| state.with(*flag, *is_so);
        call.peer_media = Some(changes.iter().fold(peer_media(), with));
        call_in(State::Connected, call)
    }

    #[test]
    fn report_30_a_peer_that_is_muted_is_shown_to_be() {
        let notes = |changes: &[_]| peer_notes(&with(changes), &[]);
        assert_eq!(notes(&[]), Vec::<String>::new());
        assert_eq!(notes(&[(MediaFlag::Muted, true)]), ["“Alice” is muted"]);
        assert_eq!(
            notes(&[(MediaFlag::Camera, false)]),
            ["“Alice”’s camera is off"]
        );
        let all = notes(&[(MediaFlag::OnHold, true), (MediaFlag::BatteryLow, true)]);
        assert_eq!(
            all,
            ["“Alice” has put you on hold", "“Alice”’s battery is low"]
        );
        // Of one that is muted anyway nobody misses the microphone.
        let muted = notes(&[(MediaFlag::Muted, true), (MediaFlag::MicrophoneTaken, true)]);
        assert_eq!(muted.len(), 1);
    }

    #[test]
    fn of_a_peer_that_says_nothing_nothing_is_claimed() {
        let silent = call_in(State::Connected, alice_calls());
        assert!(peer_notes(&silent, &[]).is_empty() && !is_unseen(&silent));
        assert!(is_unseen(&with(&[(MediaFlag::Camera, false)])));
        let mut lost = with(&[(MediaFlag::Muted, true)]);
        lost.state = State::Reconnecting;
        assert!(peer_notes(&lost, &[]).is_empty());
    }

    #[test]
    fn report_14_whoever_is_asked_for_video_can_answer() {
        let question = |video| {
            let mut call = alice_calls();
            call.video = video;
            video_question(&call_in(State::Connected, call), &[])
        };
        let wanted = question(CallVideo::Wanted);
        assert_eq!(
            (wanted.text.as_str(), wanted.is_asked),
            ("“Alice” wants to turn on video", true)
        );
        assert!(
            !question(CallVideo::Asked).is_asked && !question(CallVideo::Asked).text.is_empty()
        );
        assert_eq!(question(CallVideo::On), VideoQuestion::default());
        assert_eq!(
            video_question(&CallSnapshot::default(), &[]),
            VideoQuestion::default()
        );
    }

    #[test]
    fn report_11_only_a_call_that_is_going_on_asks_before_it_is_left() {
        for state in [State::Connecting, State::Connected, State::Reconnecting] {
            assert!(asks_before_leaving(state), "{state:?}");
        }
        for state in [State::Idle, State::Calling, State::Ringing, State::Ended] {
            assert!(!asks_before_leaving(state), "{state:?}");
        }
    }

    #[test]
    fn a_battery_on_the_charger_is_not_low() {
        assert!(is_battery_low(0.1, false));
        assert!(!is_battery_low(0.1, true) && !is_battery_low(0.5, false));
    }
}
