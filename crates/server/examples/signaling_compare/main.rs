//! This server's signaling, alone and as one of several on NATS, a bare tokio-tungstenite and Node's
//! `ws` side by side: the CPU time of a message and of a guest's login, and the memory of whoever is
//! logged in and says nothing.
//!
//! ```text
//! cargo run --release -p wimpex-server --example signaling_compare [ROUNDS [LOAD]]
//! ```
//!
//! Each server runs in a process of its own; this process is all the clients. The servers have one
//! core, and this process another. They take turns, load by load, so that whoever else uses this
//! machine disturbs all of them; shown are the medians of the rounds, and of the ratios of each
//! round, with the least and the largest. LOAD is a part of a load's name. It fails where this
//! server costs more of a bare one than it may, or a message on NATS more of one without.
//!
//! Without nats-server there is none on NATS. NODE_WS is the folder of Node's package `ws`; without it there is no Node. To know what a change
//! brings, SIGNALING_COMPARE_EARLIER is the path of an earlier build of this program. Linux only,
//! loopback only.

mod bare;
mod clients;
mod failure;
mod nats;
mod servers;

use std::process::ExitCode;
use std::time::Duration;

use failure::Failure;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};
use servers::Server;

/// As the program's, so that it can be compared as hosts get it.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;
/// Nothing takes longer that is not stuck.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// What is measured, and how much of what it costs the bare server it may cost.
struct Load {
    name: &'static str,
    kind: Kind,
    ratio: f64,
}

/// How much of what a message costs without NATS it may cost with it, between two people of one node.
const ON_NATS: f64 = 1.15;

#[derive(Clone, Copy)]
enum Kind {
    /// Bytes of the resident set, with so many logged in.
    Idle(usize),
    /// Messages of so many pairs, each with so many on their way.
    Messages {
        pairs: usize,
        on_the_way: usize,
    },
    Logins,
}

const LOADS: [Load; 6] = [
    Load {
        name: "KiB an idle login, 10,000 of them",
        kind: Kind::Idle(9_500),
        ratio: 0.35,
    },
    Load {
        name: "µs a message, 50 pairs, 1 on the way",
        kind: Kind::Messages {
            pairs: 50,
            on_the_way: 1,
        },
        ratio: 1.5,
    },
    Load {
        name: "µs a message, 50 pairs, 32 on the way",
        kind: Kind::Messages {
            pairs: 50,
            on_the_way: 32,
        },
        ratio: 1.5,
    },
    Load {
        name: "µs a message, 1 pair, 1 on the way",
        kind: Kind::Messages {
            pairs: 1,
            on_the_way: 1,
        },
        ratio: 1.5,
    },
    Load {
        name: "µs a message, 200 pairs, 1 on the way",
        kind: Kind::Messages {
            pairs: 200,
            on_the_way: 1,
        },
        ratio: 1.5,
    },
    Load {
        name: "µs a guest's login",
        kind: Kind::Logins,
        ratio: 2.0,
    },
];

fn main() -> Result<ExitCode, Failure> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [servers::SERVE] => servers::serve(None).map(|()| ExitCode::SUCCESS),
        [servers::SERVE, nats] => servers::serve(Some(nats)).map(|()| ExitCode::SUCCESS),
        [servers::BARE] => bare::serve().map(|()| ExitCode::SUCCESS),
        [] => compare(ROUNDS, ""),
        [rounds] => compare(rounds.parse()?, ""),
        [rounds, load] => compare(rounds.parse()?, load),
        _ => Err("[ROUNDS [LOAD]]".into()),
    }
}

fn compare(rounds: usize, part: &str) -> Result<ExitCode, Failure> {
    stay_on(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let nats = nats::Nats::start()?;
    let servers = servers::all(nats.as_ref().map(nats::Nats::url));
    print!("{:<40}", "");
    for (name, _) in &servers {
        print!(" {name:>8}");
    }
    println!("  ratio to bare (from – to)");
    let mut holds = true;
    for load in LOADS.iter().filter(|load| load.name.contains(part)) {
        let mut measured = vec![Vec::new(); servers.len()];
        for _ in 0..rounds {
            for ((_, start), measured) in servers.iter().zip(&mut measured) {
                // What is started from here stays on this core.
                stay_on(0);
                let server = start()?;
                stay_on(1);
                let measuring = measure(&server, load.kind);
                let measuring = async { tokio::time::timeout(TIME_LIMIT, measuring).await };
                measured.push(runtime.block_on(measuring)??);
            }
        }
        print!("{:<40}", load.name);
        for figures in &measured {
            print!(" {:>8.2}", median(figures));
        }
        holds &= is_within(&measured[0], &measured[1], Some(load.ratio));
        let on_nats = servers
            .iter()
            .position(|(name, _)| *name == servers::ON_NATS);
        if let Some(on_nats) = on_nats {
            print!(", on NATS");
            let limit = matches!(load.kind, Kind::Messages { .. }).then_some(ON_NATS);
            holds &= is_within(&measured[on_nats], &measured[0], limit);
        }
        println!();
    }
    if holds {
        return Ok(ExitCode::SUCCESS);
    }
    println!("Something costs more than it may.");
    Ok(ExitCode::FAILURE)
}

/// Prints the median of the rounds' ratios, the least and the largest.
fn is_within(figures: &[f64], reference: &[f64], limit: Option<f64>) -> bool {
    let each = figures.iter().zip(reference);
    let mut ratios: Vec<f64> = each.map(|(figure, reference)| figure / reference).collect();
    ratios.sort_by(f64::total_cmp);
    let ratio = median(&ratios);
    let is_within = limit.is_none_or(|limit| ratio <= limit);
    print!(
        "  {ratio:.2} ({:.2} – {:.2}){}",
        ratios[0],
        ratios[ratios.len() - 1],
        if is_within { "" } else { " TOO MUCH" }
    );
    is_within
}

async fn measure(server: &Server, kind: Kind) -> Result<f64, Failure> {
    // What the first costs everybody has.
    clients::log_in_many(server.address, 200).await?;
    match kind {
        Kind::Idle(count) => {
            let before = server.resident_kib()?;
            let mut people = Vec::with_capacity(count);
            for nth in 0..count {
                people.push(clients::log_in(server.address, &format!("Guest {nth}")).await?);
            }
            let after = server.resident_kib()?;
            Ok((after.saturating_sub(before)) as f64 / count as f64)
        }
        Kind::Messages { pairs, on_the_way } => {
            let pairs = clients::pairs(server.address, pairs).await?;
            let pairs = clients::say_one(pairs).await?;
            // Several servers look for a newcomer for a second.
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            let before = server.cpu()?;
            let count = clients::talk(pairs, on_the_way).await?;
            let used = server.cpu()?.saturating_sub(before);
            Ok(used.as_secs_f64() * 1e6 / count as f64)
        }
        Kind::Logins => {
            const COUNT: usize = 2_000;
            let before = server.cpu()?;
            clients::log_in_many(server.address, COUNT).await?;
            let used = server.cpu()?.saturating_sub(before);
            Ok(used.as_secs_f64() * 1e6 / COUNT as f64)
        }
    }
}

/// Where there is only one core, it is that.
fn stay_on(core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core);
    let _ = sched_setaffinity(None::<Pid>, &cores);
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
