//! How a call ended, and why.

use std::time::Duration;

use wimpex_call::{EndReason, Ended, MediaError};

use wimpex_client::Routes;

use super::common;

/// Calls the same person once more.
pub const CALL_AGAIN: &str = "Call again";

/// How long the call took.
pub fn length(duration: Duration) -> String {
    format!("It lasted {}.", common::length(duration))
}

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
    pub routes: Routes,
    /// The browser asks before a page may reach addresses of the local network, and nobody has allowed
    /// it (Chrome).
    pub lacks_local_network: bool,
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
                "Lost the server while connecting you and {name}. Check your own network first; if other \
                 pages load, the server is down."
            ),
        ),
        ConnectionLost if !at_end.server => (
            "Connection lost",
            format!(
                "The connection to {name} was lost, and the server can’t be reached either. Most likely \
                 it’s your own network."
            ),
        ),
        EndReason::HungUp => ("Call ended", "You hung up.".to_owned()),
        EndReason::PeerHungUp => ("Call ended", format!("{name} hung up.")),
        EndReason::PeerClosed => (
            "Call ended",
            format!("{name}’s browser closed the connection."),
        ),
        EndReason::Cancelled => ("Cancelled", format!("You cancelled the call to {name}.")),
        EndReason::Missed => ("Missed call", format!("{name} called you.")),
        EndReason::Declined => ("Declined", format!("You declined the call from {name}.")),
        EndReason::PeerDeclined => ("Declined", format!("{name} declined the call.")),
        EndReason::Busy => ("Busy", format!("{name} is on another call.")),
        EndReason::LinkExpired => (
            "This link has ended",
            format!("{name} gave it out for a time that is over. Ask for a new one."),
        ),
        EndReason::LinkUsedUp => (
            "This link is used up",
            format!(
                "{name} gave it out for a number of calls, and there were as many. Ask for a new one."
            ),
        ),
        EndReason::LinkRevoked => (
            "This link was taken back",
            format!("{name} has taken it back, so it doesn’t ring anymore. Ask for a new one."),
        ),
        EndReason::LinkUnknown => (
            "This link isn’t valid",
            format!(
                "{name}’s page doesn’t know it. Was it copied whole? If so, ask for a new one."
            ),
        ),
        EndReason::Unsupported => (
            "Not possible",
            format!("{name}’s browser can’t take this kind of call."),
        ),
        EndReason::NoAnswer => ("No answer", format!("{name} didn’t answer.")),
        EndReason::PeerOffline => (
            "Not online",
            format!("{name} isn’t online. Their page has to be open."),
        ),
        EndReason::PeerAsleep => (
            "No answer",
            format!("{name}’s device is asleep, so it didn’t ring. Try again later."),
        ),
        EndReason::Refused => (
            "Not put through",
            format!(
                "The server didn’t put your call through: {name} is getting too many calls right now. Try \
                 again in a minute."
            ),
        ),
        EndReason::PeerGone => (
            "No longer there",
            format!("{name}’s page was closed, fell asleep or lost its network."),
        ),
        EndReason::AnsweredElsewhere => (
            "Answered on another device",
            "You answered this call in another tab or on another device.".to_owned(),
        ),
        EndReason::DeclinedElsewhere => (
            "Declined on another device",
            "You declined this call in another tab or on another device.".to_owned(),
        ),
        EndReason::ConnectionFailed => {
            let mut cause = missing_route(name, at_end);
            // What is hidden is not tried either.
            if at_end.lacks_local_network && !at_end.hides_address {
                cause.push_str(LACKS_LOCAL_NETWORK);
            }
            ("Could not connect", cause)
        }
        EndReason::ConnectionLost => (
            "Connection lost",
            format!("The connection to {name} was lost and couldn’t be restored in time."),
        ),
        EndReason::PeerDidNotReturn => (
            "Call ended",
            format!("{name} left the page and didn’t come back to the call."),
        ),
        EndReason::Slept => (
            "Call ended",
            format!("This device was asleep, and the call with {name} ended meanwhile."),
        ),
        EndReason::NegotiationFailed => (
            "Could not connect",
            format!("Your browser and {name}’s couldn’t agree on how to talk to each other."),
        ),
        EndReason::Superseded => ("Call replaced", format!("{name} started a new call.")),
    }
}

/// It is the only way between two devices in one home whose router leads nothing back into it.
const LACKS_LOCAL_NETWORK: &str = " If you’re both on the same network, your browser may be keeping this \
    page away from it: allow “local network” in the settings beside the address bar, and call again.";

/// Why there was no path, as far as this side can know.
fn missing_route(name: &str, at_end: Circumstances) -> String {
    let Routes {
        local: own,
        remote: peer,
    } = at_end.routes;
    if !peer.any {
        format!(
            "{name}’s side offered no network path. Their network or their browser may be the reason."
        )
    } else if at_end.hides_address && !at_end.has_relay {
        "You’re hiding your network address, so only a relay (TURN) could carry the call, and this \
         server offers none."
            .to_owned()
    } else if !at_end.has_relay {
        "Your networks don’t allow a direct connection, and this server offers no relay (TURN) to get \
         around that. Another network may help."
            .to_owned()
    } else if at_end.hides_address && !own.relayed {
        "You’re hiding your network address, so only the relay could carry the call, and it couldn’t be \
         reached from here."
            .to_owned()
    } else if own.relayed {
        "Your networks don’t allow a direct connection, and the path through the relay failed too. \
         Another network may help."
            .to_owned()
    } else if peer.relayed {
        format!(
            "Your network allows neither a direct connection nor one to the relay that {name} reached. \
             Another network may help."
        )
    } else {
        "Your networks don’t allow a direct connection, and neither side reached the relay. \
         Another network may help."
            .to_owned()
    }
}

/// What was missing of this side, for it was not the call's doing.
fn devices(ended: &Ended) -> Option<String> {
    let (error, device, missed) = match (ended.microphone, ended.camera) {
        (Some(error), _) => (error, "microphone", "hear"),
        (None, Some(error)) => (error, "camera", "see"),
        (None, None) => return None,
    };
    let what = match error {
        MediaError::NotAllowed => "was blocked. Allow it in the address bar",
        MediaError::NotFound => "wasn’t found",
        MediaError::NotReadable => "was in use by another program",
        MediaError::InsecureContext => "isn’t available to a page loaded over plain http",
        MediaError::Unsupported => "isn’t given to pages by this browser",
        MediaError::Ended => "was disconnected",
        MediaError::Other => "couldn’t be started",
    };
    Some(format!("They couldn’t {missed} you: your {device} {what}."))
}

#[cfg(test)]
mod tests {
    use wimpex_call::Role;
    use wimpex_client::CandidateSummary;
    use wimpex_protocol::{CallId, CallType, UserId};

    use super::*;

    /// How a call to Bob ended.
    fn ended(reason: EndReason) -> Ended {
        Ended {
            call_id: CallId::parse("call_1").unwrap(),
            peer: UserId::parse("guest-bob").unwrap(),
            peer_name: None,
            call_type: CallType::Video,
            role: Role::Caller,
            reason,
            duration: None,
            microphone: None,
            camera: None,
        }
    }

    const ALL_WELL: Circumstances = Circumstances {
        server: true,
        has_relay: true,
        hides_address: false,
        routes: Routes {
            local: DIRECT,
            remote: DIRECT,
        },
        lacks_local_network: false,
    };

    const DIRECT: CandidateSummary = CandidateSummary {
        any: true,
        relayed: false,
    };

    #[test]
    fn a_failed_call_names_its_cause() {
        let none = CandidateSummary::default();
        let relayed = CandidateSummary {
            any: true,
            relayed: true,
        };
        let with = |own, peer| Circumstances {
            routes: Routes {
                local: own,
                remote: peer,
            },
            ..ALL_WELL
        };
        let without_relay = Circumstances {
            has_relay: false,
            ..ALL_WELL
        };
        let hiding = Circumstances {
            hides_address: true,
            ..with(none, DIRECT)
        };
        let in_vain = Circumstances {
            has_relay: false,
            ..hiding
        };
        let alone = Circumstances {
            server: false,
            ..ALL_WELL
        };
        let failed = EndReason::ConnectionFailed;
        for (reason, at_end, words) in [
            (
                failed,
                with(DIRECT, none),
                "Bob’s side offered no network path",
            ),
            (failed, without_relay, "this server offers no relay"),
            (failed, in_vain, "this server offers none"),
            (failed, hiding, "only the relay could carry the call"),
            (
                failed,
                with(relayed, DIRECT),
                "the path through the relay failed",
            ),
            (failed, with(DIRECT, relayed), "the relay that Bob reached"),
            (failed, ALL_WELL, "neither side reached the relay"),
            (
                failed,
                alone,
                "Lost the server while connecting you and Bob",
            ),
            (
                EndReason::NoAnswer,
                alone,
                "Lost the server while connecting you and Bob",
            ),
            (EndReason::NoAnswer, ALL_WELL, "Bob didn’t answer"),
            (EndReason::PeerAsleep, ALL_WELL, "Bob’s device is asleep"),
            (
                EndReason::Refused,
                ALL_WELL,
                "Bob is getting too many calls",
            ),
            (
                EndReason::ConnectionLost,
                alone,
                "the server can’t be reached either",
            ),
            (
                EndReason::ConnectionLost,
                ALL_WELL,
                "couldn’t be restored in time",
            ),
        ] {
            let (_, said) = end(&ended(reason), "Bob", at_end);
            assert!(said.contains(words), "{reason:?}, {at_end:?}: {said}");
        }
    }

    /// Field report 32: Chrome holds back paths within one network until somebody allows them.
    #[test]
    fn report_32_a_browser_that_keeps_the_network_away_is_named() {
        let said = |at_end| end(&ended(EndReason::ConnectionFailed), "Bob", at_end).1;
        let without_relay = Circumstances {
            has_relay: false,
            ..ALL_WELL
        };
        let held = Circumstances {
            lacks_local_network: true,
            ..without_relay
        };
        assert!(!said(without_relay).contains("local network"));
        assert!(said(held).contains("“local network”"), "{}", said(held));
        assert!(said(held).starts_with(&said(without_relay)));
        // A direct path was not wanted.
        let hiding = Circumstances {
            hides_address: true,
            ..held
        };
        assert!(!said(hiding).contains("local network"));
        // Nothing of the kind is the reason for anything else.
        let (_, busy) = end(&ended(EndReason::Busy), "Bob", held);
        assert!(!busy.contains("local network"), "{busy}");
    }

    #[test]
    fn call_end_names_the_missing_device() {
        let said = |microphone, camera| {
            let ended = Ended {
                microphone,
                camera,
                ..ended(EndReason::PeerHungUp)
            };
            end(&ended, "Bob", ALL_WELL).1
        };
        assert_eq!(said(None, None), "Bob hung up.");
        let denied = said(Some(MediaError::NotAllowed), None);
        assert!(
            denied.contains("They couldn’t hear you: your microphone was blocked"),
            "{denied}"
        );
        let in_use = said(None, Some(MediaError::NotReadable));
        assert!(
            in_use.contains("They couldn’t see you: your camera was in use"),
            "{in_use}"
        );
    }
}
