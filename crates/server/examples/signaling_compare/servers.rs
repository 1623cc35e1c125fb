//! The servers, each in a process of its own, so that it is measured alone.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use wimpex_server::Config;

use crate::failure::Failure;

pub(crate) const SERVE: &str = "--serve";
pub(crate) const BARE: &str = "--bare";

/// Ends with this.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

type Start = Box<dyn Fn() -> Result<Server, Failure>>;

/// This server as one of several.
pub(crate) const ON_NATS: &str = "on NATS";

/// This server, the bare one, this one on NATS, and those that the environment names.
pub(crate) fn all(nats: Option<String>) -> Vec<(&'static str, Start)> {
    let own = |argument: &'static str| -> Start {
        Box::new(move || Server::start(Command::new(std::env::current_exe()?).arg(argument)))
    };
    let mut all = vec![("wimpex", own(SERVE)), ("bare", own(BARE))];
    if let Some(nats) = nats {
        all.push((
            ON_NATS,
            Box::new(move || {
                Server::start(Command::new(std::env::current_exe()?).args([SERVE, &nats]))
            }),
        ));
    }
    if let Some(modules) = std::env::var_os("NODE_WS") {
        let program = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = program.join("examples/signaling_compare/node.cjs");
        all.push((
            "Node",
            Box::new(move || {
                Server::start(Command::new("node").args([&program, Path::new(&modules)]))
            }),
        ));
    }
    if let Some(earlier) = std::env::var_os("SIGNALING_COMPARE_EARLIER") {
        let start = move |path: &OsString| Server::start(Command::new(path).arg(SERVE));
        all.push(("earlier", Box::new(move || start(&earlier))));
    }
    all
}

impl Server {
    fn start(command: &mut Command) -> Result<Self, Failure> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Self { child, address })
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

    pub(crate) fn resident_kib(&self) -> Result<u64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.ok_or("no VmRSS")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This server, until its input ends; without limits, since one address is everybody's.
#[tokio::main]
pub(crate) async fn serve(nats: Option<&str>) -> Result<(), Failure> {
    let mut config = Config::default();
    config.cluster.nats = nats.map(str::to_owned).into_iter().collect();
    config.limits.connections_per_address = 0;
    config.limits.messages_per_second = 0;
    config.limits.bytes_per_second = 0;
    config.limits.stranger_bytes_per_second = 0;
    config.limits.stranger_offers_per_minute = 0;
    let folder = tempfile::tempdir()?;
    config.secret_file = Some(folder.path().join("secret"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let gone = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
    let shutdown = async {
        let _ = gone.await;
    };
    wimpex_server::run(listener, config, shutdown).await?;
    Ok(())
}
