//! Relays that run elsewhere, as processes: clients are told two of them, and none that is dead.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio::time::sleep;

use crate::cluster::Nats;
use crate::program::{self, program};
use crate::push::Person;
use crate::support::soon;

struct Relay {
    child: Child,
    port: u16,
}

/// A relay of that region, as a process.
async fn relay(url: &str, secret: &Path, region: &str) -> Relay {
    let mut child = program("127.0.0.1:0")
        .args(["--role", "turn", "--turn-listen", "127.0.0.1:0"])
        .args(["--nats", url, "--region", region, "--secret-file"])
        .arg(secret)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let line = soon(BufReader::new(stdout).lines().next_line()).await;
    let line = line.unwrap().unwrap();
    let address = line.strip_prefix("relaying on ").unwrap();
    let address: SocketAddr = address.parse().unwrap();
    let port = address.port();
    Relay { child, port }
}

/// A server without a relay of its own, as a process.
async fn server(url: &str, secret: &Path, regions: &str) -> (Child, SocketAddr) {
    let mut child = program("127.0.0.1:0")
        .args(["--role", "signaling", "--turn", "--region", regions])
        .args(["--nats", url, "--secret-file"])
        .arg(secret)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let address = program::address(&mut child).await;
    (child, address)
}

/// The ports of the relays that are told, the first first; each has three ways at most.
fn ports(told: &Value) -> Vec<u16> {
    let servers = told["iceServers"].as_array().unwrap();
    let urls = servers.iter().flat_map(|it| it["urls"].as_array().unwrap());
    let mut ports = Vec::new();
    for url in urls {
        let rest = url.as_str().unwrap().strip_prefix("turn:127.0.0.1:");
        if let Some(port) = rest.and_then(|rest| rest.split('?').next()?.parse().ok())
            && !ports.contains(&port)
        {
            ports.push(port);
        }
    }
    ports
}

/// Somebody who comes is told these, in whichever order, after a while.
async fn told(server: SocketAddr, expected: &[u16]) -> Duration {
    let begun = Instant::now();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    soon(async {
        loop {
            let (_, welcome) = Person::new(7).comes(server).await;
            let mut told = ports(&welcome);
            told.sort_unstable();
            if told == expected {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    begun.elapsed()
}

#[tokio::test]
async fn two_relays_are_told_and_a_dead_one_no_more() {
    let Some(nats) = Nats::start().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let (_one, in_north) = server(&nats.url(), &secret, "north,west").await;
    let (_two, in_south) = server(&nats.url(), &secret, "south").await;
    let mut relays = Vec::new();
    for region in ["north", "north", "west", "south"] {
        relays.push(relay(&nats.url(), &secret, region).await);
    }
    let port = |nth: usize| relays[nth].port;
    let [north, second, west, south] = [0, 1, 2, 3].map(port);
    told(in_north, &[north, second]).await;
    // The nearest first, and one of elsewhere.
    let mut page = soon(async {
        loop {
            let (page, welcome) = Person::new(9).comes(in_south).await;
            if let [first, _] = ports(&welcome)[..]
                && first == south
            {
                return page;
            }
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;

    let killed = Instant::now();
    relays[3].child.kill().await.unwrap();
    // Whoever is here is told of others by itself …
    let next = loop {
        let next = page.recv().await;
        if next["type"] == "ice-servers" {
            break next;
        }
    };
    let after = killed.elapsed();
    assert!(!ports(&next).contains(&south) && ports(&next).len() == 2);
    // … and who comes is not told of the dead.
    let (_, welcome) = Person::new(8).comes(in_south).await;
    assert!(!ports(&welcome).contains(&south));
    println!("a dead relay is told no more after {after:?}");
    assert!(after < Duration::from_secs(5), "{after:?}");

    let killed = Instant::now();
    relays[0].child.kill().await.unwrap();
    told(in_north, &[second, west]).await;
    let after = killed.elapsed();
    println!("in the other region after {after:?}");
    assert!(after < Duration::from_secs(5), "{after:?}");

    // One that is told to end says so.
    let pid = i32::try_from(relays[2].child.id().unwrap()).unwrap();
    let ended = Instant::now();
    let mut kill = tokio::process::Command::new("/bin/kill");
    let killed = kill.args(["-TERM", &pid.to_string()]).status().await;
    assert!(killed.unwrap().success());
    told(in_north, &[second]).await;
    println!("one that ends says so: {:?}", ended.elapsed());
}
