//! This relay, coturn and a bare loop side by side: the CPU time of a packet under different
//! loads, and the delay that a packet gets from being relayed.
//!
//! ```text
//! cargo run --release -p wimpex-relay --example relay_compare [ROUNDS [LOAD]]
//! ```
//!
//! Each relay runs in a process of its own; this process is its clients and their peer. The relays
//! have one core, and this process another. They take turns, load by load, so that whoever else
//! uses this machine disturbs all of them; shown are the medians of the rounds, and of the ratios
//! of each round, with the least and the largest. LOAD is a part of a load's name. It fails when a
//! ratio is over what it is to be, or packets are lost.
//!
//! With `alone` in place of the rounds it measures this relay only, once, for programs to read. To
//! know what a change brings, measure an earlier build of this program in the place of this relay:
//! RELAY_COMPARE_EARLIER is its path. Linux only, loopback only. Coturn's `turnserver` must be on
//! PATH.

mod client;
mod common;
mod load;
mod relays;

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use client::{Relayed, free_port, socket};
use common::Failure;
use load::{LOADS, Load, Passed};
use nix::errno::Errno;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use relays::Process;

const FLOWS: usize = 50;
const ROUNDS: usize = 5;
const ROUND_TRIPS: usize = 2_000;
/// Of each load in a round.
const DURATION: Duration = Duration::from_millis(700);
/// Of coturn's CPU time, what a packet may take at most.
const CPU_RATIO: f64 = 0.7;
/// Of coturn's round trip. It is some µs long, so that scheduling makes the most of it.
const ROUND_TRIP_RATIO: f64 = 1.5;
/// Parts of what was sent.
const LOSS: f64 = 0.001;

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", port] => relays::serve(port.parse()?).map(|()| ExitCode::SUCCESS),
        ["bare", port, peer] => {
            relays::serve_bare(port.parse()?, peer.parse()?).map(|()| ExitCode::SUCCESS)
        }
        ["alone"] => alone().map(|()| ExitCode::SUCCESS),
        [] => compare(ROUNDS, ""),
        [rounds] => compare(rounds.parse()?, ""),
        [rounds, load] => compare(rounds.parse()?, load),
        _ => Err("[ROUNDS [LOAD]]".into()),
    }
}

/// A relay with its clients.
struct Relay {
    process: Process,
    clients: Vec<Relayed>,
    peer: UdpSocket,
}

/// Of one relay and one load, a figure a round.
#[derive(Default)]
struct Measured {
    /// Microseconds of CPU a packet that arrived.
    cpu: Vec<f64>,
    /// Thousands of packets a second.
    rate: Vec<f64>,
    passed: Passed,
}

fn compare(rounds: usize, part: &str) -> Result<ExitCode, Failure> {
    // What is started from here stays on this core.
    stay_on(0)?;
    let mut relays = [own()?, coturn()?, bare()?];
    stay_on(1)?;
    let mut holds = true;
    println!(
        "{:<38} {:>7} {:>7} {:>7} {:>7} {:>13} {:>16} {:>16}",
        "µs of CPU a packet",
        "wimpex",
        "coturn",
        "bare",
        "ratio",
        "(from – to)",
        "1,000/s (coturn)",
        "lost (coturn)"
    );
    for load in LOADS.iter().filter(|load| load.name.contains(part)) {
        let mut measured: [Measured; 3] = Default::default();
        for _ in 0..rounds {
            for (relay, measured) in relays.iter().zip(&mut measured) {
                measured.round(relay, load)?;
            }
        }
        holds &= show(load, &measured);
    }
    if "round trip".contains(part) {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (relay, times) in relays.iter_mut().zip(&mut times) {
                times.push(round_trip(&mut relay.clients[0], &relay.peer)?);
            }
        }
        let ratios = Ratios::of(&times[0], &times[1]);
        let [own, other] = times.map(|times| median(&times));
        holds &= ratios.median <= ROUND_TRIP_RATIO;
        println!(
            "{:<38} {own:>7.1} {other:>7.1} {:>7} {ratios}",
            "round trip p50, µs", ""
        );
    }
    if holds {
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "Over its ratio ({CPU_RATIO} of CPU, {ROUND_TRIP_RATIO} of a round trip), or more lost than {LOSS}."
    );
    Ok(ExitCode::FAILURE)
}

/// The packets of a video call, from many of them: what `cargo xtask sizes` counts with.
fn alone() -> Result<(), Failure> {
    stay_on(0)?;
    let relay = own()?;
    stay_on(1)?;
    for load in &LOADS {
        let bytes = match load.name {
            "50 flows, 1,000 B, 20,000/s in fours" => 1_000,
            "50 flows, 120 B, 2,500/s" => 120,
            _ => continue,
        };
        let mut measured = Measured::default();
        measured.round(&relay, load)?;
        println!("relay_us_per_packet_{bytes}={:.2}", median(&measured.cpu));
    }
    Ok(())
}

/// The relays have one core and their clients another: else the scheduler decides whether a relay
/// is put aside for each packet that wakes a client, and that is most of what is measured.
fn stay_on(core: usize) -> Result<(), Failure> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    match sched_setaffinity(Pid::from_raw(0), &cores) {
        // There is only one.
        Ok(()) | Err(Errno::EINVAL) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether it is as it is to be.
fn show(load: &Load, [own, coturn, bare]: &[Measured; 3]) -> bool {
    let ratios = Ratios::of(&own.cpu, &coturn.cpu);
    let bare = if bare.cpu.is_empty() {
        "–".to_owned()
    } else {
        format!("{:.2}", median(&bare.cpu))
    };
    let lost = own.passed.loss();
    println!(
        "{:<38} {:>7.2} {:>7.2} {bare:>7} {ratios} {:>8.1} ({:>5.1}) {:>7.2}% ({:>4.2}%)",
        load.name,
        median(&own.cpu),
        median(&coturn.cpu),
        median(&own.rate),
        median(&coturn.rate),
        100.0 * lost,
        100.0 * coturn.passed.loss(),
    );
    ratios.median <= CPU_RATIO && lost <= LOSS
}

impl Measured {
    fn round(&mut self, relay: &Relay, load: &Load) -> Result<(), Failure> {
        // The bare loop knows one way.
        if load.is_back && relay.clients[0].relayed.port() == 0 {
            return Ok(());
        }
        let before = relay.process.cpu()?;
        let passed = load::send(load, &relay.clients, &relay.peer, DURATION)?;
        let used = relay.process.cpu()?.saturating_sub(before);
        self.cpu
            .push(used.as_secs_f64() * 1e6 / passed.arrived as f64);
        let rate = passed.arrived as f64 / DURATION.as_secs_f64() / 1e3;
        self.rate.push(rate);
        self.passed.sent += passed.sent;
        self.passed.arrived += passed.arrived;
        Ok(())
    }
}

impl Passed {
    fn loss(self) -> f64 {
        1.0 - self.arrived as f64 / self.sent as f64
    }
}

/// Of the rounds.
struct Ratios {
    least: f64,
    median: f64,
    largest: f64,
}

impl Ratios {
    fn of(own: &[f64], other: &[f64]) -> Self {
        let ratios: Vec<f64> = own.iter().zip(other).map(|(a, b)| a / b).collect();
        Self {
            least: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            median: median(&ratios),
            largest: ratios.iter().copied().fold(0.0, f64::max),
        }
    }
}

impl std::fmt::Display for Ratios {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            least,
            median,
            largest,
        } = self;
        write!(f, "{median:>7.2} ({least:>4.2} – {largest:>4.2})")
    }
}

fn median(figures: &[f64]) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn own() -> Result<Relay, Failure> {
    let port = free_port()?;
    let earlier = std::env::var_os("RELAY_COMPARE_EARLIER");
    let process = Process::own(earlier.as_deref(), &["serve".to_owned(), port.to_string()])?;
    asked(process, port)
}

fn coturn() -> Result<Relay, Failure> {
    let port = free_port()?;
    asked(Process::coturn(port)?, port)
}

fn asked(process: Process, port: u16) -> Result<Relay, Failure> {
    let peer = socket()?;
    let clients = (0..FLOWS).map(|user| Relayed::new(port, user, &peer));
    Ok(Relay {
        process,
        clients: clients.collect::<Result<_, _>>()?,
        peer,
    })
}

fn bare() -> Result<Relay, Failure> {
    let (port, peer) = (free_port()?, socket()?);
    let to = peer.local_addr()?.to_string();
    let process = Process::own(None, &["bare".to_owned(), port.to_string(), to])?;
    let nowhere = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    let clients = (0..FLOWS).map(|_| Relayed::unasked(port, nowhere));
    let mut clients = clients.collect::<Result<Vec<_>, Failure>>()?;
    // Each opens its socket with its first packet.
    let start = Instant::now();
    for client in &mut clients {
        peer.set_read_timeout(Some(Duration::from_millis(20)))?;
        // Until it listens, the system refuses.
        while client.send(10).is_err() || peer.recv(&mut [0; 10]).is_err() {
            if start.elapsed() > Duration::from_secs(10) {
                return Err("the bare loop relays nothing".into());
            }
        }
    }
    Ok(Relay {
        process,
        clients,
        peer,
    })
}

/// There and back, one packet after the other; the median in microseconds.
fn round_trip(client: &mut Relayed, peer: &UdpSocket) -> Result<f64, Failure> {
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    let mut buffer = [0; 1500];
    for _ in 0..ROUND_TRIPS {
        let start = Instant::now();
        client.send(1_200)?;
        let (length, from) = peer.recv_from(&mut buffer)?;
        peer.send_to(&buffer[..length], from)?;
        client.socket.recv(&mut buffer)?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(&times))
}
