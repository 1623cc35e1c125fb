//! The call screen and its controls.

use wimpex_call::{Callee, State};

/// Names the group of buttons.
pub const CONTROLS_LABEL: &str = "Call controls";
/// The microphone is on.
pub const MUTE: &str = "Mute";
/// The microphone is off.
pub const UNMUTE: &str = "Unmute";
/// The camera is on.
pub const CAMERA_OFF: &str = "Turn camera off";
/// The camera is off.
pub const CAMERA_ON: &str = "Turn camera on";
/// Films with the other camera of a telephone.
pub const SWITCH_CAMERA: &str = "Switch camera";
/// Opens the panel of numbers.
pub const QUALITY: &str = "Quality";
/// Shows the call on the whole screen.
pub const FULL_SCREEN: &str = "Full screen";
/// Shows the call in a small window on top of others.
pub const PICTURE_IN_PICTURE: &str = "Picture in picture";
/// Gives up a call that nobody has answered.
pub const CANCEL: &str = "Cancel";

/// Names the group around the own video.
pub const SELF_VIEW_LABEL: &str = "Your picture; the arrow keys move it to another corner";
/// Names the own video.
pub const OWN_VIDEO_LABEL: &str = "Your camera";
/// Names the peer's video.
pub const REMOTE_VIDEO_LABEL: &str = "Remote video";
/// What can be done with a screen that the peer shows.
pub const ZOOM_HINT: &str = "Scroll, double-click or press + and − to look closer; drag to move.";
/// Names the meter of an audio call.
pub const LEVEL_LABEL: &str = "Their sound level";
/// No frame has come for a while.
pub const NO_VIDEO: &str = "No video is arriving.";
/// Starts what the browser would not play by itself.
pub const PLAY_SOUND: &str = "Play sound";

/// What a call is doing.
pub fn state(state: State, callee: Callee, name: &str) -> String {
    match (state, callee) {
        (State::Idle | State::Ringing | State::Ended, _) => String::new(),
        (State::Calling, callee) => calling(callee, name),
        (State::Connecting, _) => "Connecting…".to_owned(),
        (State::Connected, _) => "Connected".to_owned(),
        (State::Reconnecting, _) => "Reconnecting…".to_owned(),
    }
}

fn calling(callee: Callee, name: &str) -> String {
    match callee {
        Callee::Unheard => "Calling…".to_owned(),
        Callee::Unresponsive => {
            format!("Calling… No sign from {name}’s device yet; it may be asleep.")
        }
        Callee::Asleep => {
            format!("{name}’s device is asleep. It will ring if it wakes up in time…")
        }
        Callee::Waking => format!("Waking {name}’s device…"),
        Callee::RingsSilently => {
            format!("Calling without a sound. {name} will see that you called.")
        }
        Callee::Rings => "Ringing…".to_owned(),
    }
}
