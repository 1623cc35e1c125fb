//! The table.

use std::time::Duration;

use crate::honest::{Latencies, Rings};
use crate::refusals;
use crate::relayed::Relayed;
use crate::target::Most;

/// How honest people fared.
pub(crate) struct Served {
    pub(crate) logins: Latencies,
    pub(crate) rings: Rings,
    pub(crate) relayed: Relayed,
}

/// Prints how honest people fared, what the attacks cost, and what was refused.
pub(crate) fn print(
    idle: &Served,
    attacked: &Served,
    memory_before: u64,
    most: Most,
    lasted: Duration,
) {
    println!("under attack for {lasted:.1?}; milliseconds:");
    println!("                 idle p50     p99   attacked p50     p99  p99 ratio   times");
    row("login", &idle.logins, &attacked.logins);
    row("ring", &idle.rings.latencies, &attacked.rings.latencies);
    let (quiet, relayed) = (&idle.relayed, &attacked.relayed);
    row("allocation", &quiet.allocations, &relayed.allocations);
    row("relayed packet", &quiet.packets, &relayed.packets);
    println!(
        "calls that did not ring: {}; Bob seemed offline: {}; packets lost: {} ({} idle); \
         allocations refused: {}",
        attacked.rings.lost, attacked.rings.flaps, relayed.lost, quiet.lost, relayed.refused
    );
    println!(
        "memory: {memory_before} KiB before, {} KiB at the most; descriptors: {} at the most",
        most.resident_kib, most.descriptors
    );
    println!("refused to attackers:");
    for (reason, count) in refusals::all() {
        println!("{count:>10}  {reason}");
    }
}

fn row(what: &str, idle: &Latencies, attacked: &Latencies) {
    let ratio = attacked.at(0.99) / idle.at(0.99);
    println!(
        "{what:<15} {:>9.2} {:>7.2}      {:>9.2} {:>7.2}    {ratio:>7.1} {:>7}",
        idle.at(0.5),
        idle.at(0.99),
        attacked.at(0.5),
        attacked.at(0.99),
        attacked.count(),
    );
}
