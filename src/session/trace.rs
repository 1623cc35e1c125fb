//! What browser and server did, for the record and for who debugs: told to the
//! console too, and shown at once, if the page was opened with `?debug`.
//!
//! Nothing in it could harm the person who shows it to somebody: no addresses,
//! no descriptions, no keys, no ids.

use leptos::prelude::*;
use wimpex_sansio::Now;

use super::View;
use crate::browser::clock;

pub(super) struct Trace {
    view: View,
    is_shown: bool,
}

impl Trace {
    pub(super) fn new(view: View, is_shown: bool) -> Self {
        Self { view, is_shown }
    }

    /// Notes something.
    pub(super) fn note(&self, text: String) {
        let at = Now::ZERO + clock::now();
        if self.is_shown {
            let line = ["wimpex ", &text].concat();
            web_sys::console::log_1(&line.into());
        }
        let mut text = Some(text);
        self.view.record(&mut |recorder| {
            if let Some(text) = text.take() {
                recorder.note(at, text);
            }
        });
        self.changed();
    }

    /// There is more in the record.
    pub(super) fn changed(&self) {
        if self.is_shown {
            self.view.recorded.notify();
        }
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
