//! The environment variables, each for itself.

use std::env;

use clap::Command;

use super::fault::{Fault, Place};
use super::value::{meant, refusal, settings};

/// Variables that make no sense; `with_unknown`: and those that are probably misspelt.
/// Others that begin alike are somebody else's, such as the tests'.
pub(super) fn faults(command: &Command, with_unknown: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    for arg in settings(command) {
        let Some(name) = arg.get_env() else { continue };
        if let Some(text) = env::var_os(name).and_then(|value| refusal(command, arg, value)) {
            faults.push(fault(&name.to_string_lossy(), text));
        }
    }
    if with_unknown {
        faults.extend(misspelt(command));
    }
    faults
}

fn misspelt(command: &Command) -> Vec<Fault> {
    /// Close enough that nobody means anything else by it.
    const VERY_MUCH_ALIKE: f64 = 0.95;
    let known: Vec<String> = command
        .get_arguments()
        .filter_map(|arg| Some(arg.get_env()?.to_string_lossy().into_owned()))
        .collect();
    let names = env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let ours = names.filter(|name| name.starts_with("WIMPEX_") && !known.contains(name));
    ours.filter_map(|name| {
        let meant = meant(&name, known.iter().map(String::as_str))?;
        (strsim::jaro_winkler(&name, meant) >= VERY_MUCH_ALIKE).then(|| {
            fault(
                &name,
                format!("there is no such setting; did you mean {meant}?"),
            )
        })
    })
    .collect()
}

fn fault(name: &str, text: String) -> Fault {
    Fault {
        place: Place::Environment(name.to_owned()),
        text,
    }
}
