//! Sessions that go on at other nodes: clients that come to them, nodes that are replaced, drained or
//! dead.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::watch::{self, channel as watch_channel};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::balancer::{balancer, balancer_of};
use crate::cluster::{Nats, Town, join, seen, up, watch_for};
use crate::numbering::NumberingClient;
use crate::program::{self, program};
use crate::support::{Client, TestServer, ringing, soon};

/// A session goes on at whichever node its client comes to, with what it is owed, and nobody sees
/// it go.
#[tokio::test]
async fn a_session_goes_on_at_another_node() {
    let Some(town) = Town::new(3).await else {
        return;
    };
    let mut alice = town.nodes[0].numbering_guest("Alice").await;
    let mut bob = town.nodes[1].guest("Bob").await;
    let mut carol = town.nodes[0].guest("Carol").await;
    let id = alice.id().to_owned();
    for watcher in [&mut bob, &mut carol] {
        watcher.send(watch_for(&[&id])).await;
        seen(watcher, &id, true).await;
    }
    let number = |to: &str, number: u32| json!({"type": "call-ringing", "toId": to, "callId": format!("c{number}")});
    alice.send(number(&bob.id, 1)).await;
    assert_eq!(bob.recv().await["callId"], "c1");
    let mut next = 1;
    for node in [1, 2, 0, 1] {
        alice.cut();
        bob.send(number(&id, next)).await;
        carol.send(number(&id, next + 1)).await;
        alice.go_to(town.nodes[node].address);
        assert!(alice.resume().await, "to node {node}");
        carol.send(number(&id, next + 2)).await;
        let mut got = Vec::new();
        for _ in 0..3 {
            got.push(alice.recv().await["callId"].as_str().unwrap().to_owned());
        }
        let place = |number: u32| got.iter().position(|it| *it == format!("c{number}"));
        let places = [place(next), place(next + 1), place(next + 2)];
        assert!(places.iter().all(Option::is_some), "{got:?}");
        assert!(
            places[1] < places[2],
            "what one sends keeps its order: {got:?}"
        );
        next += 3;
        alice.send(number(&bob.id, next)).await;
        assert_eq!(
            bob.recv().await["callId"],
            format!("c{next}"),
            "and no presence"
        );
    }
    carol.send(ringing(&bob.id)).await;
    bob.recv().await;
    carol.nothing_more().await;
    let left = || {
        town.nodes
            .iter()
            .map(|node| node.counts().sessions)
            .sum::<usize>()
    };
    crate::support::until(|| left() == 3).await;
}

/// Somebody else's name of a session is of no use.
#[tokio::test]
async fn nobody_gets_the_session_of_somebody_else_from_another_node() {
    let Some(town) = Town::new(2).await else {
        return;
    };
    let mut alice = town.nodes[0].numbering_guest("Alice").await;
    let mut eve = town.nodes[1].numbering_guest("Eve").await;
    eve.session.clone_from(&alice.session);
    assert!(!eve.resume().await);
    // Nor is one that never was, or whose node is not there.
    for name in ["s-nowhere.1", &format!("{}9", alice.session)] {
        name.clone_into(&mut eve.session);
        assert!(!eve.resume().await);
    }
    let id = alice.id().to_owned();
    eve.send(ringing(&id)).await;
    assert_eq!(alice.recv().await["type"], "call-ringing");
}

/// With the node where it lived dead, or NATS away, a client has a new session at once.
#[tokio::test]
async fn whose_node_is_dead_has_a_new_session() {
    let Some(mut town) = Town::new(2).await else {
        return;
    };
    let mut alice = town.nodes[0].numbering_guest("Alice").await;
    town.nats.kill().await;
    up(&town.nodes[1], false).await;
    alice.cut();
    alice.go_to(town.nodes[1].address);
    let start = Instant::now();
    assert!(!alice.resume().await);
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    town.nats.restart().await;
    town.until_up().await;
    // The older session of the same device gives way.
    let left = || {
        town.nodes
            .iter()
            .map(|node| node.counts().sessions)
            .sum::<usize>()
    };
    crate::support::until(|| left() == 1).await;
}

/// Pairs who count; twenty times as many in `cargo xtask soak`.
fn pairs_count() -> usize {
    match std::env::var_os("WIMPEX_SOAK") {
        Some(_) => 1_000,
        None => 50,
    }
}

/// Pairs who count, while three nodes are replaced one after the other: nothing is lost, nothing
/// comes twice or out of order, and every session goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_loses_nothing() {
    let count = pairs_count();
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let Some(nats) = Nats::start().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let begin = async || {
        let (url, secret) = (nats.url(), folder.path().join("secret"));
        let node = TestServer::with(|config| {
            join(config, url);
            config.secret_file = Some(secret);
            config.limits.connections_per_address = 0;
            config.limits.stranger_bytes_per_second = 0;
            config.limits.stranger_offers_per_minute = 0;
        })
        .await;
        up(&node, true).await;
        node
    };
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(begin().await);
    }
    let addresses = |nodes: &[TestServer]| nodes.iter().map(|node| node.address).collect();
    let behind = Arc::new(Mutex::new(addresses(&nodes)));
    let (address, _balancer) = balancer_of(Arc::clone(&behind)).await;
    let others = |node: &TestServer| node.handle.cluster().map_or(0, |it| it.nodes);
    for node in &nodes {
        crate::support::until(|| others(node) == 2).await;
    }
    let pairs = Pairs::begin(address, count).await;
    for index in 0..nodes.len() {
        let next = begin().await;
        crate::support::until(|| others(&next) == 3).await;
        let old = std::mem::replace(&mut nodes[index], next);
        *behind.lock().unwrap() = addresses(&nodes);
        let started = Instant::now();
        old.stop().await;
        eprintln!(
            "measured: a node of {} clients has gone in {:?}",
            2 * count,
            started.elapsed()
        );
    }
    let (turns, moves) = pairs.end().await;
    eprintln!("measured: {count} pairs, {turns} messages, {moves} moves, none lost or repeated");
    assert!(moves >= 2 * count, "{moves}");
}

/// A server as a process that can be told something by its host.
struct HostedNode {
    _child: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl HostedNode {
    async fn start(url: &str, secret: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program("127.0.0.1:0");
        command
            .args([
                "--nats",
                url,
                "--turn=false",
                "--connections-per-address",
                "0",
            ])
            .arg("--secret-file")
            .arg(secret)
            .arg("--state-dir")
            .arg(folder.path())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let address = program::address(&mut child).await;
        let socket = folder.path().join("admin.sock");
        soon(async {
            while UnixStream::connect(&socket).await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        Self {
            _child: child,
            address,
            folder,
        }
    }

    async fn admin(&self, words: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wimpex-server"));
        command.arg("admin").args(words);
        command.arg("--folder").arg(self.folder.path());
        let said = soon(command.output()).await.unwrap();
        assert!(said.status.success(), "{said:?}");
        String::from_utf8(said.stdout).unwrap()
    }

    /// Drains it, as soon as it has heard of others that its people may go to.
    async fn drains_to_others(&self) {
        soon(async {
            while !self.admin(&["drain"]).await.contains("go to other servers") {
                self.admin(&["drain", "--off"]).await;
            }
        })
        .await;
    }

    async fn sessions(&self) -> u64 {
        let status: Value = serde_json::from_str(&self.admin(&["status", "--json"]).await).unwrap();
        status["sessions"].as_u64().unwrap()
    }
}

/// A server that is drained sends those who are there to the others, with all that is on its way,
/// and has people again when it is told to.
#[tokio::test]
async fn a_drained_servers_people_go_to_others() {
    let Some(nats) = Nats::start().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(HostedNode::start(&nats.url(), &secret).await);
    }
    // A node that has not heard of the others yet can have no session of theirs.
    for node in &nodes {
        node.drains_to_others().await;
        node.admin(&["drain", "--off"]).await;
    }
    // A balancer that asks nobody how they are: who is refused comes again.
    let (address, _balancer) = balancer(nodes.iter().map(|node| node.address).collect()).await;
    let pairs = Pairs::begin(address, 10).await;
    let before = nodes[1].sessions().await;
    assert!(before > 0, "the balancer spreads them");
    nodes[1].drains_to_others().await;
    soon(async {
        while nodes[1].sessions().await > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    nodes[1].admin(&["drain", "--off"]).await;
    let mut carol = Client::connect(nodes[1].address).await;
    let login = json!({"type": "login", "username": "Carol"});
    carol.login(login).await;
    carol.nothing_more().await;
    let (turns, moves) = pairs.end().await;
    assert!(
        turns > 0 && moves as u64 >= before,
        "{turns} {moves} {before}"
    );
}

/// Pairs of clients who count together, through whatever happens to their connections.
struct Pairs {
    over: watch::Sender<bool>,
    clients: Vec<JoinHandle<(usize, usize)>>,
}

impl Pairs {
    async fn begin(address: SocketAddr, count: usize) -> Self {
        let (over, is_over) = watch_channel(false);
        let mut clients = Vec::new();
        // So that all together say about five thousand things a second.
        let pause = Duration::from_millis(20.max(count as u64 / 5));
        for _ in 0..count {
            let alice = NumberingClient::new(address, "Alice").await;
            let bob = NumberingClient::new(address, "Bob").await;
            let (to_alice, to_bob) = (alice.id().to_owned(), bob.id().to_owned());
            let counting = counted(alice, to_bob, true, pause, is_over.clone());
            clients.push(tokio::spawn(counting));
            let counting = counted(bob, to_alice, false, pause, is_over.clone());
            clients.push(tokio::spawn(counting));
        }
        Self { over, clients }
    }

    /// How many messages have come, and how often clients have come back.
    async fn end(self) -> (usize, usize) {
        self.over.send(true).unwrap();
        let (mut turns, mut moves) = (0, 0);
        for client in self.clients {
            let (counted, moved) = soon(client).await.unwrap();
            turns += counted;
            moves += moved;
        }
        (turns, moves)
    }
}

/// Sends a number, waits for the same from the other, and so on. Returns how many numbers have
/// come, and how often it has come back.
async fn counted(
    mut client: NumberingClient,
    to: String,
    begins: bool,
    pause: Duration,
    is_over: watch::Receiver<bool>,
) -> (usize, usize) {
    let (mut next, mut moves) = (0, 0);
    let signal = |number: usize| {
        let call = format!("c{number}");
        json!({"type": "call-ringing", "toId": to, "callId": call})
    };
    if begins {
        client.try_send(signal(0)).await;
    }
    loop {
        match client.try_recv().await {
            Some(message) if message["type"] == "call-end" => return (next, moves),
            Some(message) => {
                assert_eq!(message["callId"], format!("c{next}"), "{message}");
                next += 1;
                sleep(pause).await;
                client.ack_if_there().await;
                if begins && *is_over.borrow() {
                    let end = json!({"type": "call-end", "toId": to, "callId": "c", "reason": "cancelled"});
                    client.try_send(end).await;
                    client.settled().await;
                    return (next, moves);
                }
                client.try_send(signal(next - usize::from(!begins))).await;
            }
            None => {
                moves += 1;
                while client.try_resume().await.is_none_or(|goes_on| {
                    assert!(goes_on, "the session goes on");
                    false
                }) {
                    sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }
}
