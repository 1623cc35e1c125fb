//! The call screen: from the first ring to the end, so that nothing jumps when the call
//! connects.

use wimpex_call::Command as CallCommand;

use wimpex_call::{ActiveCall, CallSnapshot, CallVideo, Callee, Capture, State};

use super::icon::Icon;
use super::names::{Claim, peer_claim, peer_name};
use super::shortcuts::ShortcutAction;
use crate::ui::words::{call as words, common, waiting, whole};
use wimpex_client::Peer;
use wimpex_sansio::Now;

/// Who, how the call stands, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallScreen {
    /// The peer.
    pub name: String,
    /// The name is the peer's own choice.
    pub claim: Option<Claim>,
    /// There is video, or may be.
    pub is_video: bool,
    /// It is connected.
    pub is_connected: bool,
    /// When media first flowed, on the clock of the page.
    pub since: Option<Now>,
}

/// From the call, and what is known of everybody.
pub fn call_screen(view: &CallSnapshot, people: &[Peer]) -> CallScreen {
    let call = view.call.as_ref();
    CallScreen {
        name: peer_name(people, call),
        claim: peer_claim(people, call),
        is_video: call.is_some_and(is_video),
        is_connected: view.state == State::Connected && !call.is_some_and(|call| call.on_hold),
        since: call.and_then(|call| call.connected_at),
    }
}

/// What the call is doing, in words.
pub fn call_status(view: &CallSnapshot, people: &[Peer]) -> String {
    let call = view.call.as_ref();
    if view.state == State::Connected && call.is_some_and(|call| call.on_hold) {
        return waiting::ON_HOLD.to_owned();
    }
    let callee = call.map_or(Callee::Unheard, |call| call.callee);
    words::state(view.state, callee, &peer_name(people, call))
}

/// Whether the controls step aside: only a video is worth it, and only while nobody moves
/// or reads the panel.
pub fn steps_aside(
    is_idle: bool,
    has_panel: bool,
    state: State,
    video_arrives: Option<bool>,
) -> bool {
    is_idle && !has_panel && state == State::Connected && video_arrives == Some(true)
}

/// The timer's text; empty before the call connects.
pub fn timer(since: Option<Now>, now: Now) -> String {
    since.map_or_else(String::new, |since| common::clock(now.since(since)))
}

/// How long until another second of the call is full, in milliseconds; a little more, for
/// timers may come early.
pub fn next_tick(since: Option<Now>, now: Now) -> u32 {
    let past = now.since(since.unwrap_or(now));
    1_001 - past.subsec_millis()
}

/// The buttons of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlBar {
    /// Muted, or without a microphone that could be heard.
    pub is_silent: bool,
    /// Names the microphone's button.
    pub microphone_label: &'static str,
    /// On it.
    pub microphone_icon: Icon,
    /// The camera's button is there.
    pub has_camera: bool,
    /// The camera is on, or is being asked for.
    pub sends_video: bool,
    /// Names the camera's button.
    pub camera_label: &'static str,
    /// On it.
    pub camera_icon: Icon,
    /// The panel of numbers can be opened: there are none before the call is answered.
    pub has_quality: bool,
    /// Names the button that ends the call.
    pub end_label: &'static str,
}

/// From the call.
pub fn control_bar(view: &CallSnapshot) -> ControlBar {
    let call = view.call.as_ref();
    let is_silent = call.is_some_and(is_silent);
    let sends_video = call.is_some_and(sends_video);
    let is_calling = view.state == State::Calling;
    let (microphone_label, microphone_icon) = if is_silent {
        (words::UNMUTE, Icon::MICROPHONE_OFF)
    } else {
        (words::MUTE, Icon::MICROPHONE)
    };
    let (camera_label, camera_icon) = if sends_video {
        (words::CAMERA_OFF, Icon::CAMERA)
    } else {
        (words::CAMERA_ON, Icon::CAMERA_OFF)
    };
    ControlBar {
        is_silent,
        microphone_label,
        microphone_icon,
        has_camera: call.is_some_and(|call| call.video != CallVideo::Unavailable && !call.on_hold),
        sends_video,
        camera_label,
        camera_icon,
        has_quality: !is_calling,
        end_label: if is_calling {
            words::CANCEL
        } else {
            common::END_CALL
        },
    }
}

impl ControlBar {
    /// What the microphone's button does.
    pub fn toggle_microphone(&self) -> CallCommand {
        CallCommand::SetMuted(!self.is_silent)
    }

    /// What the camera's button does.
    pub fn toggle_camera(&self) -> CallCommand {
        CallCommand::SetCamera(!self.sends_video)
    }

    /// What a shortcut does to the call; nothing where its button is not there.
    pub fn shortcut(&self, action: ShortcutAction) -> Option<CallCommand> {
        match action {
            ShortcutAction::Microphone => Some(self.toggle_microphone()),
            ShortcutAction::Camera => self.has_camera.then(|| self.toggle_camera()),
            ShortcutAction::Help => None,
        }
    }
}

/// What comes from the peer: video, or initials and how loud they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteScreen {
    /// There is video to see; initials lie over it otherwise.
    pub shows_video: bool,
    /// Frames came and no longer do: the last one is covered.
    pub is_covered: bool,
    /// Nothing pulses: the peer is not being rung any more.
    pub is_calm: bool,
    /// How loud they are is shown.
    pub has_level: bool,
    /// Why there is nothing to see.
    pub hint: &'static str,
}

/// From the kind and state of the call, whether frames arrive as far as that is measured,
/// and whether the first one was there: it comes before the first numbers do. Of a peer that has
/// said that its camera is off nobody waits for any.
pub fn remote_screen(
    is_video: bool,
    state: State,
    video_arrives: Option<bool>,
    first_frame: bool,
    is_unseen: bool,
) -> RemoteScreen {
    let shows_video = !is_unseen && video_arrives.unwrap_or(first_frame);
    let is_missing = is_video && state == State::Connected && !shows_video && !is_unseen;
    RemoteScreen {
        shows_video,
        // Before the first frame the element is see-through by itself. It must not fade in
        // then: the first frame is seen when it is there.
        is_covered: first_frame && !shows_video,
        is_calm: state != State::Calling,
        has_level: !is_video,
        hint: if is_missing { words::NO_VIDEO } else { "" },
    }
}

/// How full the meter is, in percent, at an audio level of 0 to 1. Loudness is heard by its
/// logarithm: 60 dB below full is silence.
pub fn level_percent(level: f64) -> i64 {
    let decibels = 20.0 * level.max(1e-6).log10();
    whole(((decibels + 60.0) / 0.6).clamp(0.0, 100.0))
}

fn is_video(call: &ActiveCall) -> bool {
    call.video == CallVideo::On
}

fn is_silent(call: &ActiveCall) -> bool {
    call.muted || matches!(call.microphone, Capture::Failed(_))
}

fn sends_video(call: &ActiveCall) -> bool {
    matches!(call.camera, Capture::On | Capture::Asking)
}

#[cfg(test)]
mod tests {
    use wimpex_call::MediaError;

    use super::*;
    use crate::ui::screens::test_data::{alice_calls, call_in};

    #[test]
    fn the_screen_names_the_peer_and_what_the_call_does() {
        let mut call = alice_calls();
        call.connected_at = Some(Now::from_millis(7_000));
        let screen = call_screen(&call_in(State::Calling, call.clone()), &[]);
        assert_eq!(screen.name, "Alice");
        assert!(screen.is_video && !screen.is_connected && screen.claim.is_some());
        assert_eq!(screen.since, Some(Now::from_millis(7_000)));
        let screen = call_screen(&call_in(State::Connected, call), &[]);
        assert!(screen.is_connected);
        assert_eq!(call_screen(&CallSnapshot::default(), &[]).name, "");
    }

    #[test]
    fn what_is_heard_of_the_callee_is_told_as_it_is() {
        let mut call = alice_calls();
        let mut status = |callee| {
            call.callee = callee;
            call_status(&call_in(State::Calling, call.clone()), &[])
        };
        assert_eq!(status(Callee::Unheard), "Calling…");
        assert_eq!(status(Callee::Rings), "Ringing…");
        for (callee, words) in [
            (Callee::Unresponsive, "No sign from Alice’s device yet"),
            (Callee::Asleep, "Alice’s device is asleep"),
            (Callee::Waking, "Waking Alice’s device…"),
            (Callee::RingsSilently, "without a sound"),
        ] {
            assert!(status(callee).contains(words), "{callee:?}");
        }
        let connected = call_status(&call_in(State::Connected, alice_calls()), &[]);
        assert_eq!(connected, "Connected");
        assert_eq!(call_status(&CallSnapshot::default(), &[]), "");
    }

    #[test]
    fn controls_step_aside_only_for_a_video_that_runs() {
        assert!(steps_aside(true, false, State::Connected, Some(true)));
        for (is_idle, has_panel, state, video_arrives) in [
            (false, false, State::Connected, Some(true)),
            (true, true, State::Connected, Some(true)),
            (true, false, State::Reconnecting, Some(true)),
            (true, false, State::Connected, Some(false)),
            (true, false, State::Connected, None),
        ] {
            assert!(!steps_aside(is_idle, has_panel, state, video_arrives));
        }
    }

    #[test]
    fn the_timer_ticks_when_a_second_is_full() {
        let at = Now::from_millis;
        assert_eq!(timer(None, at(5_000)), "");
        assert_eq!(timer(Some(at(1_000)), at(62_500)), "01:01");
        assert_eq!(next_tick(Some(at(1_000)), at(62_500)), 501);
        assert_eq!(next_tick(None, at(62_500)), 1_001);
    }

    #[test]
    fn a_button_is_named_after_what_it_will_do() {
        let bar = |change: fn(&mut ActiveCall)| {
            let mut call = alice_calls();
            change(&mut call);
            control_bar(&call_in(State::Connected, call))
        };
        let on = bar(|call| {
            call.microphone = Capture::On;
            call.camera = Capture::On;
        });
        assert_eq!(on.microphone_label, "Mute");
        assert_eq!(on.camera_label, "Turn camera off");
        assert_eq!(on.toggle_microphone(), CallCommand::SetMuted(true));
        assert_eq!(on.toggle_camera(), CallCommand::SetCamera(false));
        let asking = bar(|call| call.camera = Capture::Asking);
        assert!(asking.sends_video);
        let failed = bar(|call| {
            call.microphone = Capture::Failed(MediaError::NotAllowed);
            call.camera = Capture::Failed(MediaError::NotAllowed);
        });
        assert_eq!(failed.microphone_label, "Unmute");
        assert_eq!(failed.toggle_microphone(), CallCommand::SetMuted(false));
        assert_eq!(failed.camera_label, "Turn camera on");
        assert!(bar(|call| call.muted = true).is_silent);
    }

    #[test]
    fn a_call_that_nobody_has_answered_is_cancelled() {
        let bar = |state| control_bar(&call_in(state, alice_calls()));
        let calling = bar(State::Calling);
        assert_eq!((calling.end_label, calling.has_quality), ("Cancel", false));
        let connected = bar(State::Connected);
        assert_eq!(
            (connected.end_label, connected.has_quality),
            ("End call", true)
        );
    }

    #[test]
    fn keys_do_what_the_buttons_do_that_are_there() {
        let mut call = alice_calls();
        let (microphone, camera) = (ShortcutAction::Microphone, ShortcutAction::Camera);
        let video = control_bar(&call_in(State::Connected, call.clone()));
        assert_eq!(
            video.shortcut(microphone),
            Some(CallCommand::SetMuted(true))
        );
        assert_eq!(video.shortcut(camera), Some(CallCommand::SetCamera(true)));
        assert_eq!(video.shortcut(ShortcutAction::Help), None);
        call.video = CallVideo::Unavailable;
        let audio = control_bar(&call_in(State::Connected, call));
        assert_eq!(
            audio.shortcut(microphone),
            Some(CallCommand::SetMuted(true))
        );
        assert_eq!(audio.shortcut(camera), None);
    }

    #[test]
    fn what_is_measured_counts_before_the_first_frame() {
        let media = |video_arrives, first_frame| {
            remote_screen(true, State::Connected, video_arrives, first_frame, false)
        };
        assert!(media(None, true).shows_video);
        assert_eq!(media(None, true).hint, "");
        let none_yet = media(None, false);
        assert!(!none_yet.shows_video && !none_yet.is_covered);
        assert_eq!(none_yet.hint, words::NO_VIDEO);
        let gone = media(Some(false), true);
        assert!(!gone.shows_video && gone.is_covered);
        // Nobody waits for video in an audio call, or before the call connects.
        let audio = remote_screen(false, State::Connected, None, false, false);
        assert_eq!((audio.hint, audio.has_level), ("", true));
        let calling = remote_screen(true, State::Calling, None, false, false);
        assert_eq!((calling.hint, calling.is_calm), ("", false));
        // Its last frame is covered before its absence is measured.
        let off = remote_screen(true, State::Connected, Some(true), true, true);
        assert!(!off.shows_video && off.is_covered && off.hint.is_empty());
    }

    #[test]
    fn the_meter_is_empty_at_sixty_decibels_below_full() {
        assert_eq!(level_percent(1.0), 100);
        assert_eq!(level_percent(0.001), 0);
        assert_eq!(level_percent(0.0), 0);
        assert_eq!(level_percent(0.031_623), 50);
    }
}
