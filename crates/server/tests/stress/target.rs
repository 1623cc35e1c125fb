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
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let server = Server::new(config).unwrap();
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
        let port: u16 = line.trim().parse().unwrap();
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], port)),
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

    /// Notes the most that the server holds in memory, until it is stopped.
    pub(crate) fn watch_memory(&self) -> Peak {
        let (stop, mut stopped) = oneshot::channel();
        let peak = Arc::new(Mutex::new(0));
        let (process, noted) = (self.child.id(), Arc::clone(&peak));
        let task = tokio::spawn(async move {
            loop {
                {
                    let mut peak = noted.lock().unwrap();
                    *peak = resident_kib(process).max(*peak);
                }
                tokio::select! {
                    _ = &mut stopped => return,
                    () = tokio::time::sleep(TICK) => {}
                }
            }
        });
        Peak { stop, task, peak }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Peak {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    peak: Arc<Mutex<u64>>,
}

impl Peak {
    pub(crate) async fn stop(self) -> u64 {
        let _ = self.stop.send(());
        self.task.await.unwrap();
        *self.peak.lock().unwrap()
    }
}

fn resident_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.unwrap().trim().trim_end_matches("kB").trim();
    number.parse().unwrap()
}
