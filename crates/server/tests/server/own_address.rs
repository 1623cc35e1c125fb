//! A host whose address changes, in a network of its own.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::support::soon;

/// Stands in the place of the test's own network, with what a test adds to its only interface.
const NETWORK: &str = "ip link set lo up && ip link add line type veth peer name far \
    && ip link set line up && ip link set far up";
const SERVER: &str =
    "exec \"$0\" --listen \"$2:0\" --state-dir \"$1\" --turn --turn-listen \"$2:0\"";

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

/// A server in such a network, and its log; `None` where there can be no network of its own.
async fn server(
    folder: &Path,
    listen: &str,
    addresses: &str,
) -> Option<(Child, Lines<BufReader<ChildStderr>>)> {
    let mut command = Command::new("unshare");
    command
        .args(["--net", "/bin/sh", "-c"])
        .arg(format!("{NETWORK} && {addresses} && {SERVER}"))
        .arg(env!("CARGO_BIN_EXE_wimpex-server"))
        .arg(folder)
        .arg(listen)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let can = Command::new("unshare").args(["--net", "true"]).status();
    if !soon(can).await.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: it needs root for a network of its own");
        return None;
    }
    let mut server = command.spawn().unwrap();
    let log = BufReader::new(server.stderr.take().unwrap()).lines();
    Some((server, log))
}

#[tokio::test]
async fn report_12_another_address_is_told_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = "ip address add 198.51.100.1/24 dev line \
        && ip route add default via 198.51.100.254";
    let Some((server, mut log)) = server(folder.path(), "0.0.0.0", addresses).await else {
        return;
    };
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

#[tokio::test]
async fn a_temporary_address_is_followed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = "ip address add 2001:db8::aaaa/64 dev line nodad \
        && ip route add default via 2001:db8::1 dev line";
    let Some((server, mut log)) = server(folder.path(), "[::]", addresses).await else {
        return;
    };
    until_line(&mut log, &["STUN and TURN", "2001:db8::aaaa"]).await;
    // As the system does each day (RFC 8981): it is valid still, and used for nothing new.
    let next = "ip address add 2001:db8::bbbb/64 dev line nodad; \
        ip address change 2001:db8::aaaa/64 dev line preferred_lft 0";
    within(&server, next).await;
    until_line(
        &mut log,
        &["another address", "2001:db8::aaaa", "2001:db8::bbbb"],
    )
    .await;
}
