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

impl Served {
    /// What was measured, by what it is, first of somebody else.
    pub(crate) fn beside<'a>(&'a self, idle: &'a Self) -> [(&'static str, [&'a Latencies; 2]); 4] {
        let of = |which: fn(&Self) -> &Latencies| [which(idle), which(self)];
        [
            ("login", of(|it| &it.logins)),
            ("ring", of(|it| &it.rings.latencies)),
            ("allocation", of(|it| &it.relayed.allocations)),
            ("relayed packet", of(|it| &it.relayed.packets)),
        ]
    }
}

/// Prints how honest people fared, what the attacks cost, and what was refused.
pub(crate) fn print(
    idle: &Served,
    attacked: &Served,
    memory_before: u64,
    most: Most,
    lasted: Duration,
) {
    println!("all attacks at once, for {lasted:.1?}; milliseconds:");
    latencies(idle, attacked);
    let (quiet, relayed) = (&idle.relayed, &attacked.relayed);
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

/// How long everything took, and how long while nobody attacked.
pub(crate) fn latencies(idle: &Served, attacked: &Served) {
    println!("                 idle p50     p99   attacked p50     p99  p99 ratio   times");
    for (what, [idle, attacked]) in attacked.beside(idle) {
        row(what, idle, attacked);
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
