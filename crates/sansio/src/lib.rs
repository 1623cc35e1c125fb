//! The one contract of every pure state machine in Wimpex, and its clocks.
//!
//! A sans-IO machine performs no I/O: what happens comes in as an input, what is to be
//! done comes out as an output, and time is an argument. Whoever runs one (a browser
//! page, a server task, a test in virtual time, a model checker) follows one rule:
//!
//! > After each [`Machine::handle`], call [`Machine::poll_output`] until it returns
//! > `None`, then arm one timer for [`Machine::poll_timeout`]. Inputs are never handled
//! > while outputs are pending.
//!
//! When the timer fires, the machine gets the `Timeout` variant of its input. A timer
//! that fires early or twice does no harm: a machine compares its deadlines with `now`.
//!
//! ```
//! use wimpex_sansio::{Machine, Now, outputs};
//!
//! /// Says "tick" once a second.
//! #[derive(Default)]
//! struct Ticker { due: Option<Now>, pending: Option<&'static str> }
//!
//! enum Input { Start, Timeout }
//!
//! impl Machine for Ticker {
//!     type Input = Input;
//!     type Output = &'static str;
//!     fn handle(&mut self, input: Input, now: Now) {
//!         match input {
//!             Input::Start => self.due = Some(now + 1_000),
//!             Input::Timeout => if self.due.is_some_and(|due| due <= now) {
//!                 self.pending = Some("tick");
//!                 self.due = Some(now + 1_000);
//!             },
//!         }
//!     }
//!     fn poll_output(&mut self) -> Option<&'static str> { self.pending.take() }
//!     fn poll_timeout(&self) -> Option<Now> { self.due }
//! }
//!
//! let mut ticker = Ticker::default();
//! ticker.handle(Input::Start, Now::ZERO);
//! let due = ticker.poll_timeout().unwrap();
//! ticker.handle(Input::Timeout, due);
//! assert_eq!(outputs(&mut ticker).collect::<Vec<_>>(), ["tick"]);
//! ```

mod time;

pub use time::{Now, UnixTime};

/// A pure state machine; see the crate's documentation for how to drive one.
pub trait Machine {
    /// What can happen to it; one of its variants is `Timeout`.
    type Input;
    /// What it asks its driver to do.
    type Output;

    /// Takes one input. `now` never goes back from one call to the next.
    fn handle(&mut self, input: Self::Input, now: Now);

    /// The next thing to do, in order; `None` when nothing is left of the last input.
    fn poll_output(&mut self) -> Option<Self::Output>;

    /// When to come with the input `Timeout`, if nothing happens before. May lie in the
    /// past, which means at once.
    fn poll_timeout(&self) -> Option<Now>;
}

impl<M: Machine + ?Sized> Machine for Box<M> {
    type Input = M::Input;
    type Output = M::Output;

    fn handle(&mut self, input: Self::Input, now: Now) {
        (**self).handle(input, now);
    }

    fn poll_output(&mut self) -> Option<Self::Output> {
        (**self).poll_output()
    }

    fn poll_timeout(&self) -> Option<Now> {
        (**self).poll_timeout()
    }
}

/// The outputs of a machine until there are none.
pub fn outputs<M: Machine + ?Sized>(machine: &mut M) -> impl Iterator<Item = M::Output> {
    std::iter::from_fn(|| machine.poll_output())
}
