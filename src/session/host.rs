//! What the client is given by the page: random bytes, and a record of what happens.

use leptos::prelude::Notify;
use wimpex_call::{Input, Output, State};
use wimpex_client::Host;
use wimpex_sansio::Now;

use super::boxed_calls::{BoxedMachine, BoxedVerifier};
use super::signals::Signals;
use crate::browser::random;

/// The page as the client's host. What happened is recorded for **Save diagnostics**,
/// and told to the console too if the page was opened with `?debug`. Nothing in it could
/// harm the user who shows it to somebody: no addresses, descriptions, keys or ids.
pub struct PageHost {
    signals: Signals,
    debug: bool,
}

impl PageHost {
    pub(super) fn new(signals: Signals, debug: bool) -> Self {
        Self { signals, debug }
    }

    fn recorded(&self) {
        if self.debug {
            self.signals.recorded.notify();
        }
    }
}

impl Host for PageHost {
    type Verifier = BoxedVerifier;
    type Calls = BoxedMachine;

    fn random(&mut self) -> Option<[u8; 32]> {
        random::bytes().ok()
    }

    fn on_call_input(&mut self, input: &Input, now: Now) {
        self.signals
            .record(&mut |recorder| recorder.begin(now, input));
    }

    fn on_call_state(&mut self, state: State) {
        self.signals.record(&mut |recorder| recorder.end(state));
    }

    fn on_call_output(&mut self, output: &Output) {
        self.signals
            .record(&mut |recorder| recorder.output(output.name()));
        self.recorded();
    }

    fn note(&mut self, text: &str, now: Now) {
        if self.debug {
            let line = ["wimpex ", text].concat();
            web_sys::console::log_1(&line.into());
        }
        self.signals
            .record(&mut |recorder| recorder.note(now, text.to_owned()));
        self.recorded();
    }
}
