//! Calls, and whole clients, checked exhaustively.
//!
//! [`Calls`] is the model of the call and the hub, [`Clients`] that of everything that a
//! page decides, [`Nodes`] that of two servers as one; see there for the latter. Of the former:
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
mod calls;
mod client;
mod clients;
mod diagram;
mod hashed;
mod network;
mod nodes;
mod properties;
mod rule;
mod state;
mod summary;

use stateright::{Model, Property};

pub use action::Action;
pub use bounds::{Bounds, configurations, small};
pub use calls::Calls;
pub use clients::{
    Clients, ClientsAction, ClientsBounds, ClientsRule, ClientsState, Link, clients_configurations,
    small_clients,
};
pub use diagram::Diagram;
pub use nodes::{
    Nodes, NodesAction, NodesBounds, NodesRule, NodesState, nodes_configurations, small_nodes,
};
pub use rule::Rule;
pub use state::State;

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
