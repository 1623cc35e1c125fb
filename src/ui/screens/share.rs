//! The screen that is shown in a call: when it can be, and what is said of it.

use wimpex_call::{ActiveCall, CallSnapshot, CallVideo, Capture, Sharing, State};
use wimpex_client::Peer;

use super::names::{peer_claim, peer_name};
use crate::ui::words::common::in_sentence;
use crate::ui::words::share as words;

/// The button, and what is said while something is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShareScreen {
    /// There is a button.
    pub is_offered: bool,
    /// Something is shown.
    pub is_sharing: bool,
    /// What the peer sees of it.
    pub text: String,
}

/// From the call, and whether the browser can show a screen.
pub fn share_screen(view: &CallSnapshot, people: &[Peer], is_supported: bool) -> ShareScreen {
    let Some(call) = view.call.as_ref() else {
        return ShareScreen::default();
    };
    let is_live = matches!(view.state, State::Connected | State::Reconnecting);
    let can_send = call.video != CallVideo::Unavailable;
    ShareScreen {
        is_offered: is_supported && is_live && can_send,
        is_sharing: call.sharing.is_on(),
        text: text(call, people),
    }
}

fn text(call: &ActiveCall, people: &[Peer]) -> String {
    let is_claimed = peer_claim(people, Some(call)).is_some();
    let name = in_sentence(&peer_name(people, Some(call)), is_claimed);
    match call.video {
        _ if !call.sharing.is_on() => String::new(),
        CallVideo::On if call.sharing == Sharing::Beside => words::sees(&name),
        CallVideo::On => words::sees_instead(&name, call.camera == Capture::On),
        CallVideo::Unavailable | CallVideo::Available | CallVideo::Asked | CallVideo::Wanted => {
            words::waits(&name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screens::test_data::{alice_calls, call_in};

    #[test]
    fn a_screen_is_offered_where_it_can_be_seen() {
        let offered = |state, video, is_supported| {
            let mut call = alice_calls();
            call.video = video;
            share_screen(&call_in(state, call), &[], is_supported).is_offered
        };
        assert!(offered(State::Connected, CallVideo::On, true));
        assert!(offered(State::Reconnecting, CallVideo::Available, true));
        assert!(!offered(State::Connected, CallVideo::On, false));
        assert!(!offered(State::Calling, CallVideo::On, true));
        assert!(!offered(State::Connected, CallVideo::Unavailable, true));
        assert_eq!(
            share_screen(&CallSnapshot::default(), &[], true),
            ShareScreen::default()
        );
    }

    #[test]
    fn it_is_said_who_sees_what() {
        let text = |video, camera, sharing| {
            let mut call = alice_calls();
            (call.video, call.camera, call.sharing) = (video, camera, sharing);
            share_screen(&call_in(State::Connected, call), &[], true).text
        };
        assert_eq!(text(CallVideo::On, Capture::On, Sharing::Off), "");
        let instead = text(CallVideo::On, Capture::On, Sharing::InPlace);
        assert!(instead.contains("not your camera"));
        for (camera, sharing) in [
            (Capture::Off, Sharing::InPlace),
            (Capture::On, Sharing::Beside),
        ] {
            assert!(!text(CallVideo::On, camera, sharing).contains("camera"));
        }
        let asked = text(CallVideo::Asked, Capture::Off, Sharing::Beside);
        assert!(asked.contains("has to accept"));
    }
}
