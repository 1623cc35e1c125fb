//! Whole clients as the checker sees them: states, actions, and what must hold.

use stateright::{Model, Property};
use wimpex_call::{EndReason, State as Phase};

use super::action::ClientsAction;
use super::bounds::ClientsBounds;
use super::rule::ClientsRule;
use super::state::ClientsState;

/// Whole clients within these bounds.
#[derive(Clone, Debug)]
pub struct Clients(pub ClientsBounds);

impl Model for Clients {
    type State = ClientsState;
    type Action = ClientsAction;

    fn init_states(&self) -> Vec<ClientsState> {
        vec![ClientsState::new(&self.0)]
    }

    fn actions(&self, state: &ClientsState, actions: &mut Vec<ClientsAction>) {
        // What is broken already need not be broken further.
        if state.broken.is_none() {
            actions.extend(state.actions(&self.0));
        }
    }

    fn next_state(&self, last: &ClientsState, action: ClientsAction) -> Option<ClientsState> {
        let mut next = last.clone();
        next.step(&self.0, action);
        next.check(&self.0);
        (next != *last).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties(&self.0)
    }
}

fn always<const RULE: usize>() -> Property<Clients> {
    Property::always(ClientsRule::ALL[RULE].name(), |_, state: &ClientsState| {
        state.broken != Some(ClientsRule::ALL[RULE])
    })
}

fn ended(state: &ClientsState, reason: EndReason) -> bool {
    state.tabs.iter().any(|tab| {
        let ended = tab.client.view().call.ended.as_ref();
        ended.is_some_and(|ended| ended.reason == reason)
    })
}

/// The rules, and the milestones that prove that the model is not vacuous.
fn properties(bounds: &ClientsBounds) -> Vec<Property<Clients>> {
    let mut all = vec![
        always::<0>(),
        always::<1>(),
        always::<2>(),
        always::<3>(),
        always::<4>(),
        always::<5>(),
        always::<6>(),
        always::<7>(),
        always::<8>(),
        Property::sometimes("everything is decided", |_, state: &ClientsState| {
            state.is_at_rest()
        }),
    ];
    if !bounds.calls.is_empty() {
        all.push(Property::sometimes(
            "both have proved who they are",
            |_, state: &ClientsState| state.is_proved(),
        ));
        all.push(Property::sometimes(
            "nobody answers",
            |_, state: &ClientsState| ended(state, EndReason::NoAnswer),
        ));
    }
    if bounds.calls.len() > 1 {
        all.push(Property::sometimes(
            "glare ends in one call",
            |_, state: &ClientsState| {
                let mut tabs = state.tabs.iter();
                let is_first = |phase: Phase| matches!(phase, Phase::Calling | Phase::Connecting);
                state.left.calls == 0 && tabs.all(|tab| is_first(tab.phase()))
            },
        ));
    }
    if bounds.hang_ups > 0 && !bounds.calls.is_empty() {
        all.push(Property::sometimes(
            "a peer hangs up",
            |_, state: &ClientsState| ended(state, EndReason::PeerHungUp),
        ));
    }
    if bounds.declines > 0 {
        all.push(Property::sometimes(
            "a peer declines",
            |_, state: &ClientsState| ended(state, EndReason::PeerDeclined),
        ));
    }
    if bounds.closes > 0 {
        all.push(Property::sometimes(
            "the call goes on over another connection",
            |_, state: &ClientsState| {
                state.left.closes == 0 && state.is_proved() && state.is_at_rest()
            },
        ));
    }
    if bounds.cuts > 0 {
        all.push(Property::sometimes(
            "a lost path is mended",
            |_, state: &ClientsState| {
                state.left.cuts == 0 && state.is_proved() && state.is_at_rest()
            },
        ));
    }
    if bounds.breaks + bounds.silences + bounds.restarts > 0 && !bounds.calls.is_empty() {
        all.push(Property::sometimes(
            "a call outlives its sockets",
            |_, state: &ClientsState| {
                let left = &state.left;
                left.breaks + left.silences + left.restarts == 0
                    && state.is_proved()
                    && state.is_at_rest()
            },
        ));
    }
    all
}
