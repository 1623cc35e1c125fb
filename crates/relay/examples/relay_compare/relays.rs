//! The relays, each in a process of its own, so that it is measured alone.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::time::ClockId;
use nix::unistd::Pid;
use wimpex_relay::config::{Limits, RelayAddress, Timing};
use wimpex_relay::credentials::SharedSecret;
use wimpex_relay::{Config, Relay};

use crate::common::{Failure, REALM, SECRET};

/// Ends with this.
pub(crate) struct Process(Child);

impl Process {
    /// This program, to be one of the functions here; or an earlier build of it.
    pub(crate) fn own(earlier: Option<&OsStr>, arguments: &[String]) -> Result<Self, Failure> {
        let this = std::env::current_exe()?;
        let mut command = Command::new(earlier.unwrap_or(this.as_os_str()));
        Ok(Self(command.args(arguments).spawn()?))
    }

    /// Coturn, as Debian configures it; only what would write to a terminal or a disk is off.
    pub(crate) fn coturn(port: u16) -> Result<Self, Failure> {
        let child = Command::new("turnserver")
            .args([
                "-n",
                "--no-tls",
                "--no-dtls",
                "--no-cli",
                "--log-file=stdout",
            ])
            .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1"])
            .args(["--use-auth-secret", "--allow-loopback-peers"])
            .arg(format!("--listening-port={port}"))
            .arg(format!("--static-auth-secret={SECRET}"))
            .arg(format!("--realm={REALM}"))
            .arg(format!("--pidfile=/tmp/relay-compare-{port}.pid"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Ok(Self(child.map_err(|error| {
            format!(
                "turnserver cannot be run ({error}); Debian's package coturn has it, which \
                 cargo xtask setup --tests installs"
            )
        })?))
    }

    /// The CPU time that it has used so far, of all its threads.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let pid = Pid::from_raw(i32::try_from(self.0.id())?);
        Ok(ClockId::pid_cpu_clock_id(pid)?.now()?.into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This relay, until it is killed.
pub(crate) fn serve(port: u16) -> Result<(), Failure> {
    let ip = [127, 0, 0, 1].into();
    let config = Config {
        listen: vec![SocketAddr::new(ip, port)],
        tls: None,
        relays: vec![RelayAddress {
            bind: ip,
            public: ip,
        }],
        ports: 49152..=65535,
        secret: SharedSecret::new(SECRET),
        realm: REALM.to_owned(),
        allow_peers: vec!["127.0.0.0/8".parse()?],
        limits: Limits {
            allocations_per_network: 0,
            user_kbps: 0,
            network_kbps: 0,
            total_kbps: 0,
            ..Limits::default()
        },
        timing: Timing::default(),
    };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            Relay::bind(config)?.run(std::future::pending()).await;
            Ok(())
        })
}

/// The least that relays in one direction: a datagram comes, loses its header, and leaves for the
/// peer by its client's own socket. No lock, no allocation, no permission, nothing to wait for but
/// the one socket.
pub(crate) fn serve_bare(port: u16, peer: SocketAddr) -> Result<(), Failure> {
    let listening = UdpSocket::bind(("127.0.0.1", port))?;
    let mut own: HashMap<SocketAddr, UdpSocket> = HashMap::new();
    let mut buffer = vec![0; 65_535];
    loop {
        let (length, from) = listening.recv_from(&mut buffer)?;
        let Some(data) = buffer.get(4..length) else {
            continue;
        };
        if let Some(socket) = own.get(&from) {
            socket.send_to(data, peer)?;
        } else {
            own.insert(from, UdpSocket::bind("127.0.0.1:0")?);
        }
    }
}
