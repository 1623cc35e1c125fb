//! Every state within the small bounds.

use stateright::{Checker, HasDiscoveries, Model};
use wimpex_model::{Calls, Diagram, small};

#[test]
fn the_small_bounds_break_no_rule() {
    let mut seen = Diagram::default();
    let mut states = 0;
    for bounds in small() {
        let name = bounds.name;
        let calls = Calls::new(bounds);
        let diagram = calls.diagram();
        let threads = std::thread::available_parallelism().map_or(1, Into::into);
        let checker = calls
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
        seen.add(&diagram.lock().expect("no thread panicked"));
    }
    assert!(states > 100_000, "{states} states only");
    let committed = include_str!("../../../docs/call-states.md");
    for line in seen.markdown().lines().filter(|line| line.contains("-->")) {
        assert!(
            committed.lines().any(|known| known == line),
            "docs/call-states.md lacks {line}: cargo xtask model writes it"
        );
    }
}
