//! Every state of two nodes within the small bounds.

use stateright::{Checker, HasDiscoveries, Model};
use wimpex_model::{Nodes, small_nodes};

#[test]
fn no_rule_of_two_nodes_is_broken_within_the_small_bounds() {
    let mut states = 0;
    for bounds in small_nodes() {
        let name = bounds.name;
        let threads = std::thread::available_parallelism().map_or(1, Into::into);
        let checker = Nodes(bounds)
            .checker()
            .threads(threads)
            .finish_when(HasDiscoveries::AnyFailures)
            .spawn_bfs()
            .join();
        for property in checker.model().properties() {
            let found = checker.discovery(property.name);
            match property.expectation {
                stateright::Expectation::Sometimes => {
                    assert!(found.is_some(), "{name}: never seen: {}", property.name);
                }
                stateright::Expectation::Always | stateright::Expectation::Eventually => {
                    if let Some(path) = found {
                        let last = path.last_state().summary();
                        let steps = path.into_actions();
                        panic!("{name}: violated: {}: {steps:?}: {last}", property.name);
                    }
                }
            }
        }
        states += checker.unique_state_count();
    }
    assert!(states > 10_000, "{states} states only");
}
