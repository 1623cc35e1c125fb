//! Files that are sent in a call.

use wimpex_files::{Direction, EndReason, NameWarning, Progress};

use super::number::{decimal, whole};

/// Lets the user choose files to send.
pub const SEND_FILE: &str = "Send file";
/// Names the list.
pub const TITLE: &str = "Files";
/// Takes what is offered.
pub const ACCEPT: &str = "Accept";
/// Does not.
pub const REFUSE: &str = "Refuse";
/// Stops for a while.
pub const PAUSE: &str = "Pause";
/// Goes on.
pub const RESUME: &str = "Resume";
/// Stops for good.
pub const CANCEL: &str = "Cancel";
/// Sends once more what did not arrive.
pub const AGAIN: &str = "Send again";
/// Saves what has arrived.
pub const SAVE: &str = "Save";
/// Takes it from the list.
pub const REMOVE: &str = "Remove";
/// How long what has come stays.
pub const KEPT_HINT: &str =
    "Nothing opens by itself. What you don’t save is deleted after seven days.";
/// Names what has arrived in earlier calls and was not saved.
pub const UNSAVED_TITLE: &str = "Files you haven’t saved";
/// What is to be known of them.
pub const UNSAVED_HINT: &str = "They came in a call and are kept in this browser for seven days.";
/// The browser could not hand out what it keeps.
pub const SAVE_FAILED: &str = "This browser couldn’t save the file. Try again.";

/// A button's name: what it does, and with which file.
pub fn action_label(action: &str, name: &str) -> String {
    [action, " ", name].concat()
}

/// Shown while a file is dragged over the call.
pub fn drop_hint(name: &str) -> String {
    format!("Drop it here to send it to {name}")
}

/// What is to be said of a file's name.
pub fn warning(warning: NameWarning, extension: &str) -> String {
    match warning {
        NameWarning::Hidden => {
            "Its name hides characters, which are marked here. Someone may want to deceive you."
                .to_owned()
        }
        NameWarning::DoubleExtension => format!(
            "It looks like a document, but it’s a program (.{extension}). Don’t open it unless you’re sure."
        ),
        NameWarning::Program => {
            format!("A program or something like it (.{extension}). Open it only if you expect it.")
        }
    }
}

/// There is less room on this device than the file takes.
pub fn no_room(room: u64) -> String {
    format!(
        "There may not be enough room on this device: {} free.",
        size(room)
    )
}

/// A length in bytes, as systems show it.
pub fn size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "for people")]
    let bytes_f = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", whole(bytes_f / 1e3)),
        1_000_000..1_000_000_000 => format!("{} MB", decimal(bytes_f / 1e6, 1)),
        _ => format!("{} GB", decimal(bytes_f / 1e9, 2)),
    }
}

/// How fast, and for how long still.
pub fn pace(rate: u64, left: Option<u64>) -> String {
    let speed = format!("{}/s", size(rate));
    match left {
        None => speed,
        Some(0..=1) => format!("{speed}, a second left"),
        Some(seconds @ 2..=90) => format!("{speed}, {seconds} seconds left"),
        Some(seconds @ 91..=5_400) => format!("{speed}, {} minutes left", seconds.div_ceil(60)),
        Some(seconds) => format!("{speed}, {} hours left", seconds.div_ceil(3_600)),
    }
}

/// How it stands with a file. `here`: something of it is there from before; `over`: the call is.
pub fn progress(
    progress: Progress,
    direction: Direction,
    name: &str,
    here: bool,
    over: bool,
) -> String {
    match (progress, direction) {
        (Progress::Asked, Direction::Out) => format!("Waiting for {name} to accept…"),
        (Progress::Asked, Direction::In) if here => {
            "Part of it is here already. Accept it to get the rest.".to_owned()
        }
        (Progress::Asked, Direction::In) => format!("{name} wants to send you this."),
        (Progress::Waits, _) => "Next in line…".to_owned(),
        (Progress::Runs, Direction::Out) => "Sending".to_owned(),
        (Progress::Runs, Direction::In) => "Receiving".to_owned(),
        (Progress::Paused, _) => "Paused".to_owned(),
        (Progress::PausedByPeer, _) => format!("Paused by {name}"),
        (Progress::Away, Direction::Out) if over => {
            format!(
                "Not all of it has arrived. It goes on when you call {name} again, if you leave this page open."
            )
        }
        (Progress::Away, Direction::In) if over => {
            format!("Not all of it has arrived. It goes on in your next call with {name}.")
        }
        (Progress::Away, _) => "Goes on as soon as you’re connected again…".to_owned(),
        (Progress::Done, Direction::Out) => "Sent".to_owned(),
        (Progress::Done, Direction::In) => "Received".to_owned(),
        (Progress::Ended(reason), _) => ended_here(reason).to_owned(),
        (Progress::EndedByPeer(reason), direction) => ended_there(reason, direction, name),
    }
}

fn ended_here(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Refused => "You refused it.",
        EndReason::Cancelled => "You cancelled it.",
        EndReason::NoRoom => {
            "There’s no room for it on this device. Make some, and have it sent again: it goes on where it stopped."
        }
        EndReason::CannotStore => {
            "This browser couldn’t keep it. Private windows keep nothing; and it can’t be received in two tabs at once."
        }
        EndReason::CannotRead => {
            "It can’t be read any more: it was moved, deleted or changed. (Folders can’t be sent.)"
        }
        EndReason::Failed => "It came broken. Have it sent again.",
    }
}

fn ended_there(reason: EndReason, direction: Direction, name: &str) -> String {
    match (reason, direction) {
        (EndReason::Refused, _) => format!("{name} refused it."),
        (EndReason::Cancelled, _) => format!("{name} cancelled it."),
        (EndReason::NoRoom, _) => format!("There’s no room for it on {name}’s device."),
        (EndReason::CannotStore, _) => format!("{name}’s browser couldn’t keep it."),
        (EndReason::CannotRead, _) => format!("{name} can’t send it any more."),
        (EndReason::Failed, Direction::Out) => "It didn’t arrive. Send it again.".to_owned(),
        (EndReason::Failed, Direction::In) => "It didn’t arrive.".to_owned(),
    }
}

/// What is told when it changes: what waits for an answer, else what moves, else what is done.
pub fn summary(asked: usize, moving: usize, arrived: usize, name: &str) -> String {
    match (asked, moving, arrived) {
        (1, ..) => format!("{name} wants to send you a file."),
        (2.., ..) => format!("{name} wants to send you {asked} files."),
        (_, 1, _) => "One file is on its way.".to_owned(),
        (_, 2.., _) => format!("{moving} files are on their way."),
        (_, _, 1) => "A file has arrived.".to_owned(),
        (_, _, 2..) => format!("{arrived} files have arrived."),
        (0, 0, 0) => String::new(),
    }
}
