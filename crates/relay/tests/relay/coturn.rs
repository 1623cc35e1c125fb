//! A client of another house: coturn's `turnutils`, which wants every packet
//! that it sends back from its peer, through the relay both ways.
//!
//! They come with the Debian package coturn, which `cargo xtask setup --tests`
//! installs. Where they are missing these tests say so and pass.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::basics::{SECRET, soon};
use crate::support::TestRelay;

fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {name} is missing; cargo xtask setup --tests installs it");
    }
    found
}

/// Coturn's peer, which sends back whatever it gets.
async fn echo(ip: &str) -> Option<(Child, u16)> {
    let tool = tool("turnutils_peer")?;
    let free = UdpSocket::bind((ip, 0)).await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let child = Command::new(tool)
        .args(["-L", ip, "-p", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    // It is there when it answers.
    let probe = UdpSocket::bind((ip, 0)).await.unwrap();
    let answered = async {
        loop {
            let _ = probe.send_to(b"?", (ip, port)).await;
            let answer = timeout(Duration::from_millis(50), probe.recv(&mut [0; 8])).await;
            if matches!(answer, Ok(Ok(_))) {
                return;
            }
        }
    };
    soon(answered).await;
    Some((child, port))
}

/// Runs the client; `peer` is none when its clients talk to each other.
async fn uclient(relay: SocketAddr, flags: &[&str], peer: Option<(&str, u16)>) -> Option<String> {
    let mut command = Command::new(tool("turnutils_uclient")?);
    command
        .args(["-W", SECRET, "-u", "alice", "-p", &relay.port().to_string()])
        .args(flags);
    if let Some((ip, port)) = peer {
        command.args(["-e", ip, "-r", &port.to_string()]);
    }
    let child = command
        .arg(relay.ip().to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let output = timeout(Duration::from_secs(60), child.wait_with_output());
    let output = output.await.expect("it took too long").unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{flags:?}: {text}");
    Some(text)
}

/// The last `tot_send_msgs=N, tot_recv_msgs=M`.
fn tally(text: &str) -> (u64, u64) {
    let number = |name: &str| {
        let at = text.rfind(name).unwrap_or_else(|| panic!("{name}: {text}"));
        let digits = text[at + name.len()..].split(|c: char| !c.is_ascii_digit());
        digits.into_iter().next().unwrap().parse().unwrap()
    };
    (number("tot_send_msgs="), number("tot_recv_msgs="))
}

async fn everything_comes_back(six: bool, flags: &[&str]) {
    let relay = TestRelay::start().await;
    let (address, peer_ip) = if six {
        (relay.v6, "::1")
    } else {
        (relay.v4, "127.0.0.1")
    };
    let Some((_echo, port)) = echo(peer_ip).await else {
        return;
    };
    let mut all = vec!["-c", "-n", "100", "-m", "4", "-z", "10", "-l", "170"];
    all.extend(flags);
    if six {
        all.push("-x");
    }
    let Some(text) = uclient(address, &all, Some((peer_ip, port))).await else {
        return;
    };
    let (sent, received) = tally(&text);
    eprintln!(
        "turnutils_uclient {} : sent {sent}, received {received}",
        all.join(" ")
    );
    assert_eq!(sent, 400, "{text}");
    assert_eq!(received, sent, "{text}");
    // It gives back what it used. Over UDP it leaves an allocation of each
    // client to run out, which it made before and never used.
    relay
        .until(|counts| counts.permissions + counts.channels == 0)
        .await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_udp_and_ipv4() {
    everything_comes_back(false, &[]).await;
    everything_comes_back(false, &["-s"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_udp_and_ipv6() {
    everything_comes_back(true, &[]).await;
    everything_comes_back(true, &["-s"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tcp_and_ipv4() {
    everything_comes_back(false, &["-t"]).await;
    everything_comes_back(false, &["-t", "-s"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tcp_and_ipv6() {
    everything_comes_back(true, &["-t"]).await;
}

/// Also with more requests than are needed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_extra_requests() {
    everything_comes_back(false, &["-G"]).await;
}

#[tokio::test]
async fn the_stun_client_hears_its_address() {
    let relay = TestRelay::start().await;
    for address in [relay.v4, relay.v6] {
        let Some(tool) = tool("turnutils_stunclient") else {
            return;
        };
        let output = Command::new(tool)
            .args(["-p", &address.port().to_string(), &address.ip().to_string()])
            .kill_on_drop(true)
            .output();
        let output = soon(output).await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("UDP reflexive addr: "), "{text}");
        assert!(text.contains(&address.ip().to_string()), "{text}");
    }
}
