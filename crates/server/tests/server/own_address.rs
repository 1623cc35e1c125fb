//! A host whose address changes, in a network of its own.

#![cfg(target_os = "linux")]

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::support::soon;

/// With 198.51.100.1 on its only interface; stands in the place of the test's own network.
const NETWORK: &str = "ip link set lo up && ip link add line type veth peer name far \
    && ip link set line up && ip link set far up \
    && ip address add 198.51.100.1/24 dev line && ip route add default via 198.51.100.254 \
    && exec \"$0\" --listen 0.0.0.0:0 --state-dir \"$1\" --turn --turn-listen 0.0.0.0:0";

async fn until_line(log: &mut Lines<BufReader<ChildStderr>>, words: &[&str]) {
    let look = async {
        while let Some(line) = log.next_line().await.unwrap() {
            if words.iter().all(|word| line.contains(word)) {
                return;
            }
        }
        panic!("the log ends without {words:?}");
    };
    soon(look).await;
}

async fn within(server: &Child, command: &str) -> String {
    let process = server.id().unwrap().to_string();
    let output = Command::new("nsenter")
        .args(["--target", &process, "--net", "/bin/sh", "-c", command])
        .output();
    let output = soon(output).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn another_address_is_told_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--net", "/bin/sh", "-c", NETWORK])
        .arg(env!("CARGO_BIN_EXE_wimpex-server"))
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let can = Command::new("unshare").args(["--net", "true"]).status();
    if !soon(can).await.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: it needs root for a network of its own");
    }
    let mut server = command.spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    until_line(&mut log, &["STUN and TURN", "198.51.100.1"]).await;
    let change = "ip address del 198.51.100.1/24 dev line; \
        ip address add 198.51.100.2/24 dev line; ip route add default via 198.51.100.254";
    within(&server, change).await;
    until_line(
        &mut log,
        &["another address", "198.51.100.1", "198.51.100.2"],
    )
    .await;
    // A line that is down for a while is no other address.
    within(&server, "ip link set line down").await;
    let up = "ip link set line up; ip address del 198.51.100.2/24 dev line; \
        ip address add 198.51.100.3/24 dev line; ip route add default via 198.51.100.254";
    within(&server, up).await;
    until_line(
        &mut log,
        &["another address", "198.51.100.2", "198.51.100.3"],
    )
    .await;
}
