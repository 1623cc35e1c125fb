//! The configuration file: TOML, and flat as the flags are.

use std::fs;
use std::ops::Range;
use std::path::Path;

use clap::Command;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Place};
use super::value::{argument, is_list, meant, refusal, settings};

/// What a file says.
#[derive(Default)]
pub(super) struct Read {
    pub(super) settings: Vec<Setting>,
    pub(super) faults: Vec<Fault>,
}

/// One line of it that makes sense.
pub(super) struct Setting {
    /// Of clap's argument.
    pub(super) id: String,
    pub(super) values: Vec<String>,
    pub(super) place: Place,
}

/// Everything that the file says, right or wrong.
pub(super) fn read(path: &Path, command: &Command) -> Read {
    let mut read = Read::default();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            read.faults.push(Fault {
                place: Place::File {
                    path: path.to_owned(),
                    position: None,
                },
                text: format!("cannot read it: {error}"),
            });
            return read;
        }
    };
    let place = |span: Range<usize>| Place::File {
        path: path.to_owned(),
        position: Some(position(&text, span.start)),
    };
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in errors {
        let text = error.message().to_owned();
        let place = place(error.span().unwrap_or_default());
        // What a broken line breaks behind it is the same fault.
        let line = |place: &Place| match place {
            Place::File { position, .. } => position.map(|(line, _)| line),
            Place::Environment(_) | Place::Flag(_) => None,
        };
        let is_told = read
            .faults
            .iter()
            .any(|fault| line(&fault.place) == line(&place));
        if !is_told {
            read.faults.push(Fault { place, text });
        }
    }
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        let Some(arg) = argument(command, name) else {
            let text = unknown(command, name, value.get_ref());
            read.faults.push(Fault {
                place: place(key.span()),
                text,
            });
            continue;
        };
        let mut values = Vec::new();
        let mut wrong = Vec::new();
        for one in each(value, is_list(arg)) {
            let checked = one.and_then(|(value, span)| match refusal(command, arg, &value) {
                Some(text) => Err((text, span)),
                None => Ok(value),
            });
            match checked {
                Ok(value) => values.push(value),
                Err((text, span)) => wrong.push(Fault {
                    place: place(span),
                    text: format!("{name}: {text}"),
                }),
            }
        }
        if wrong.is_empty() {
            read.settings.push(Setting {
                id: arg.get_id().to_string(),
                values,
                place: place(key.span()),
            });
        }
        read.faults.extend(wrong);
    }
    // The table is in the order of its keys.
    read.faults.sort_by(|a, b| a.place.cmp(&b.place));
    read
}

type OneValue = Result<(String, Range<usize>), (String, Range<usize>)>;

/// The value as the command line would have it; for a list each of them.
fn each(value: &Spanned<DeValue<'_>>, is_list: bool) -> Vec<OneValue> {
    match (value.get_ref(), is_list) {
        (DeValue::Array(values), true) => values.iter().map(scalar).collect(),
        (DeValue::Array(_), false) => {
            vec![Err((
                "it takes one value, not a list".to_owned(),
                value.span(),
            ))]
        }
        _ => vec![scalar(value)],
    }
}

fn scalar(value: &Spanned<DeValue<'_>>) -> OneValue {
    let text = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Boolean(yes) => yes.to_string(),
        // As they are written; only whole decimal ones mean something to any flag.
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().replace('_', ""),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        other @ (DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_)) => {
            let text = format!(
                "it takes a text, a number or true or false, not: {}",
                other.type_str()
            );
            return Err((text, value.span()));
        }
    };
    Ok((text, value.span()))
}

fn unknown(command: &Command, name: &str, value: &DeValue<'_>) -> String {
    if matches!(value, DeValue::Table(_)) {
        return format!("there are no sections, so [{name}] is none; all keys stand at the top");
    }
    let names = settings(command).filter_map(clap::Arg::get_long);
    let typed = name.replace('_', "-");
    match meant(&typed, names) {
        Some(meant) => format!("there is no setting {name:?}; did you mean {meant:?}?"),
        None => format!("there is no setting {name:?}; --help lists all"),
    }
}

/// Line and column of a byte, counted from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}
