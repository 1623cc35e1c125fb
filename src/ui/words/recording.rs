//! Recording a call, and taking photos of it.

use wimpex_recording::Kind;

/// Begins one, once the peer agrees.
pub const RECORD: &str = "Record";
/// Ends it.
pub const STOP: &str = "Stop recording";
/// Takes the wish for it back, while the peer has not answered.
pub const STOP_ASKING: &str = "Stop asking";
/// Takes one, once the peer agrees.
pub const PHOTO: &str = "Take a photo";
/// Agrees to it.
pub const AGREE: &str = "Agree";
/// Does not.
pub const REFUSE: &str = "Refuse";
/// Does not any more.
pub const WITHDRAW: &str = "Take back my consent";
/// Names the choice of what is seen in it.
pub const LAYOUT_LABEL: &str = "What is recorded";
/// Both people.
pub const BOTH: &str = "Both of you";
/// One of them.
pub const SPEAKER: &str = "Who speaks";
/// Names what was recorded and is not saved.
pub const KEPT_TITLE: &str = "Recordings you haven’t saved";
/// How long they stay.
pub const KEPT_HINT: &str = "They’re kept in this browser only, until you save or discard them.";
/// Saves one.
pub const SAVE: &str = "Save";
/// Deletes one.
pub const DISCARD: &str = "Discard";
/// It was handed to the browser, which copies it.
pub const SAVED: &str = "Saved to your downloads.";
/// It is read as a whole before.
pub const SAVING: &str = "Getting it ready…";
/// The browser could not hand it out.
pub const SAVE_FAILED: &str = "This browser couldn’t save it. It may be open in another tab.";
/// There is no room to put it in order.
pub const SAVE_NO_ROOM: &str =
    "There’s no room left on this device to save it. Make some, and try again.";

/// The peer wants to make one.
pub fn asks(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Recording => format!(
            "{name} wants to record this call: your voice, and your picture if it’s on. It stays on their device."
        ),
        Kind::Photo => format!("{name} wants to take a photo of this call, with you in it."),
    }
}

/// The peer has not answered yet.
pub fn waits(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Recording => format!("Waiting for {name} to agree to a recording…"),
        Kind::Photo => format!("Waiting for {name} to agree to a photo…"),
    }
}

/// It is being made.
pub fn runs(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Recording => format!("You’re recording this call. {name} sees that."),
        Kind::Photo => "Taking a photo…".to_owned(),
    }
}

/// It is being made, without sound: Firefox mixes none where the system has no speaker.
pub fn runs_silent(name: &str) -> String {
    format!(
        "You’re recording this call, but without sound: this browser needs a speaker or headphones for it. {name} sees that you record."
    )
}

/// The peer makes one.
pub fn peer_records(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Recording => format!("{name} is recording this call."),
        Kind::Photo => format!("{name} is taking a photo of this call."),
    }
}

/// The peer does not agree.
pub fn declined(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Recording => format!("{name} doesn’t want to be recorded."),
        Kind::Photo => format!("{name} doesn’t want a photo taken."),
    }
}

/// The peer does not agree any more.
pub fn withdrawn(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Recording => {
            format!(
                "{name} doesn’t agree any more, so the recording has ended. What there is of it is kept."
            )
        }
        Kind::Photo => format!("{name} doesn’t agree any more, so no photo was taken."),
    }
}

/// There is no room for it.
pub const NO_ROOM: &str =
    "There’s no room left on this device, so the recording has ended. What there is of it is kept.";
/// The browser keeps no files.
pub const CANNOT_KEEP: &str =
    "This browser can’t keep a recording. Private windows keep nothing: use an ordinary one.";
/// It had ended too soon.
pub const EMPTY: &str = "It ended before there was anything to keep.";
/// A part of the page is not there.
pub const NOT_LOADED: &str =
    "What it takes to record couldn’t be loaded. Check your connection, and try again.";

/// The browser makes none.
pub fn cannot_record(kind: Kind) -> &'static str {
    match kind {
        Kind::Recording => "This browser couldn’t record the call.",
        Kind::Photo => "This browser couldn’t take a photo.",
    }
}

/// What was kept, and when it was made.
pub fn kept_label(kind: Kind, time: &str) -> String {
    match kind {
        Kind::Recording => format!("Recording of {time}"),
        Kind::Photo => format!("Photo of {time}"),
    }
}

/// The name of a file that is saved; `time` sorts, `extension` has no dot.
pub fn file_name(kind: Kind, time: &str, extension: &str) -> String {
    match kind {
        Kind::Recording => format!("Wimpex call {time}.{extension}"),
        Kind::Photo => format!("Wimpex photo {time}.{extension}"),
    }
}
