//! The environment of a client: randomness, the verifier, recording.

use std::ops::DerefMut;

use wimpex_call::Calls;
use wimpex_sansio::Now;
use wimpex_verification::Verify;

use crate::io::{Input, Loaded};

/// What can happen to a client with this host.
pub type InputOf<H> = Input<Loaded<<H as Host>::Verifier, <H as Host>::Calls>>;

/// The page, a test, or a model checker.
pub trait Host {
    /// What signs and verifies the signals of calls; in the page, a box that comes with
    /// the code that is loaded later.
    type Verifier: Verify;
    /// What runs calls; in the page, a box that comes with the same code.
    type Calls: DerefMut<Target: Calls>;

    /// Random bytes that nobody can guess, for ids and nonces; `None` where the browser
    /// has none.
    fn random(&mut self) -> Option<[u8; 32]>;

    /// The call machine takes this input. For a record of what happened.
    fn on_call_input(&mut self, _input: &wimpex_call::Input, _now: Now) {}
    /// The input was handled; the call is in this state.
    fn on_call_state(&mut self, _state: wimpex_call::State) {}
    /// The call machine asks for this.
    fn on_call_output(&mut self, _output: &wimpex_call::Output) {}
    /// Something worth noting for whoever debugs. Never addresses, descriptions, keys,
    /// names or ids.
    fn note(&mut self, _text: &str, _now: Now) {}
}
