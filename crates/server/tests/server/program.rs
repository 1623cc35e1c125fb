//! The server as a program: what it prints, and what signals do.

use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::{Client, soon};

pub(crate) fn program(listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wimpex-server"));
    command
        .args(["--listen", listen])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// The one line of standard output, and the address in it.
pub(crate) async fn address(child: &mut Child) -> std::net::SocketAddr {
    let stdout = child.stdout.take().unwrap();
    let line = soon(BufReader::new(stdout).lines().next_line()).await;
    let line = line.unwrap().unwrap();
    let address = line.strip_prefix("listening on http://");
    address.unwrap_or_else(|| panic!("{line}")).parse().unwrap()
}

/// Sends a process this signal.
#[cfg(unix)]
pub(crate) async fn kill(signal: &str, process: u32) {
    let mut kill = Command::new("/bin/kill");
    kill.args([signal, &process.to_string()]);
    assert!(soon(kill.status()).await.unwrap().success());
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_ends_it_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program("127.0.0.1:0");
    command
        .arg("--secret-file")
        .arg(folder.path().join("secret"));
    let mut child = command.spawn().unwrap();
    let address = address(&mut child).await;
    let mut client = Client::connect(address).await;
    client
        .login(serde_json::json!({"type": "login", "username": "Alice"}))
        .await;

    let start = Instant::now();
    kill("-TERM", child.id().unwrap()).await;
    assert_eq!(client.close_code().await, Some(1001));
    let output = soon(child.wait_with_output()).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert!(output.stdout.is_empty(), "one line only");
    // Its log has one line for each change, without secrets and without who it was.
    let log = String::from_utf8(output.stderr).unwrap();
    for word in ["connected", "logged in", "left", "stopped"] {
        assert!(log.contains(word), "{word}: {log}");
    }
    for secret in [&*client.token, &client.id, &client.device, "Alice"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn flags_also_come_from_the_environment_and_senseless_ones_are_refused() {
    let mut command = program("127.0.0.1:0");
    command.env("WIMPEX_TURN_URL", "turn:turn.example.org");
    let output = soon(command.output()).await.unwrap();
    assert!(!output.status.success());
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("--turn-secret"), "{log}");
}

#[tokio::test]
async fn a_port_in_use_is_said_in_words() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = program(&address);
    let output = soon(command.output()).await.unwrap();
    assert!(!output.status.success());
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(
        log.contains(&format!("cannot listen on {address}")),
        "{log}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn it_survives_running_out_of_file_descriptors() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "ulimit -n 40 && exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_wimpex-server"))
        .args(["--listen", "127.0.0.1:0", "--connections-per-address", "0"])
        .arg("--secret-file")
        .arg(folder.path().join("secret"))
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let address = address(&mut child).await;
    let mut first = Client::connect(address).await;
    first
        .login(serde_json::json!({"type": "login", "username": "First"}))
        .await;
    let mut crowd = Vec::new();
    for _ in 0..60 {
        crowd.push(tokio::net::TcpStream::connect(address).await.unwrap());
    }
    first.nothing_more().await;
    drop(crowd);
    let mut late = Client::connect(address).await;
    late.login(serde_json::json!({"type": "login", "username": "Late"}))
        .await;
}
