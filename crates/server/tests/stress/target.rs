//! The server in a process of its own.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wimpex_server::{Config, Server};

pub(crate) const SERVE: &str = "--serve";
const TICK: Duration = Duration::from_millis(50);

/// The server's side: each line on its input asks for its counts; it ends with
/// its input.
pub(crate) async fn serve() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config {
        secret_file: Some(folder.path().join("secret")),
        page_dir: Some(folder.path().to_owned()),
        ..Config::default()
    };
    config.timing.login = Duration::from_secs(3);
    config.timing.http_head = Duration::from_secs(3);
    config.timing.keep = Duration::from_secs(5);
    config.timing.away = Duration::from_secs(2);
    config.turn.turn = Some(true);
    config.turn.turn_listen = vec!["127.0.0.1:0".parse().unwrap()];
    // Where the peers of relayed calls are.
    config.turn.turn_allow_peer = vec!["127.0.0.0/8".parse().unwrap()];
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Server::new(config).unwrap();
    let relay = server.relay_addresses().unwrap()[0];
    println!("{port} {}", relay.port());
    let handle = server.handle();
    let asked = tokio::task::spawn_blocking(move || {
        for _ in std::io::stdin().lines() {
            println!("{:?}", handle.counts());
        }
    });
    let shutdown = async {
        let _ = asked.await;
    };
    server.run(listener, shutdown).await;
}

pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) relay: SocketAddr,
    child: Child,
    pipes: Mutex<(ChildStdin, BufReader<std::process::ChildStdout>)>,
}

impl Target {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let (port, relay) = line.trim().split_once(' ').unwrap();
        let at = |port: &str| SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
        Self {
            address: at(port),
            relay: at(relay),
            pipes: Mutex::new((child.stdin.take().unwrap(), lines)),
            child,
        }
    }

    /// What the server holds, in its own words.
    pub(crate) fn counts(&self) -> String {
        let mut pipes = self.pipes.lock().unwrap();
        let (input, lines) = &mut *pipes;
        writeln!(input).unwrap();
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Waits until the server holds exactly this.
    pub(crate) async fn until(&self, counts: &str) {
        let mut last = String::new();
        for _ in 0..600 {
            last = self.counts();
            if last == counts {
                return;
            }
            tokio::time::sleep(TICK).await;
        }
        panic!("{last} is left, instead of {counts}");
    }

    pub(crate) fn resident_kib(&self) -> u64 {
        resident_kib(self.child.id())
    }

    /// Notes the most that the server holds, until it is stopped.
    pub(crate) fn watch(&self) -> Watch {
        let (stop, mut stopped) = oneshot::channel();
        let most = Arc::new(Mutex::new(Most::default()));
        let (process, noted) = (self.child.id(), Arc::clone(&most));
        let task = tokio::spawn(async move {
            loop {
                {
                    let mut most = noted.lock().unwrap();
                    most.resident_kib = resident_kib(process).max(most.resident_kib);
                    most.descriptors = descriptors(process).max(most.descriptors);
                }
                tokio::select! {
                    _ = &mut stopped => return,
                    () = tokio::time::sleep(TICK) => {}
                }
            }
        });
        Watch { stop, task, most }
    }
}

/// The most that a server held.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Most {
    pub(crate) resident_kib: u64,
    pub(crate) descriptors: usize,
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Watch {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    most: Arc<Mutex<Most>>,
}

impl Watch {
    pub(crate) async fn stop(self) -> Most {
        let _ = self.stop.send(());
        self.task.await.unwrap();
        *self.most.lock().unwrap()
    }
}

fn descriptors(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/fd")).unwrap().count()
}

fn resident_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.unwrap().trim().trim_end_matches("kB").trim();
    number.parse().unwrap()
}
