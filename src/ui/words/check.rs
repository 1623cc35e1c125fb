//! What the check before a call found, and what to do about it.

use wimpex_client::{Check, CheckResult};

/// Begins the check.
pub const START: &str = "Check my connection";
/// Names the list of results.
pub const RESULTS_LABEL: &str = "Connection check";
/// Names the two answers about the speaker.
pub const HEARD_LABEL: &str = "Did you hear the sound?";
/// It was heard.
pub const YES: &str = "Yes";
/// It was not.
pub const NO: &str = "No";

/// What is being looked at.
pub fn part(part: Check) -> &'static str {
    match part {
        Check::Microphone => "Microphone",
        Check::Camera => "Camera",
        Check::Speaker => "Speaker",
        Check::Server => "Server",
        Check::Stun => "Public address (STUN)",
        Check::RelayUdp => "Relay over UDP",
        Check::RelayTcp => "Relay over TCP",
        Check::RelayTls => "Relay over TLS",
    }
}

/// How it fares.
pub fn finding(finding: &CheckResult) -> String {
    match finding {
        CheckResult::Waiting => String::new(),
        CheckResult::Running => "checking…".to_owned(),
        CheckResult::Works => "works".to_owned(),
        CheckResult::Asks => "Did you hear it?".to_owned(),
        CheckResult::NotHeard => "no sound heard".to_owned(),
        CheckResult::Relayed(loopback) => format!(
            "works: {} ms round trip, {}% lost",
            loopback.round_trip, loopback.lost
        ),
        CheckResult::NotOffered => "not offered".to_owned(),
        CheckResult::Fails(None) => "doesn’t work".to_owned(),
        CheckResult::Fails(Some(error)) => match error.as_str() {
            "NotAllowedError" => "blocked".to_owned(),
            "NotFoundError" => "none found".to_owned(),
            "NotReadableError" => "in use by another program".to_owned(),
            "InsecureError" => "only on a page with https".to_owned(),
            _ => format!("doesn’t work ({error})"),
        },
    }
}

/// The check itself is not there.
pub const NO_CHECK: &str = "There’s no connection to the server, and even this check needs one. \
    Check your own network first; if other pages load, the server is down.";

/// What all of it means, and what to do.
pub fn verdict(check: &[(Check, CheckResult)]) -> String {
    let silent = check.iter().any(|(of, f)| {
        *of == Check::Speaker && matches!(f, CheckResult::Fails(_) | CheckResult::NotHeard)
    });
    let speaker = if silent {
        " You wouldn’t hear anyone: turn up the volume, or choose another output in this \
         device’s sound settings."
    } else {
        ""
    };
    format!("{}{speaker}", of_the_rest(check))
}

fn of_the_rest(check: &[(Check, CheckResult)]) -> &'static str {
    let of = |part| check.iter().find(|(of, _)| *of == part).map(|(_, f)| f);
    let fails = |part| matches!(of(part), Some(CheckResult::Fails(_)));
    let works = |part| matches!(of(part), Some(CheckResult::Works | CheckResult::Relayed(_)));
    let unfinished = |f: &CheckResult| matches!(f, CheckResult::Waiting | CheckResult::Running);
    let relays = [Check::RelayUdp, Check::RelayTcp, Check::RelayTls];
    if check.iter().any(|(_, f)| unfinished(f)) {
        return "One moment, this takes a few seconds.";
    }
    if fails(Check::Server) {
        return "There’s no connection to the server. Check your own network first; if other pages load, \
                the server is down.";
    }
    if fails(Check::Microphone) {
        return "No one would hear you. Allow the microphone in the address bar, or plug one in.";
    }
    if relays.into_iter().any(works) {
        if fails(Check::RelayUdp) {
            return "Your network blocks UDP. Calls work through the relay over TCP, but with more delay; \
                    another network would be better.";
        }
        if fails(Check::Camera) {
            return "Calls work from here, but no one would see you: the camera can’t be used.";
        }
        return "Everything works, including calls through a relay.";
    }
    if relays.into_iter().any(fails) {
        return "The relay can’t be reached, or it rejects this server’s credentials. Calls only work where a \
                direct connection is possible; try another network, or tell whoever runs this server.";
    }
    if works(Check::Stun) {
        return "Calls work through most home routers, but this server offers no relay, so they don’t work \
                behind strict ones.";
    }
    "This server offers neither STUN nor a relay, so calls only work within one network."
}
