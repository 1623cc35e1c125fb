//! What the page says, in plain words.

mod check;
pub mod devices;
mod end;
pub mod people;
pub mod quality;
pub mod quality_panel;
pub mod trust;

use std::time::Duration;

use wimpex_call::State;
use wimpex_identity::is_key_id;
use wimpex_protocol::{CallType, InvalidName, UserId, limits};

use crate::session::ServerState;
use crate::session::address::InvalidAddress;

pub use check::{NO_CHECK, finding, mark, part, verdict};
pub use end::{Circumstances, end};

/// A person whose name is not known: the end of the id tells two apart.
pub fn nameless(user: &UserId) -> String {
    let id = user.as_str();
    let tail: String = id
        .chars()
        .rev()
        .take(5)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let kind = if is_key_id(user) { "Person" } else { "Guest" };
    format!("{kind} {tail}")
}

/// One or two letters for a person's picture; the style sheet writes them large.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).collect()
}

/// `mm:ss`, and `h:mm:ss` after an hour.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// A length of time, as one would say it.
pub fn length(time: Duration) -> String {
    let count = |n: u64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => count(seconds, "second"),
        (0, minutes, 0) => count(minutes, "minute"),
        (0, minutes, seconds) => {
            format!("{} {}", count(minutes, "minute"), count(seconds, "second"))
        }
        (hours, 0, _) => count(hours, "hour"),
        (hours, minutes, _) => format!("{} {}", count(hours, "hour"), count(minutes, "minute")),
    }
}

/// The kind of call, in the middle of a sentence.
pub fn kind(call_type: CallType) -> &'static str {
    match call_type {
        CallType::Video => "video call",
        CallType::Audio => "audio call",
    }
}

/// A number without its fraction.
#[allow(
    clippy::cast_possible_truncation,
    reason = "saturating, and far from the limits"
)]
pub fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// A number with `places` (1 or more) decimals. By whole numbers: the standard
/// library's way for floats would cost the page ten kilobytes.
pub fn decimal(number: f64, places: u32) -> String {
    let unit = 10_i64.pow(places);
    #[allow(clippy::cast_precision_loss, reason = "a power of ten")]
    let scaled = whole(number.abs() * unit as f64);
    let sign = if number < 0.0 && scaled != 0 {
        "−"
    } else {
        ""
    };
    let width = places as usize;
    format!("{sign}{}.{:0width$}", scaled / unit, scaled % unit)
}

/// What a call is doing.
pub fn state(state: State, peer_rings: bool) -> &'static str {
    match state {
        State::Idle | State::Ringing | State::Ended => "",
        State::Calling if peer_rings => "Ringing…",
        State::Calling => "Calling…",
        State::Connecting => "Connecting…",
        State::Connected => "Connected",
        State::Reconnecting => "Reconnecting…",
    }
}

/// Why the server, which is there, is of no use. Empty where it is, or is not there.
pub fn refusal(state: ServerState) -> &'static str {
    match state {
        ServerState::Nameless
        | ServerState::Connecting
        | ServerState::Online
        | ServerState::Lost => "",
        ServerState::Blocked => {
            "The server is there, but something on the way blocks WebSockets: a proxy, a firewall or a browser extension. Calls need them."
        }
        ServerState::Refused => {
            "The server does not let you in at the moment: too many connections come from your network. Trying again later…"
        }
        ServerState::Unbelieved => {
            "The server does not accept this page’s login, so you cannot call or be called. Reload the page; if that does not help, tell whoever runs this server."
        }
        ServerState::Dishonest => {
            "This server takes you for somebody else, so it is not to be trusted. You are not logged in. Tell whoever runs it."
        }
    }
}

/// What is wrong with a name.
pub fn name_error(error: InvalidName) -> String {
    match error {
        InvalidName::Empty => "Please enter a name, so that others see who calls.".to_owned(),
        InvalidName::TooLong => {
            format!("That name is too long: at most {} characters.", limits::NAME_CHARS)
        }
        InvalidName::ControlCharacter => {
            "That name has characters that cannot be shown. Please use letters, digits and the like.".to_owned()
        }
    }
}

/// What is wrong with a link.
pub fn address_error(error: InvalidAddress) -> &'static str {
    match error {
        InvalidAddress::Empty => "Please enter the link or ID of the person you want to call.",
        InvalidAddress::NotALink => "That is not a call link or ID. It should look like …/u/w1abc…",
        InvalidAddress::OtherServer => {
            "That link belongs to another server. Open it in a new tab to call from there."
        }
        InvalidAddress::Oneself => {
            "That is your own link. Send it to somebody else, so that they can call you."
        }
    }
}
