//! NATS and the nodes, each in a process of its own, so that each is measured alone.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use wimpex_server::Config;

use crate::failure::Failure;

pub(crate) const SERVE: &str = "--serve";

/// Ends with this.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// NATS on a port of its own.
    pub(crate) fn nats() -> Result<Self, Failure> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut places = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        let tool = places.find(|folder| folder.join("nats-server").is_file());
        let tool = tool.ok_or("nats-server is missing; cargo xtask setup --tests installs it")?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(tool.join("nats-server"))
            .args(["-a", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        while TcpStream::connect(address).is_err() {
            thread::sleep(Duration::from_millis(5));
        }
        Ok(Self { child, address })
    }

    /// A node: this program again.
    pub(crate) fn node(nats: Option<&Process>, secret: &Path) -> Result<Self, Failure> {
        let url = nats.map_or_else(String::new, |nats| format!("nats://{}", nats.address));
        let mut child = Command::new(std::env::current_exe()?)
            .args([SERVE, &url])
            .arg(secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Self { child, address })
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The CPU time of all its threads so far.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let nanoseconds = text.split_whitespace().next().ok_or("empty schedstat")?;
            total += nanoseconds.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(total))
    }

    /// Bytes of its resident set.
    pub(crate) fn resident(&self) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        let kib: f64 = number.ok_or("no VmRSS")?.parse()?;
        Ok(kib * 1024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One node, until its input ends; without limits, since one address is everybody's.
#[tokio::main]
pub(crate) async fn serve(nats: &str, secret: &str) -> Result<(), Failure> {
    let mut config = Config::default();
    if !nats.is_empty() {
        config.cluster.nats = vec![nats.to_owned()];
    }
    config.limits.connections_per_address = 0;
    config.limits.messages_per_second = 0;
    config.limits.bytes_per_second = 0;
    config.limits.stranger_bytes_per_second = 0;
    config.limits.stranger_offers_per_minute = 0;
    config.operation.missed_calls = false;
    config.mailbox.messages = false;
    config.secret_file = Some(secret.into());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let gone = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
    let shutdown = async {
        let _ = gone.await;
    };
    wimpex_server::run(listener, config, shutdown).await?;
    Ok(())
}
