//! How the other side of a call is, and the question whether there shall be video.

/// Agrees to video, and shows oneself.
pub const ACCEPT_VIDEO: &str = "Accept video";
/// Agrees to see, and stays unseen.
pub const STAY_UNSEEN: &str = "Stay unseen";

/// The peer asks for video in an audio call.
pub fn wants_video(name: &str) -> String {
    format!("{name} wants to turn on video")
}

/// The peer has not answered that yet.
pub fn asked_for_video(name: &str) -> String {
    format!("{name} has to accept video before they can see you…")
}

/// Nothing is heard of the peer by their own choice.
pub fn muted(name: &str) -> String {
    format!("{name} is muted")
}

/// Nothing is seen of the peer by their own choice.
pub fn camera_off(name: &str) -> String {
    format!("{name}’s camera is off")
}

/// The peer is in another call meanwhile.
pub fn on_hold(name: &str) -> String {
    format!("{name} has put you on hold")
}

/// The peer's device may go off soon.
pub fn battery_low(name: &str) -> String {
    format!("{name}’s battery is low")
}

/// The peer's system has taken the microphone.
pub fn microphone_taken(name: &str) -> String {
    format!("{name} can’t be heard: a phone call or another app is using their microphone")
}

/// The peer's system has taken the camera.
pub fn camera_taken(name: &str) -> String {
    format!("{name} can’t be seen: another app is using their camera")
}

/// The peer shares a screen.
pub fn sharing(name: &str) -> String {
    format!("{name} is sharing their screen")
}
