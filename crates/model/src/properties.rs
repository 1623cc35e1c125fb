//! The rules, and the milestones that prove the model is not vacuous, as the
//! checker's properties.

use stateright::Property;
use wimpex_call::{EndReason, State as Phase};

use crate::bounds::Bounds;
use crate::calls::Calls;
use crate::rule::Rule;
use crate::state::State;

fn holds<const RULE: usize>(_: &Calls, state: &State) -> bool {
    state.broken != Some(Rule::ALL[RULE])
}

fn always<const RULE: usize>() -> Property<Calls> {
    Property::always(Rule::ALL[RULE].name(), holds::<RULE>)
}

fn ended(state: &State, reason: EndReason) -> bool {
    state.clients.iter().any(|c| {
        c.snapshot()
            .ended
            .is_some_and(|ended| ended.reason == reason)
    })
}

fn phases(state: &State, phase: Phase) -> usize {
    let is = |c: &&crate::hashed::Hashed<crate::client::Client>| c.machine.state() == phase;
    state.clients.iter().filter(is).count()
}

pub(crate) fn all(bounds: &Bounds) -> Vec<Property<Calls>> {
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
        always::<9>(),
        always::<10>(),
        Property::sometimes("two are connected", |_, state: &State| {
            phases(state, Phase::Connected) == 2
        }),
        Property::sometimes("nothing is left to happen", |_, state: &State| {
            state.is_quiescent()
        }),
    ];
    if bounds.hang_ups > 0 {
        all.push(Property::sometimes(
            "a peer hangs up",
            |_, state: &State| ended(state, EndReason::PeerHungUp),
        ));
    }
    if bounds.declines > 0 {
        all.push(Property::sometimes(
            "a peer declines",
            |_, state: &State| ended(state, EndReason::PeerDeclined),
        ));
    }
    if bounds.cuts > 0 {
        all.push(Property::sometimes(
            "both look for a new path",
            |_, state: &State| phases(state, Phase::Reconnecting) == 2,
        ));
        all.push(Property::sometimes(
            "a lost path is mended",
            |_, state: &State| {
                state.left.cuts == 0 && phases(state, Phase::Connected) == 2 && state.is_at_rest()
            },
        ));
    }
    if bounds.refusals > 0 {
        all.push(Property::sometimes(
            "a negotiation fails",
            |_, state: &State| ended(state, EndReason::NegotiationFailed),
        ));
    }
    if bounds.closes > 0 {
        all.push(Property::sometimes(
            "the call goes on over another connection",
            |_, state: &State| {
                state.left.closes == 0 && phases(state, Phase::Connected) == 2 && state.is_at_rest()
            },
        ));
    }
    if bounds.returns > 0 {
        all.push(Property::sometimes(
            "a page comes back to the call",
            |_, state: &State| {
                state.left.returns == 0
                    && phases(state, Phase::Connected) == 2
                    && state.is_at_rest()
            },
        ));
        all.push(Property::sometimes(
            "a peer does not come back",
            |_, state: &State| ended(state, EndReason::PeerDidNotReturn),
        ));
    }
    if bounds.closes + bounds.returns > 0 {
        all.push(Property::always(
            "nobody is said to have hung up who did not",
            |_, state: &State| {
                let excused = state.left.hang_ups == 0 || state.left_early;
                excused
                    || !state.clients.iter().any(|client| {
                        client.snapshot().ended.is_some_and(|ended| {
                            // Before that, who gives up and who accepts may cross.
                            ended.duration.is_some() && ended.reason == EndReason::PeerHungUp
                        })
                    })
            },
        ));
    }
    if bounds.networks > 0 {
        all.push(Property::sometimes(
            "two are connected after changes of networks",
            |_, state: &State| {
                let moved = state.left.networks == 0;
                moved && phases(state, Phase::Connected) == 2 && state.is_at_rest()
            },
        ));
    }
    if bounds.closed + bounds.killed > 0 {
        all.push(Property::sometimes("a peer is gone", |_, state: &State| {
            ended(state, EndReason::PeerGone)
        }));
    }
    let two_devices = bounds.pages.iter().any(|(user, device)| {
        let same = |other: &&(&str, &str)| other.0 == *user && other.1 != *device;
        bounds.pages.iter().any(|page| same(&page))
    });
    if two_devices {
        all.push(Property::sometimes(
            "answered elsewhere",
            |_, state: &State| ended(state, EndReason::AnsweredElsewhere),
        ));
    }
    if !bounds.known.is_empty() {
        all.push(Property::sometimes(
            "a stranger's prompt gives way to a contact",
            |_, state: &State| ended(state, EndReason::Busy) && phases(state, Phase::Ringing) == 1,
        ));
    }
    let mutual = |a: &(usize, usize, &str)| {
        let back = |b: &(usize, usize, &str)| (a.0, a.1) == (b.1, b.0);
        bounds.calls.iter().any(back)
    };
    if bounds.calls.iter().any(mutual) {
        all.push(Property::sometimes(
            "glare ends in one call",
            |_, state: &State| {
                let both_called = state.left.calls == 0 && state.clients.iter().all(|c| c.alive);
                let one_won = state.clients.iter().filter(|c| c.wanted.len() == 2).count();
                both_called && one_won >= 1 && phases(state, Phase::Connected) == 2
            },
        ));
    }
    all
}
