//! Every state within the small bounds: of the call, of whole clients, and of two nodes.

use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Checker, Expectation, HasDiscoveries, Model};
use wimpex_model::{Calls, Clients, Diagram, Nodes, small, small_clients, small_nodes};

/// How many states there are; none of them breaks a rule.
fn states<M>(name: &str, model: M, summary: impl Fn(&M::State) -> String) -> usize
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Debug + PartialEq + Clone + Send + Sync,
{
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    let checker = model
        .checker()
        .threads(threads)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    for property in checker.model().properties() {
        let found = checker.discovery(property.name);
        match property.expectation {
            Expectation::Sometimes => {
                assert!(found.is_some(), "{name}: never seen: {}", property.name);
            }
            Expectation::Always | Expectation::Eventually => {
                if let Some(path) = found {
                    let last = summary(path.last_state());
                    let steps = path.into_actions();
                    panic!("{name}: violated: {}: {steps:?}: {last}", property.name);
                }
            }
        }
    }
    checker.unique_state_count()
}

#[test]
fn the_small_bounds_break_no_rule() {
    let mut seen = Diagram::default();
    let mut count = 0;
    for bounds in small() {
        let name = bounds.name;
        let calls = Calls::new(bounds);
        let diagram = calls.diagram();
        count += states(name, calls, |state| state.summary().to_string());
        seen.add(&diagram.lock().expect("no thread panicked"));
    }
    assert!(count > 100_000, "{count} states only");
    let committed = include_str!("../../../docs/call-states.md");
    for line in seen.markdown().lines().filter(|line| line.contains("-->")) {
        assert!(
            committed.lines().any(|known| known == line),
            "docs/call-states.md lacks {line}: cargo xtask model writes it"
        );
    }
}

#[test]
fn no_rule_of_whole_clients_is_broken_within_the_small_bounds() {
    let all = small_clients().into_iter();
    let counts = all.map(|bounds| {
        states(bounds.name, Clients(bounds), |state| {
            state.summary().to_string()
        })
    });
    let count: usize = counts.sum();
    assert!(count > 10_000, "{count} states only");
}

#[test]
fn no_rule_of_two_nodes_is_broken_within_the_small_bounds() {
    let all = small_nodes().into_iter();
    let counts = all.map(|bounds| {
        states(bounds.name, Nodes(bounds), |state| {
            state.summary().to_string()
        })
    });
    let count: usize = counts.sum();
    assert!(count > 10_000, "{count} states only");
}
