//! NATS, by which several servers are one.

use std::path::PathBuf;
use std::process::Command;

use tokio::net::TcpStream;

use crate::process::Process;
use crate::server::fresh_address;
use crate::wait::wait_until;

/// A running nats-server; it ends when it is dropped.
pub struct Nats {
    address: String,
    _process: Process,
}

impl Nats {
    /// `None` where nats-server is not installed.
    pub async fn start() -> Option<Self> {
        let program = ["/usr/sbin/nats-server", "/usr/bin/nats-server"].map(PathBuf::from);
        let program = program.into_iter().find(|file| file.is_file())?;
        let listener = std::net::TcpListener::bind(fresh_address()).expect("a loopback address");
        let address = listener.local_addr().expect("it is bound");
        drop(listener);
        let (ip, port) = (address.ip().to_string(), address.port().to_string());
        let mut command = Command::new(program);
        command.args(["-a", &ip, "-p", &port]);
        let process = Process::start("nats-server", &mut command);
        wait_until("nats-server", async || {
            let connected = TcpStream::connect(address).await;
            connected.map(drop).map_err(|error| error.to_string())
        })
        .await;
        Some(Self {
            address: address.to_string(),
            _process: process,
        })
    }

    /// What servers are told of it.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }
}
