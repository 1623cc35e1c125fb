//! The screen that is shown in a call.

/// Lets the user choose a screen, a window or a tab.
pub const START: &str = "Share screen";
/// Shows it no longer.
pub const STOP: &str = "Stop sharing";
/// Names what is shown of it, and the choice of what matters.
pub const BAR_LABEL: &str = "Your shared screen";
/// Names the choice.
pub const CONTENT_LABEL: &str = "What you share";
/// It is to be read.
pub const TEXT: &str = "Text";
/// It is to be watched.
pub const FILM: &str = "Film";

/// Names the screen that the peer shows beside its camera.
pub const SCREEN_LABEL: &str = "Shared screen";
/// How it is looked at.
pub const SCREEN_HINT: &str = "Scroll, double-click or press + and − to look closer; drag to move. S shows another picture large.";
/// Names one's own, as the peer sees it.
pub const OWN_SCREEN_LABEL: &str = "What you share, as it is seen";
/// Makes that one the large picture.
pub const SCREEN_LARGE: &str = "Show the shared screen large";
/// The same of the peer's camera.
pub const FACE_LARGE: &str = "Show the camera large";
/// The same of one's own screen.
pub const OWN_LARGE: &str = "Show your screen large";
/// Shows the peer where the pointer is.
pub const POINT: &str = "Point";
/// What that does.
pub const POINT_HINT: &str = "Show where your pointer is on the shared screen";

/// What the peer sees.
pub fn sees(name: &str) -> String {
    format!("{name} sees your screen.")
}

/// The same of a peer that sees the screen where the camera's picture was.
pub fn sees_instead(name: &str, camera: bool) -> String {
    if camera {
        format!("{name} sees your screen, not your camera.")
    } else {
        sees(name)
    }
}

/// The peer has to agree to video first.
pub fn waits(name: &str) -> String {
    format!("{name} has to accept video before they can see your screen…")
}

/// Nothing could be had; nothing to say where the user has changed their mind.
pub fn failure(error: &str) -> Option<&'static str> {
    match error {
        // The picker was closed, or the system forbids it: browsers do not tell which.
        "NotAllowedError" | "AbortError" => None,
        "NotReadableError" => Some(
            "Your system didn’t let this browser see the screen. Allow screen recording for it in the system’s settings.",
        ),
        "NotSupportedError" => Some("This browser can’t share a screen."),
        _ => Some("Your screen couldn’t be shared. Try again."),
    }
}
