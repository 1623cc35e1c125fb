//! `cargo xtask model`: explores every configuration, and says what was found.

use std::process::ExitCode;
use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model};
use wimpex_model::{Action, Bounds, Calls, Diagram, State, configurations, small};

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
    let all = if flag("small") {
        small()
    } else {
        configurations()
    };
    let chosen: Vec<Bounds> = all
        .into_iter()
        .filter(|b| parts.is_empty() || parts.iter().any(|part| b.name.contains(&***part)))
        .collect();
    let begun = Instant::now();
    let mut diagram = Diagram::default();
    let (mut unique, mut failed) = (0, 0);
    for bounds in chosen {
        let (states, violations) = explore(bounds, flag("fast"), &mut diagram);
        unique += states;
        failed += violations;
        if failed > 0 && flag("fast") {
            return ExitCode::FAILURE;
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

/// Explores one configuration; returns its unique states and its violations.
fn explore(bounds: Bounds, fast: bool, diagram: &mut Diagram) -> (usize, usize) {
    let begun = Instant::now();
    let name = bounds.name;
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    let calls = Calls::new(bounds);
    let seen = calls.diagram();
    let finish = if fast {
        HasDiscoveries::AnyFailures
    } else {
        HasDiscoveries::All
    };
    let mut checker = calls.checker().threads(threads).finish_when(finish);
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
                tell(path.into_vec());
            }
            (stateright::Expectation::Sometimes, None) if !fast => {
                violations += 1;
                println!("NEVER SEEN: {}", property.name);
            }
            _ => {}
        }
    }
    if let Ok(seen) = seen.lock() {
        diagram.add(&seen);
    }
    (checker.unique_state_count(), violations)
}

/// A trace, step by step: what happened, and where every page stood then.
fn tell(path: Vec<(State, Option<Action>)>) {
    let mut last: Option<Action> = None;
    for (step, (state, action)) in path.into_iter().enumerate() {
        let happened = last.map_or("at first".to_owned(), |action| format!("{action:?}"));
        println!("  {step:2}. {happened}\n      {}", state.summary());
        last = action;
    }
}
