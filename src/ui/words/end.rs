//! How a call ended, and why.

use wimpex_call::{EndReason, Ended, MediaError};

use crate::session::candidates::CandidateSummaries;

/// What else was so when a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// The server was there.
    pub server: bool,
    /// It offers a relay.
    pub has_relay: bool,
    /// This side shows no address of its own, so that only a relay will do.
    pub hides_address: bool,
    /// The ways that the two sides named.
    pub routes: CandidateSummaries,
}

/// How a call ended: a headline, and what was the cause.
pub fn end(ended: &Ended, name: &str, at_end: Circumstances) -> (&'static str, String) {
    let (headline, mut cause) = reason(ended.reason, name, at_end);
    if let Some(device) = devices(ended) {
        cause.push(' ');
        cause.push_str(&device);
    }
    (headline, cause)
}

fn reason(reason: EndReason, name: &str, at_end: Circumstances) -> (&'static str, String) {
    use EndReason::{ConnectionFailed, ConnectionLost, NoAnswer};
    match reason {
        NoAnswer | ConnectionFailed if !at_end.server => (
            "Server lost",
            format!(
                "The connection to the server broke off while it was to bring you and {name} \
                 together. Look at your own network first; if other pages load, the server is away."
            ),
        ),
        ConnectionLost if !at_end.server => (
            "Connection lost",
            format!(
                "The connection to {name} was lost, and the server cannot be reached either: \
                 most likely it is your own network."
            ),
        ),
        EndReason::HungUp => ("Call ended", "You hung up.".to_owned()),
        EndReason::PeerHungUp => ("Call ended", format!("{name} hung up.")),
        EndReason::Cancelled => ("Cancelled", format!("You stopped calling {name}.")),
        EndReason::Missed => ("Missed call", format!("{name} called you.")),
        EndReason::Declined => ("Declined", format!("You declined the call from {name}.")),
        EndReason::PeerDeclined => ("Declined", format!("{name} declined the call.")),
        EndReason::Busy => ("Busy", format!("{name} is busy in another call.")),
        EndReason::Unsupported => (
            "Not possible",
            format!("{name}’s browser cannot take this kind of call."),
        ),
        EndReason::NoAnswer => ("No answer", format!("{name} did not answer.")),
        EndReason::PeerOffline => (
            "Not online",
            format!("{name} is not online: their page has to be open."),
        ),
        EndReason::PeerGone => (
            "No longer there",
            format!("{name}’s page was closed, or lost its network."),
        ),
        EndReason::AnsweredElsewhere => (
            "Answered on another device",
            "You took this call in another tab or on another device.".to_owned(),
        ),
        EndReason::DeclinedElsewhere => (
            "Declined on another device",
            "You declined this call in another tab or on another device.".to_owned(),
        ),
        EndReason::ConnectionFailed => ("Could not connect", missing_route(name, at_end)),
        EndReason::ConnectionLost => (
            "Connection lost",
            format!("The connection to {name} was lost, and could not be restored in time."),
        ),
        EndReason::NegotiationFailed => (
            "Could not connect",
            format!("Your browser and {name}’s could not agree on how to talk."),
        ),
        EndReason::Superseded => ("Call replaced", format!("{name} started a new call.")),
    }
}

/// Why there was no path, as far as this side can know.
fn missing_route(name: &str, at_end: Circumstances) -> String {
    let CandidateSummaries {
        local: own,
        remote: peer,
    } = at_end.routes;
    if !peer.any {
        format!(
            "{name}’s side named no way to reach it. Their network, or their browser, may be the reason."
        )
    } else if at_end.hides_address && !at_end.has_relay {
        "You hide your network address, so only a relay (TURN) could carry the call, and this \
         server offers none."
            .to_owned()
    } else if !at_end.has_relay {
        "Your networks let no direct connection through, and this server offers no relay (TURN) to \
         go around that. Another network may help."
            .to_owned()
    } else if at_end.hides_address && !own.relayed {
        "You hide your network address, so only the relay could carry the call, and it could not be \
         reached from here."
            .to_owned()
    } else if own.relayed {
        "Your networks let no direct connection through, and the way through the relay failed too. \
         Another network may help."
            .to_owned()
    } else if peer.relayed {
        format!(
            "Your network let through neither a direct connection nor one to the relay that {name} \
             reached. Another network may help."
        )
    } else {
        "Your networks let no direct connection through, and neither side reached the relay. \
         Another network may help."
            .to_owned()
    }
}

/// What was missing of this side, for it was not the call's doing.
fn devices(ended: &Ended) -> Option<String> {
    let (error, device, missed) = match (ended.microphone, ended.camera) {
        (Some(error), _) => (error, "microphone", "heard"),
        (None, Some(error)) => (error, "camera", "seen"),
        (None, None) => return None,
    };
    let what = match error {
        MediaError::Denied => "was blocked: allow it in the address bar",
        MediaError::NotFound => "was not found",
        MediaError::InUse => "was in use by another program",
        MediaError::Insecure => "is not given to a page that came over plain http",
        MediaError::Lost => "was taken away",
        MediaError::Other => "could not be started",
    };
    Some(format!("You were not {missed}: your {device} {what}."))
}
