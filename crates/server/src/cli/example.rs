//! A configuration file that explains itself, out of the flags' own definitions.

use std::fmt::Write;

use clap::CommandFactory;

use super::Cli;
use super::value::{is_list, settings};

/// Everything that can be set, with what it is by default, as comments.
pub fn example() -> String {
    let mut command = Cli::command();
    command.build();
    let mut text = "# Everything that can be set, with what it is if nobody says.\n\
         # Remove the # of what you change; wimpex-server check-config --config FILE says what is wrong.\n"
        .to_owned();
    let mut heading = None;
    for arg in settings(&command) {
        if arg.get_help_heading() != heading {
            heading = arg.get_help_heading();
            let _ = write!(text, "\n## {}\n", heading.unwrap_or("Basics"));
        }
        text.push('\n');
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        for line in textwrap(&help) {
            let _ = writeln!(text, "# {line}");
        }
        let key = arg.get_long().unwrap_or_default();
        let defaults: Vec<String> = arg
            .get_default_values()
            .iter()
            .map(|value| toml_value(&value.to_string_lossy()))
            .collect();
        let value = match &defaults[..] {
            [] if is_list(arg) => "[]".to_owned(),
            [] => {
                let names = arg.get_value_names().unwrap_or_default();
                let name = names.first().map_or("VALUE", |name| name.as_str());
                // It has no default that could be written down.
                let _ = writeln!(text, "#{key} = \"{name}\"");
                continue;
            }
            [one] if !is_list(arg) => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let _ = writeln!(text, "#{key} = {value}");
    }
    text
}

fn toml_value(text: &str) -> String {
    if text.parse::<u64>().is_ok() || text == "true" || text == "false" {
        text.to_owned()
    } else {
        format!("{text:?}")
    }
}

fn textwrap(text: &str) -> Vec<String> {
    const COLUMNS: usize = 96;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
