//! A town on this machine: idle people with keys, logins and calls on one, two and three nodes, and one
//! of them dies. From what that costs, it reckons larger towns, and simulates their herds.
//!
//! ```text
//! cargo run --release -p wimpex-server --example town [PEOPLE [CALLS]]
//! ```
//!
//! Each node and NATS run in processes of their own; this process is everybody's pages. Linux only,
//! loopback only. nats-server has to be there.

mod death;
mod failure;
mod measure;
mod person;
mod processes;
mod reckon;

use std::process::ExitCode;

use failure::Failure;

const PEOPLE: usize = 3_000;
const CALLS: usize = 600;
/// Calls that begin each second.
const RATE: u64 = 60;

fn main() -> Result<ExitCode, Failure> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [processes::SERVE, nats, secret] => {
            processes::serve(nats, secret).map(|()| ExitCode::SUCCESS)
        }
        [] => town(PEOPLE, CALLS),
        [people] => town(people.parse()?, CALLS),
        [people, calls] => town(people.parse()?, calls.parse()?),
        _ => Err("[PEOPLE [CALLS]]".into()),
    }
}

fn town(people: usize, calls: usize) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Runtime::new()?;
    println!(
        "{people} idle people with keys, each watched by one other; {calls} calls, {RATE} a second"
    );
    println!(
        "{:<18} {:>11} {:>11} {:>10} {:>10} {:>9} {:>9} {:>9}",
        "", "KiB/person", "NATS B/p.", "ms/login", "ms/call", "NATS ms/c", "ring p50", "p99"
    );
    let mut last = None;
    for (nodes, has_nats) in [(1, false), (1, true), (2, true), (3, true)] {
        let measured = runtime.block_on(measure::measure(nodes, has_nats, people, calls, RATE))?;
        measured.tell();
        last = Some(measured);
    }
    let dead = runtime.block_on(death::death(people.min(1_500)))?;
    dead.tell();
    if let Some(measured) = &last {
        reckon::tell(measured);
    }
    Ok(if dead.is_as_aimed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
