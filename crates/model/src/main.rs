//! `cargo xtask model`: explores every configuration, and says what was found.

use std::fmt::Debug;
use std::hash::Hash;
use std::process::ExitCode;
use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model};
use wimpex_model::{
    Bounds, Calls, Clients, ClientsBounds, ClientsState, Diagram, Nodes, NodesState, State,
    clients_configurations, configurations, nodes_configurations, small, small_clients,
    small_nodes,
};

/// A faulty machine may have states without end; `fast` gives up on it.
const FAST: usize = 200;

/// The arguments: `small` for the bound of the tests, `fast` to stop at the first
/// violation, `diagram=PATH` to write the diagram, and parts of names to select
/// configurations by.
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| arguments.iter().any(|a| a == name);
    let parts: Vec<&String> = arguments
        .iter()
        .filter(|a| *a != "small" && *a != "fast" && !a.starts_with("diagram="))
        .collect();
    let is_chosen =
        |name: &str| parts.is_empty() || parts.iter().any(|part| name.contains(&***part));
    let (calls, clients, nodes) = if flag("small") {
        (small(), small_clients(), small_nodes())
    } else {
        (
            configurations(),
            clients_configurations(),
            nodes_configurations(),
        )
    };
    let calls = calls.into_iter().filter(|it| is_chosen(it.name));
    let clients = clients.into_iter().filter(|it| is_chosen(it.name));
    let nodes = nodes.into_iter().filter(|it| is_chosen(it.name));
    let begun = Instant::now();
    let mut diagram = Diagram::default();
    let (mut unique, mut failed) = (0, 0);
    let is_over = |failed| failed > 0 && flag("fast");
    for bounds in calls {
        if !is_over(failed) {
            let (states, violations) = explore_calls(bounds, flag("fast"), &mut diagram);
            unique += states;
            failed += violations;
        }
    }
    for bounds in clients {
        if !is_over(failed) {
            let (states, violations) = explore_clients(bounds, flag("fast"));
            unique += states;
            failed += violations;
        }
    }
    for bounds in nodes {
        if !is_over(failed) {
            let name = bounds.name;
            let model = Nodes(bounds);
            let (states, violations) = explore(name, model, flag("fast"), NodesState::summary);
            unique += states;
            failed += violations;
        }
    }
    println!(
        "{unique} unique states in all, {:.1} s, {failed} violations",
        begun.elapsed().as_secs_f32()
    );
    let path = arguments.iter().find_map(|a| a.strip_prefix("diagram="));
    if let Some(path) = path
        && failed == 0
        && let Err(error) = std::fs::write(path, diagram.markdown())
    {
        eprintln!("cannot write {path}: {error}");
        return ExitCode::FAILURE;
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Explores one configuration of calls; returns its unique states and its violations.
fn explore_calls(bounds: Bounds, fast: bool, diagram: &mut Diagram) -> (usize, usize) {
    let name = bounds.name;
    let calls = Calls::new(bounds);
    let seen = calls.diagram();
    let found = explore(name, calls, fast, State::summary);
    if let Ok(seen) = seen.lock() {
        diagram.add(&seen);
    }
    found
}

/// The same with whole clients.
fn explore_clients(bounds: ClientsBounds, fast: bool) -> (usize, usize) {
    explore(bounds.name, Clients(bounds), fast, ClientsState::summary)
}

fn explore<M>(name: &str, model: M, fast: bool, summary: fn(&M::State) -> String) -> (usize, usize)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq + Send + Sync + 'static,
{
    let begun = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    let finish = if fast {
        HasDiscoveries::AnyFailures
    } else {
        HasDiscoveries::All
    };
    let mut checker = model.checker().threads(threads).finish_when(finish);
    if fast {
        checker = checker.target_max_depth(FAST);
    }
    let checker = checker.spawn_bfs().join();
    println!(
        "{name}: {} unique states, {} generated, depth {}, {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        begun.elapsed().as_secs_f32()
    );
    let mut violations = 0;
    if fast && checker.max_depth() >= FAST {
        violations += 1;
        println!("VIOLATED: the states come to an end");
    }
    for property in checker.model().properties() {
        let found = checker.discovery(property.name);
        match (property.expectation, found) {
            (stateright::Expectation::Always, Some(path)) => {
                violations += 1;
                println!("VIOLATED: {}", property.name);
                tell(path.into_vec(), summary);
            }
            (stateright::Expectation::Sometimes, None) if !fast => {
                violations += 1;
                println!("NEVER SEEN: {}", property.name);
            }
            _ => {}
        }
    }
    (checker.unique_state_count(), violations)
}

/// A trace, step by step: what happened, and where everybody stood then.
fn tell<S, A: Debug>(path: Vec<(S, Option<A>)>, summary: fn(&S) -> String) {
    let mut last: Option<A> = None;
    for (step, (state, action)) in path.into_iter().enumerate() {
        let happened = last.map_or("at first".to_owned(), |action| format!("{action:?}"));
        println!("  {step:2}. {happened}\n      {}", summary(&state));
        last = action;
    }
}
