//! The debug view's record: what happened when, here and in the console.
//!
//! Nothing in it could harm the person who shows it to somebody: no addresses,
//! no descriptions, no keys.

use std::fmt;
use std::time::Duration;

use leptos::prelude::*;

use crate::browser::clock;

/// The newest lines that are kept.
const LINES: usize = 300;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLine {
    /// When, since the page was opened.
    pub at: Duration,
    /// What.
    pub text: String,
}

impl fmt::Display for TraceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.at.as_secs(), self.at.subsec_millis());
        write!(f, "{seconds}.{millis:03} {}", self.text)
    }
}

pub(super) struct Trace {
    lines: Option<RwSignal<Vec<TraceLine>>>,
}

impl Trace {
    pub(super) fn new(lines: RwSignal<Vec<TraceLine>>, on: bool) -> Self {
        Self {
            lines: on.then_some(lines),
        }
    }

    /// Notes a line; makes it only if somebody looks.
    pub(super) fn note(&self, text: impl FnOnce() -> String) {
        let Some(lines) = self.lines else { return };
        let line = TraceLine {
            at: clock::now(),
            text: text(),
        };
        web_sys::console::log_1(&format!("wimpex {line}").into());
        lines.update(|lines| {
            if lines.len() == LINES {
                lines.remove(0);
            }
            lines.push(line);
        });
    }
}

/// Type and protocol of a candidate (RFC 8839, section 5.1), and nothing else of it.
pub(super) fn candidate_kind(candidate: &str) -> String {
    let mut words = candidate.split_ascii_whitespace();
    let protocol = words.nth(2).unwrap_or("?").to_owned();
    let kind = words
        .skip_while(|word| *word != "typ")
        .nth(1)
        .unwrap_or("?");
    format!("{kind} {protocol}")
}
