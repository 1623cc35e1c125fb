//! What clap's definition of one argument says of a key or a value.

use std::error::Error;
use std::ffi::OsString;
use std::net::AddrParseError;
use std::num::ParseIntError;

use clap::builder::{OsStr, Resettable};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

/// What only the command line can say.
const NOT_SETTINGS: [&str; 3] = ["config", "help", "version"];
/// How much alike a mistyped name and the one that was meant must be.
const ALIKE: f64 = 0.75;

/// All arguments that are settings.
pub(super) fn settings(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| {
        arg.get_long()
            .is_some_and(|long| !NOT_SETTINGS.contains(&long))
    })
}

/// The argument of a flag without its dashes.
pub(super) fn argument<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    settings(command).find(|arg| arg.get_long() == Some(key))
}

/// Whether it may be given more than once.
pub(super) fn is_list(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// Why the argument does not take the value, in words without its name.
pub(super) fn refusal(command: &Command, arg: &Arg, value: impl Into<OsString>) -> Option<String> {
    let long = arg.get_long()?;
    let mut flag = OsString::from(format!("--{long}="));
    flag.push(value.into());
    let alone = command
        .clone()
        .mut_args(|arg| arg.env(Resettable::<OsStr>::Reset))
        .try_get_matches_from(["wimpex-server".into(), flag]);
    let error = alone.err()?;
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    match error.kind() {
        // Said of the whole, not of this value.
        ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict => None,
        ErrorKind::InvalidUtf8 => Some("not in UTF-8".to_owned()),
        _ => {
            let value = text(ContextKind::InvalidValue).unwrap_or_default();
            let why = error
                .source()
                .map(in_words)
                .or_else(|| Some(format!("it is one of: {}", text(ContextKind::ValidValue)?)));
            Some(match why {
                Some(why) => format!("{value:?} makes no sense here: {why}"),
                None => format!("{value:?} makes no sense here"),
            })
        }
    }
}

/// With what it looks like, where the standard library only says that it does not.
fn in_words(why: &(dyn Error + 'static)) -> String {
    let text = why.to_string();
    let example = if why.is::<ParseIntError>() {
        "a whole number"
    } else if !why.is::<AddrParseError>() {
        return text;
    } else if text.contains("socket") {
        "0.0.0.0:443 or [::]:443"
    } else {
        "192.0.2.1 or 2001:db8::1"
    };
    format!("{text}; it looks like {example}")
}

/// The one of these that was probably meant.
pub(super) fn meant<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
