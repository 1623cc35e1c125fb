//! The call, checked exhaustively.
//!
//! The machine of `wimpex-call` and the hub of `wimpex-hub` run in here
//! unchanged, two or three pages with a browser each, over a network and under
//! users that do whatever they can: [`Bounds`] says how much of it. The checker
//! visits every state that can come of that, and [`Rule`] says what must hold in
//! each of them.
//!
//! Time is not measured. A timer fires when nothing else is about to happen, as
//! timers are slow and messages are fast; and, as often as the bounds allow, at
//! any other moment too. So that the states stay finite, every input comes at
//! time zero, and a timer's at the time that the machine asked for.

mod action;
mod bounds;
mod browser;
mod client;
mod diagram;
mod hashed;
mod network;
mod properties;
mod rule;
mod state;
mod summary;

use std::sync::{Arc, Mutex};

use stateright::{Model, Property};

pub use action::Action;
pub use bounds::{Bounds, configurations, small};
pub use diagram::Diagram;
pub use rule::Rule;
pub use state::State;

/// The bounds, and the transitions of calls that were seen within them.
#[derive(Clone, Debug)]
pub struct Calls {
    bounds: Bounds,
    diagram: Arc<Mutex<Diagram>>,
}

impl Calls {
    /// Everything that can happen within these bounds.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            diagram: Arc::default(),
        }
    }

    /// Where the transitions are noted; it outlives the checker.
    pub fn diagram(&self) -> Arc<Mutex<Diagram>> {
        Arc::clone(&self.diagram)
    }
}

impl Model for Calls {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.bounds)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        // What is broken already need not be broken further.
        if state.broken.is_none() {
            state.actions(&self.bounds, actions);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = last.clone();
        let mut steps = Vec::new();
        next.perform(&self.bounds, action, &mut steps);
        next.check();
        if !steps.is_empty()
            && let Ok(mut diagram) = self.diagram.lock()
        {
            diagram.note(steps);
        }
        (next != *last).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.bounds)
    }
}
