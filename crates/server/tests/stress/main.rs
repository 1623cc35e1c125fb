//! The server under attack: everything that can be done to it at once, from
//! this machine to this machine, bounded in count and time. Honest people are
//! served all the while, and afterwards nothing is left of anybody.
//!
//! The server runs in a process of its own, so that its memory is its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod attacks;
mod honest;
mod target;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

use honest::Latencies;
use target::Target;

/// Whatever takes longer is stuck.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// Pairs of honest people who talk all the while.
const PAIRS: usize = 8;
/// What each of them says.
const MESSAGES: u64 = 400;
/// Logins that are measured, before and during.
const LOGINS: usize = 300;
/// What the server may hold in memory beyond what it held before, while it is
/// under attack. Each of about two thousand sockets costs it some 10 KiB, the
/// floods fill their queues, and the slow readers may each have a MiB waiting.
const MEMORY_KIB: u64 = 128 * 1024;

fn main() -> ExitCode {
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if std::env::args().any(|arg| arg == target::SERVE) {
        runtime.block_on(target::serve());
        return ExitCode::SUCCESS;
    }
    let trial = Trial::test(
        "honest_people_are_served_and_everything_is_given_back",
        move || {
            let all = async { tokio::time::timeout(TIME_LIMIT, under_attack()).await };
            runtime.block_on(all).map_err(|_| Failed::from("stuck"))
        },
    );
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

async fn under_attack() {
    let target = Target::start();
    let baseline = target.counts();
    // The allocator's and the runtime's own first steps are not the attack's.
    honest::log_in_often(target.address, LOGINS).await;
    target.until(&baseline).await;
    let memory_before = target.resident_kib();
    let idle = honest::log_in_often(target.address, LOGINS).await;

    let start = Instant::now();
    let attacks = tokio::spawn(attacks::all(target.address));
    let peak = target.watch_memory();
    let (talked, attacked) = tokio::join!(
        honest::talk(target.address, PAIRS, MESSAGES),
        honest::log_in_often(target.address, LOGINS),
    );
    let tally = attacks.await.unwrap();
    let lasted = start.elapsed();
    let peak = peak.stop().await;

    target.until(&baseline).await;
    report(&idle, &attacked, talked, lasted);
    eprintln!("attack: {tally:?}");
    eprintln!(
        "memory_kib before={memory_before} peak={peak} after={}",
        target.resident_kib()
    );
    assert_eq!(talked, 2 * PAIRS as u64 * MESSAGES, "messages that arrived");
    assert!(
        peak.saturating_sub(memory_before) < MEMORY_KIB,
        "{peak} KiB at the peak"
    );
    assert!(
        tally.is_complete(),
        "not every attack took place: {tally:?}"
    );
}

fn report(idle: &Latencies, attacked: &Latencies, talked: u64, lasted: Duration) {
    eprintln!(
        "login_ms idle p50={:.1} p99={:.1}, under attack p50={:.1} p99={:.1}, ratio of p99 {:.1}",
        idle.at(0.5),
        idle.at(0.99),
        attacked.at(0.5),
        attacked.at(0.99),
        attacked.at(0.99) / idle.at(0.99),
    );
    eprintln!("honest messages {talked}, in {lasted:.1?}");
}
