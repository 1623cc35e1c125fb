//! The debug view's record: what happened when, here and in the console.
//!
//! Nothing in it could harm the person who shows it to somebody: no addresses,
//! no descriptions, no keys.

use std::time::Duration;

use leptos::prelude::*;

use crate::browser::clock;

/// The newest lines that are kept.
const LINES: usize = 300;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLine {
    /// A number of its own.
    pub number: u64,
    /// When, since the page was opened.
    pub at: Duration,
    /// What.
    pub text: String,
}

pub(super) struct Trace {
    lines: Option<RwSignal<Vec<TraceLine>>>,
    number: u64,
}

impl Trace {
    pub(super) fn new(lines: RwSignal<Vec<TraceLine>>, on: bool) -> Self {
        Self {
            lines: on.then_some(lines),
            number: 0,
        }
    }

    /// Notes a line; makes it only if somebody looks.
    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        let Some(lines) = self.lines else { return };
        self.number += 1;
        let line = TraceLine {
            number: self.number,
            at: clock::now(),
            text: text(),
        };
        web_sys::console::log_1(
            &format!("wimpex {:.3} {}", line.at.as_secs_f64(), line.text).into(),
        );
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
