//! What the check before a call found, and what to do about it.

use crate::session::check::{Finding, Part};

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
pub fn part(part: Part) -> &'static str {
    match part {
        Part::Microphone => "Microphone",
        Part::Camera => "Camera",
        Part::Speaker => "Speaker",
        Part::Server => "Server",
        Part::Stun => "Way out (STUN)",
        Part::RelayUdp => "Relay over UDP",
        Part::RelayTcp => "Relay over TCP",
        Part::RelayTls => "Relay over TLS",
    }
}

/// How it fares.
pub fn finding(finding: &Finding) -> String {
    match finding {
        Finding::Waiting => String::new(),
        Finding::Looking => "checking…".to_owned(),
        Finding::Works => "works".to_owned(),
        Finding::Asks => "Heard it?".to_owned(),
        Finding::Unheard => "nothing was heard".to_owned(),
        Finding::Relayed(loopback) => format!(
            "works: {} ms there and back, {}% lost",
            loopback.round_trip, loopback.lost
        ),
        Finding::NotOffered => "not offered".to_owned(),
        Finding::Fails(None) => "does not work".to_owned(),
        Finding::Fails(Some(error)) => match error.as_str() {
            "NotAllowedError" => "blocked".to_owned(),
            "NotFoundError" => "none was found".to_owned(),
            "NotReadableError" => "in use by another program".to_owned(),
            "InsecureError" => "only on a page with https".to_owned(),
            _ => format!("does not work ({error})"),
        },
    }
}

/// One word for the style sheet.
pub fn mark(finding: &Finding) -> &'static str {
    match finding {
        Finding::Waiting | Finding::Asks | Finding::NotOffered => "none",
        Finding::Looking => "looking",
        Finding::Works | Finding::Relayed(_) => "good",
        Finding::Unheard | Finding::Fails(_) => "bad",
    }
}

/// The check itself is not there.
pub const NO_CHECK: &str = "There is no connection to the server, and without it not even this \
    check. Look at your own network first; if other pages load, the server is away.";

/// What all of it means, and what to do.
pub fn verdict(check: &[(Part, Finding)]) -> String {
    let silent = check
        .iter()
        .any(|(of, f)| *of == Part::Speaker && matches!(f, Finding::Fails(_) | Finding::Unheard));
    let speaker = if silent {
        " You would hear nobody: turn up the volume, or choose another output in the sound \
         settings of this device."
    } else {
        ""
    };
    format!("{}{speaker}", of_the_rest(check))
}

fn of_the_rest(check: &[(Part, Finding)]) -> &'static str {
    let of = |part| check.iter().find(|(of, _)| *of == part).map(|(_, f)| f);
    let fails = |part| matches!(of(part), Some(Finding::Fails(_)));
    let works = |part| matches!(of(part), Some(Finding::Works | Finding::Relayed(_)));
    let unfinished = |f: &Finding| matches!(f, Finding::Waiting | Finding::Looking);
    let relays = [Part::RelayUdp, Part::RelayTcp, Part::RelayTls];
    if check.iter().any(|(_, f)| unfinished(f)) {
        return "One moment: this takes some seconds.";
    }
    if fails(Part::Server) {
        return "There is no connection to the server. Look at your own network first; if other \
                pages load, the server is away.";
    }
    if fails(Part::Microphone) {
        return "Nobody would hear you. Allow the microphone in the address bar, or plug one in.";
    }
    if relays.into_iter().any(works) {
        if fails(Part::RelayUdp) {
            return "Your network blocks UDP. Calls work through the relay over TCP, with more delay; \
                    another network would be better.";
        }
        if fails(Part::Camera) {
            return "Calls work from here, but nobody would see you: the camera cannot be used.";
        }
        return "All is well: calls work from here, also where only a relay helps.";
    }
    if relays.into_iter().any(fails) {
        return "The relay cannot be reached, or does not take this server’s word for you. Calls work \
                only where a direct way is found; try another network, or tell whoever runs this server.";
    }
    if works(Part::Stun) {
        return "Calls work through most home routers. This server offers no relay, so behind strict \
                ones they do not.";
    }
    "This server offers neither STUN nor a relay: calls work inside one network only."
}
