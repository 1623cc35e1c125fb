//! Two nodes as the checker sees them: states, actions, and what must hold.

use stateright::{Model, Property};

use super::bounds::NodesBounds;
use super::rule::NodesRule;
use super::state::{NodesAction, NodesState};

/// Two nodes within these bounds.
#[derive(Clone, Debug)]
pub struct Nodes(pub NodesBounds);

impl Model for Nodes {
    type State = NodesState;
    type Action = NodesAction;

    fn init_states(&self) -> Vec<NodesState> {
        vec![NodesState::new(&self.0)]
    }

    fn actions(&self, state: &NodesState, actions: &mut Vec<NodesAction>) {
        // What is broken already need not be broken further.
        if state.broken.is_none() {
            actions.extend(state.actions());
        }
    }

    fn next_state(&self, last: &NodesState, action: NodesAction) -> Option<NodesState> {
        let mut next = last.clone();
        next.step(action);
        next.check();
        (next != *last).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = vec![
            always::<0>(),
            always::<1>(),
            always::<2>(),
            always::<3>(),
            always::<4>(),
            always::<5>(),
            always::<6>(),
            Property::sometimes("everything between nodes is as it should be", |_, state| {
                NodesState::is_at_rest(state)
            }),
        ];
        if self.0.sends > 0 {
            all.push(Property::sometimes("a message arrives", |_, state| {
                NodesState::has_arrived(state)
            }));
        }
        if self.0.moves > 0 {
            all.push(Property::sometimes("somebody is not there", |_, state| {
                NodesState::has_missed(state)
            }));
        }
        all
    }
}

fn always<const RULE: usize>() -> Property<Nodes> {
    Property::always(NodesRule::ALL[RULE].name(), |_, state: &NodesState| {
        state.broken != Some(NodesRule::ALL[RULE])
    })
}
