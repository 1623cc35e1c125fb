//! `cargo xtask sizes`: how many people and relayed calls a machine is good for, measured on this
//! one, with the server built as hosts get it: people who are logged in by memory, relayed calls by
//! core and by line.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{package, proc, report};

/// A video call as most are, each way: the page begins with 1.5 Mbit/s and goes on with what the line
/// has; packets a second, and their bytes with RTP and without what the network adds.
const VIDEO: Flow = Flow {
    packets: 210.0,
    bytes: 1_000.0,
};
/// Opus, with a packet each 20 ms.
const AUDIO: Flow = Flow {
    packets: 50.0,
    bytes: 120.0,
};
/// IPv6, UDP, and a channel's header (RFC 8656, section 12.4).
const HEADERS: f64 = 40.0 + 8.0 + 4.0;
const WAYS: f64 = 2.0;

struct Flow {
    packets: f64,
    bytes: f64,
}

/// Measures and prints them.
pub(crate) fn sizes(workspace: &Workspace) -> Result<ExitCode> {
    let example = |package_name: &str, example: &str, arguments: &[&str]| {
        let mut command = package::example(workspace, package_name, example)?;
        command.arg("--").args(arguments);
        report::step(&format!("measuring with {example}"), || {
            proc::captured(&mut command)
        })
    };
    let people = example("wimpex-server", "relay_bench", &[])?;
    let relay = example("wimpex-relay", "relay_compare", &["alone"])?;
    let kib = figure(&people, "memory_kib_per_idle_connection")?;
    let message = figure(&people, "relay_cpu_us_per_message")?;
    let [large, small] =
        ["relay_us_per_packet_1000", "relay_us_per_packet_120"].map(|name| figure(&relay, name));
    let (large, small) = (large?, small?);
    println!("on {}:", machine());
    println!(
        "{:>8.0} people who are logged in, per GiB ({kib:.1} KiB each)",
        per_gib(kib)
    );
    println!(
        "{:>8.0} messages of signaling a second, per core ({message:.1} µs each)",
        1e6 / message
    );
    println!(
        "{:>8.0} relayed video calls per core ({large:.1} µs a packet of video, {small:.1} of sound)",
        calls_per_core(large, small)
    );
    println!(
        "{:>8.0} relayed video calls per Gbit/s, each way",
        calls_per_gigabit()
    );
    Ok(ExitCode::SUCCESS)
}

fn per_gib(kib: f64) -> f64 {
    f64::from(1 << 20) / kib
}

/// For so many microseconds of each packet of video, and of sound.
fn calls_per_core(video: f64, audio: f64) -> f64 {
    1e6 / (WAYS * (VIDEO.packets * video + AUDIO.packets * audio))
}

/// Both ways of a call go in and out again; a line has both directions.
fn calls_per_gigabit() -> f64 {
    let bits = |flow: &Flow| flow.packets * (flow.bytes + HEADERS) * 8.0;
    1e9 / (WAYS * (bits(&VIDEO) + bits(&AUDIO)))
}

/// The number in the line `name=NUMBER`.
fn figure(output: &str, name: &str) -> Result<f64> {
    let mut lines = output.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let value = value.with_context(|| format!("no {name} in what was measured"))?;
    Ok(value.trim().parse()?)
}

fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = |key: &str| {
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let cores = text
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let model = named("model name").unwrap_or_else(|| "an unknown processor".to_owned());
    format!("{cores} cores of {model}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_by_their_whole_name() {
        let output = "a_b=1\nb=2.5\n";
        assert_eq!(figure(output, "b").unwrap(), 2.5);
        assert!(figure(output, "a").is_err());
    }

    #[test]
    fn calls_follow_from_packets() {
        // 260 packets each way, of 2 µs each.
        assert_eq!(calls_per_core(2.0, 2.0).round(), 962.0);
        assert_eq!(calls_per_gigabit().round(), 272.0);
        assert_eq!(per_gib(1024.0), 1024.0);
    }
}
