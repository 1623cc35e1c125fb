//! The server and its relay under attack: everything that can be done to them at once, from
//! this machine to this machine, bounded in count and time. Honest people are served all
//! the while, and afterwards nothing is left of anybody.
//!
//! The server runs in a process of its own, so that its memory is its own. As a test this
//! takes some seconds; `cargo xtask stress` runs it for a minute and prints the table.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod attackers;
mod attacks;
mod honest;
mod refusals;
mod relay_attacks;
mod relayed;
mod report;
mod target;
mod turn;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

use honest::Bob;
use report::Served;
use target::Target;

/// How many seconds the attacks last, if not as long as a test may take.
const SECONDS: &str = "WIMPEX_STRESS_SECONDS";
/// Beyond the attacks' time; whatever takes longer is stuck.
const TIME_LIMIT: Duration = Duration::from_secs(150);
/// Pairs of honest people who talk all the while.
const PAIRS: usize = 8;
/// What each of them says.
const MESSAGES: u64 = 400;
/// What the server may hold in memory beyond what it held before, while it is under
/// attack. Each of about two thousand sockets costs it some 10 KiB, the floods fill their
/// queues, the slow readers may each have a MiB waiting, and the relay has its own.
const MEMORY_KIB: u64 = 160 * 1024;
/// By so much may a hundredth be later because somebody else uses the machine, too; without
/// optimisation all takes longer.
const NOISE_MILLIS: f64 = if cfg!(debug_assertions) { 100.0 } else { 20.0 };
/// What lost sessions may cost, however many there were.
const LOST_SESSIONS_KIB: u64 = 16 * 1024;

fn main() -> ExitCode {
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    if std::env::args().any(|arg| arg == target::SERVE) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(target::serve());
        return ExitCode::SUCCESS;
    }
    let seconds = std::env::var(SECONDS).ok();
    let seconds = seconds.map(|text| text.parse().unwrap());
    let lasting = Duration::from_secs(seconds.unwrap_or(8));
    let trials = vec![
        trial(
            "honest_people_are_served_and_everything_is_given_back",
            lasting + TIME_LIMIT,
            move || under_attack(lasting),
        ),
        trial(
            "lost_sessions_cost_little_however_many",
            TIME_LIMIT,
            lost_sessions,
        ),
    ];
    // Each has the machine to itself: what it costs the others is measured.
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial<F>(name: &str, limit: Duration, run: impl Fn() -> F + Send + 'static) -> Trial
where
    F: Future<Output = ()>,
{
    Trial::test(name, move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let all = async { tokio::time::timeout(limit, run()).await };
        runtime.block_on(all).map_err(|_| Failed::from("stuck"))
    })
}

/// Honest people log in, call and relay.
async fn served(target: &Target, bob: &mut Bob, until: Instant) -> Served {
    let (logins, rings, relayed) = tokio::join!(
        honest::log_in_often(target.address, until),
        bob.is_called(until),
        relayed::call_over(target.address, target.relay, until),
    );
    Served {
        logins,
        rings,
        relayed,
    }
}

/// From one address, all that can be done to a relay; how many allocations were had.
async fn attack_relay(server: SocketAddr, relay: SocketAddr, until: Instant) -> usize {
    let (held, (), (), ()) = tokio::join!(
        relay_attacks::take_all(server, relay, until),
        relay_attacks::ask_for_permissions(server, relay, until),
        relay_attacks::reflect(relay, until),
        relay_attacks::use_bandwidth(server, relay, until),
    );
    held
}

async fn under_attack(lasting: Duration) {
    let target = Target::start();
    let baseline = target.counts();
    let (server, relay) = (target.address, target.relay);
    // The allocator's and the runtime's own first steps are not the attack's.
    honest::log_in_often(server, Instant::now() + Duration::from_secs(3)).await;
    target.until(&baseline).await;
    let memory_before = target.resident_kib();
    let mut bob = Bob::new(server).await;
    // While the machine is as busy, though with nothing that concerns the server.
    let until = Instant::now() + lasting / 2;
    let attackers = attackers::runtime();
    attackers::keep_busy(&attackers, until);
    let idle = served(&target, &mut bob, until).await;
    let until = Instant::now() + lasting / 2;
    let on_relay = attackers.spawn(attack_relay(server, relay, until));
    let relay_attacked = served(&target, &mut bob, until).await;
    on_relay.await.unwrap();

    let start = Instant::now();
    let until = start + lasting;
    let watch = target.watch();
    let to = bob.id.clone();
    let on_signaling = attackers.spawn(async move {
        let mut last = attacks::all(server).await;
        while Instant::now() < until {
            last = attacks::all(server).await;
        }
        last
    });
    let on_bob = attackers.spawn(async move { attacks::send_to(server, &to, until).await });
    let on_relay = attackers.spawn(attack_relay(server, relay, until));
    let (talked, attacked) = tokio::join!(
        honest::talk(server, PAIRS, MESSAGES),
        served(&target, &mut bob, until),
    );
    on_bob.await.unwrap();
    let allocations = on_relay.await.unwrap();
    let tally = on_signaling.await.unwrap();
    let lasted = start.elapsed();
    attackers.shutdown_background();
    let most = watch.stop().await;

    let has_held = bob.leave().await;
    target.until(&baseline).await;
    println!("one address attacks the relay alone; milliseconds:");
    report::latencies(&idle, &relay_attacked);
    report::print(&idle, &attacked, memory_before, most, lasted);
    println!("the last round of attacks: {tally:?}; {allocations} allocations taken");
    println!("memory afterwards: {} KiB", target.resident_kib());
    assert_eq!(talked, 2 * PAIRS as u64 * MESSAGES, "messages that arrived");
    assert!(has_held, "Bob was thrown off");
    let (rings, relayed) = (&attacked.rings, &attacked.relayed);
    assert_eq!((rings.lost, rings.flaps), (0, 0), "lost and flapped");
    // The median, since the machine may be busy with something else for a while.
    assert!(rings.latencies.at(0.5) < 1_000.0, "calls ring late");
    assert_eq!(relayed.refused, 0, "allocations");
    assert_eq!(relay_attacked.relayed.refused, 0, "allocations");
    for (what, [idle, attacked]) in relay_attacked.beside(&idle) {
        let (idle, attacked) = (idle.at(0.99), attacked.at(0.99));
        let most = 2.0 * idle + NOISE_MILLIS;
        assert!(attacked <= most, "{what}: {idle:.2} -> {attacked:.2} ms");
    }
    assert!(relay_attacked.relayed.allocations.at(0.99) < 100.0, "slow");
    assert!(
        relayed.lost * 20 < relayed.packets.count() as u64,
        "packets"
    );
    let more = most.resident_kib.saturating_sub(memory_before);
    assert!(more < MEMORY_KIB, "{more} KiB at the peak");
    assert!(
        tally.is_complete(),
        "not every attack took place: {tally:?}"
    );
}

/// As few as they were found with, and many more.
async fn lost_sessions() {
    let target = Target::start();
    let baseline = target.counts();
    honest::log_in_often(target.address, Instant::now() + Duration::from_secs(2)).await;
    target.until(&baseline).await;
    for sessions in [300, 10_000] {
        let before = target.resident_kib();
        let watch = target.watch();
        attacks::lose(target.address, 10_000, sessions).await;
        let most = watch.stop().await;
        let more = most.resident_kib.saturating_sub(before);
        println!("{sessions} lost sessions, 14 messages of 60 kB: {more} KiB at the most");
        assert!(
            more < LOST_SESSIONS_KIB,
            "{more} KiB of {sessions} sessions"
        );
        target.until(&baseline).await;
    }
}
