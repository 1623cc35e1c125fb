//! What systemd is told of the server and gives to it: that it is ready, who serves after a restart, the
//! watchdog, and ports that are open before it starts.

#![cfg(unix)]

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::json;
use tempfile::TempDir;
use tokio::net::UnixDatagram;
use tokio::process::{Child, Command};
use turn_types::message::ALLOCATE;

use crate::handover::server;
use crate::program::{self, kill};
use crate::support::{Client, soon};
use crate::turn::{TurnClient, ice_servers};

/// The system's manager: it starts a server, and hears what that says.
struct Manager {
    told: UnixDatagram,
    folder: TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let told = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        Self { told, folder }
    }

    /// Starts a server as `WatchdogSec=3` does.
    async fn start(&self, flags: &[&str]) -> (Child, SocketAddr) {
        let script = "WATCHDOG_PID=$$ exec \"$0\" \"$@\"";
        let mut process = Command::new("/bin/sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_wimpex-server")])
            .args(["--listen=127.0.0.1:0", "--state-dir"])
            .arg(self.state())
            .args(flags)
            .env_clear()
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env("WATCHDOG_USEC", "3000000")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let address = program::address(&mut process).await;
        (process, address)
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// The next that it is told which begins so.
    async fn hears(&self, begin: &str) -> String {
        let mut bytes = [0; 256];
        loop {
            let length = soon(self.told.recv(&mut bytes)).await.unwrap();
            let text = String::from_utf8_lossy(&bytes[..length]).trim().to_owned();
            if text.starts_with(begin) {
                return text;
            }
        }
    }

    fn forget_what_was_said(&self) {
        while self.told.try_recv(&mut [0; 256]).is_ok() {}
    }
}

#[tokio::test]
async fn the_system_s_manager_is_told_who_serves() {
    let manager = Manager::new();
    let (mut first, address) = manager.start(&[]).await;
    assert_eq!(manager.hears("").await, "READY=1", "before all else");
    // It has nobody to tell: what is heard is said by the first.
    let mut next = server(&manager.state(), &[]);
    let mut next = next.arg("--take-over").spawn().unwrap();
    assert_eq!(program::address(&mut next).await, address);
    let main = manager.hears("MAINPID=").await;
    assert_eq!(main, format!("MAINPID={}", next.id().unwrap()));
    assert!(soon(first.wait()).await.unwrap().success());
}

#[tokio::test]
async fn who_has_taken_over_answers_the_watchdog() {
    let manager = Manager::new();
    let (mut first, _) = manager.start(&[]).await;
    manager.hears("WATCHDOG=1").await;
    kill("-USR2", first.id().unwrap()).await;
    let main = manager.hears("MAINPID=").await;
    // What is said from now on is said by the next.
    assert!(soon(first.wait()).await.unwrap().success());
    manager.forget_what_was_said();
    manager.hears("WATCHDOG=1").await;
    kill("-TERM", main["MAINPID=".len()..].parse().unwrap()).await;
    manager.hears("STOPPING=1").await;
}

/// When it is to stop, systemd waits for its own children, and kills at once what is another's.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_takes_over_is_no_child_of_who_was_before() {
    let manager = Manager::new();
    let flags = ["--turn", "--turn-listen=127.0.0.1:0"];
    let (first, address) = manager.start(&flags).await;
    // It stays, so that whose child the next one is does not change under our eyes.
    let call = TurnClient::new(&ice_servers(address).await).await;
    assert_eq!(call.code(ALLOCATE).await, 0);
    let first = first.id().unwrap();
    kill("-USR2", first).await;
    let main = manager.hears("MAINPID=").await;
    let main = &main["MAINPID=".len()..];
    let status = std::fs::read_to_string(format!("/proc/{main}/status")).unwrap();
    let mut lines = status.lines();
    let parent = lines.find_map(|line| line.strip_prefix("PPid:")).unwrap();
    assert_ne!(parent.trim(), first.to_string());
    kill("-TERM", main.parse().unwrap()).await;
}

#[tokio::test]
async fn who_is_succeeded_by_a_stranger_answers_the_watchdog_to_the_end() {
    let manager = Manager::new();
    let (_first, address) = manager
        .start(&["--turn", "--turn-listen=127.0.0.1:0"])
        .await;
    let servers = ice_servers(address).await;
    let call = TurnClient::new(&servers).await;
    assert_eq!(call.code(ALLOCATE).await, 0);
    // Started by hand: the manager does not take it for the main process.
    let flags = ["--turn", "--turn-listen=127.0.0.1:0", "--take-over"].map(str::to_owned);
    let mut next = server(&manager.state(), &flags).spawn().unwrap();
    assert_eq!(program::address(&mut next).await, address);
    manager.hears("MAINPID=").await;
    // What was under way when it said so.
    for _ in 0..3 {
        manager.hears("WATCHDOG=1").await;
    }
}

#[tokio::test]
async fn a_port_that_systemd_has_opened_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Whoever came before it started waits.
    let early = tokio::spawn(Client::connect(address));
    let script = "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\"";
    let mut process = Command::new("/bin/sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_wimpex-server")])
        .args(["--listen", &address.to_string(), "--state-dir"])
        .arg(folder.path())
        .env_clear()
        .stdin(OwnedFd::from(listener))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    assert_eq!(program::address(&mut process).await, address);
    let mut client = soon(early).await.unwrap();
    client
        .login(json!({"type": "login", "username": "Alice"}))
        .await;
    client.nothing_more().await;
}
