//! Leaving a message for who did not answer, and hearing those that came.

use std::time::Duration;

use wimpex_mailbox::Kind;

use super::common;

/// Begins.
pub const LEAVE: &str = "Leave a message";
/// Names what is shown then.
pub const TITLE: &str = "Leave a message";
/// Chooses sound.
pub const RECORD_SOUND: &str = "Record sound";
/// Chooses sound and picture.
pub const RECORD_PICTURE: &str = "Record with picture";
/// Ends the recording.
pub const STOP: &str = "Stop";
/// Sends what was recorded.
pub const SEND: &str = "Send message";
/// Throws it away and begins anew.
pub const AGAIN: &str = "Record again";
/// Throws it away, or gives up.
pub const DISCARD: &str = "Discard";
/// Nothing has been recorded yet.
pub const CANCEL: &str = "Cancel";
/// After a failure.
pub const RETRY: &str = "Try again";
/// Names the picture that is being recorded.
pub const LIVE_LABEL: &str = "Your picture, being recorded";
/// Names the recording.
pub const PREVIEW_LABEL: &str = "Your message";
/// The browser asks for the devices.
pub const STARTING: &str =
    "Your browser asks for the microphone. Recording starts once you allow it.";
/// The same, with a camera.
pub const STARTING_PICTURE: &str =
    "Your browser asks for camera and microphone. Recording starts once you allow it.";
/// It can be seen before it is sent.
pub const PREVIEW: &str = "Here’s your message. Nothing has been sent yet.";

/// Heading of the choice.
pub const SETTING_TITLE: &str = "When you don’t answer";
/// Names the choice.
pub const SETTING_LABEL: &str = "Let people leave me a message";
/// What that means.
pub const SETTING_HINT: &str = "Up to three minutes of sound or picture. Only this browser can open them; the \
    server keeps them sealed until you fetch them, for a week at most.";
/// The choice is off.
pub const SETTING_OFF: &str = "Nobody can leave you a message.";
/// The choice is on, and calls are taken from contacts.
pub const SETTING_CONTACTS: &str = "Your contacts can leave you a message.";
/// The choice is on, and calls are taken from everybody.
pub const SETTING_EVERYBODY: &str = "Anyone who can call you can leave you a message.";
/// It is being told to the server.
pub const ONE_MOMENT: &str = "One moment…";

/// In a call.
pub fn came(name: &str) -> String {
    format!("{name} has left you a message. You’ll find it among your calls.")
}

/// Stands before a message in the list.
pub const ARROW: &str = "✉";
/// Plays a message.
pub const PLAY: &str = "Play";
/// Hides it again.
pub const CLOSE: &str = "Close";
/// Names the captions of a picture.
pub const CAPTIONS: &str = "What is said";
/// Deletes it.
pub const DELETE: &str = "Delete";
/// It cannot be opened.
pub const NOT_OPENED: &str =
    "This message can’t be opened any more: this browser no longer has its key.";
/// Some came that were not what their senders signed.
pub const REFUSED: &str =
    "A message was refused: it was changed on the way, or someone sent it a second time.";
/// One came for another key.
pub const OTHER_KEY: &str =
    "A message couldn’t be opened: it was sealed for a key that this browser no longer has.";
/// There is no room.
pub const NO_ROOM: &str = "A message is waiting, but this browser has no room for it. Delete some you’ve heard, then reload the page.";

/// What can be done, and how private it is.
pub fn invitation(name: &str) -> String {
    let name = common::isolated(name);
    format!(
        "Up to three minutes. It’s sealed so that only {name} can open it, and you can check it before it’s sent."
    )
}

/// It is being recorded.
pub fn recording(elapsed: Duration, most: Duration) -> String {
    let (elapsed, most) = (common::clock(elapsed), common::clock(most));
    format!("Recording: {elapsed} of {most}")
}

/// It is on its way.
pub fn sending(percent: u8) -> String {
    format!("Sending: {percent} %")
}

/// It is sent.
pub fn sent(name: &str) -> String {
    let name = common::isolated(name);
    format!("Sent. {name} will find it in their list of calls. It’s kept for a week.")
}

/// Something did not work; what to do about it.
pub mod failed {
    use super::common;

    /// The server cannot be reached.
    pub const AWAY: &str = "The server can’t be reached just now. Your recording is still here.";
    /// Too much of this user's is waiting.
    pub const SENDER_FULL: &str =
        "Too many of your messages are waiting to be fetched already. Try again in a few days.";
    /// The server has no room.
    pub const HOST_FULL: &str = "The server has no room for more messages right now.";
    /// Too much was asked.
    pub const TOO_FAST: &str = "That was a lot at once. Wait a minute, then try again.";
    /// The clock is wrong.
    pub const CLOCK: &str = "Your device’s clock seems to be wrong. Set it, then try again.";
    /// The browser records nothing.
    pub const CANNOT_RECORD: &str = "This browser can’t record messages.";
    /// The microphone is blocked.
    pub const MICROPHONE_BLOCKED: &str =
        "Your microphone is blocked. Allow it in the address bar, then try again.";
    /// The camera is blocked.
    pub const CAMERA_BLOCKED: &str =
        "Your camera is blocked. Allow it in the address bar, or record sound only.";
    /// There is no microphone.
    pub const NO_MICROPHONE: &str = "No microphone was found. Plug one in, then try again.";
    /// There is no camera.
    pub const NO_CAMERA: &str = "No camera was found. You can still record sound.";

    /// Whoever it is for takes none (any more).
    pub fn not_wanted(name: &str) -> String {
        let name = common::isolated(name);
        format!("{name} doesn’t take messages right now.")
    }

    /// Too much waits for whoever it is for.
    pub fn receiver_full(name: &str) -> String {
        let name = common::isolated(name);
        format!("{name} has too many messages waiting. Try again later.")
    }

    /// Another program has the device.
    pub fn in_use(is_camera: bool) -> &'static str {
        if is_camera {
            "Your camera is in use by another program. Close it, or record sound only."
        } else {
            "Your microphone is in use by another program. Close it, then try again."
        }
    }

    /// Something else; the browser's name for it.
    pub fn other(error: &str) -> String {
        format!("Something went wrong ({error}).")
    }
}

/// What a message in the list is.
pub fn summary(kind: Kind, seconds: u64, is_played: bool) -> String {
    let kind = match kind {
        Kind::Audio => "message",
        Kind::Video => "message with picture",
    };
    let length = common::clock(Duration::from_secs(seconds));
    if is_played {
        format!("{kind}, {length}")
    } else {
        format!("new {kind}, {length}")
    }
}

/// Names the button that plays a message.
pub fn play_label(name: &str) -> String {
    format!("Play the message from {name}")
}

/// Names the same button while the message is open; it says [`CLOSE`].
pub fn close_label(name: &str) -> String {
    format!("Close the message from {name}")
}

/// Names the button that deletes one.
pub fn delete_label(name: &str) -> String {
    format!("Delete the message from {name}")
}

/// Names what plays.
pub fn player_label(name: &str) -> String {
    format!("Message from {name}")
}

/// What a recogniser has understood, which may be wrong.
pub fn said(text: &str) -> String {
    let text = common::isolated(text);
    format!("“{text}” (written down by the sender’s browser)")
}

/// The choice could not be told to the server.
pub fn setting_failed(error: Option<&str>) -> String {
    match error {
        None => "The server couldn’t be told just now. Reload the page to try again.".to_owned(),
        Some(error) => format!("This browser couldn’t do it ({error})."),
    }
}
