//! A relay in a process of its own: ours, or coturn.

use std::process::Command;

use crate::net_lab::{NetLab, PUBLIC_V4, TURN_PORT, command_in};
use crate::process::Process;
use crate::server;

/// A running relay in the public network of a laboratory. Dropping it kills it.
pub struct Relay {
    process: Process,
}

impl Relay {
    /// The server's own relay, without the rest (`--role turn`).
    pub fn ours(net_lab: &NetLab, secret: &str) -> Self {
        let mut command = command_in(Some(net_lab.public().name()), server::program());
        command.args(["--role", "turn", "--turn-secret", secret]);
        command.arg(format!("--turn-listen={PUBLIC_V4}:{TURN_PORT}"));
        Self::start("the relay", &mut command, "relaying on")
    }

    /// coturn with `use-auth-secret`, as `docs/turn.md` tells a host to start it.
    pub fn coturn(net_lab: &NetLab, secret: &str) -> Self {
        let mut command = command_in(Some(net_lab.public().name()), "turnserver");
        command.args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--realm=wimpex"]);
        command.args(["--log-file=stdout", "--use-auth-secret", "--fingerprint"]);
        command.arg(format!("--static-auth-secret={secret}"));
        command.arg(format!("--listening-ip={PUBLIC_V4}"));
        command.arg(format!("--relay-ip={PUBLIC_V4}"));
        command.arg(format!("--listening-port={TURN_PORT}"));
        Self::start("coturn", &mut command, "Total General servers")
    }

    fn start(name: &str, command: &mut Command, ready: &str) -> Self {
        let mut process = Process::start(name, command);
        process.wait_for_line(|line| line.contains(ready).then_some(()));
        Self { process }
    }

    /// Processor time that it has taken so far, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        self.process.cpu_seconds()
    }
}
