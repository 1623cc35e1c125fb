//! A restart that nobody notices: one process after another takes the same place.

#![cfg(unix)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::interval;
use tokio_tungstenite::tungstenite::Message;
use turn_types::message::{ALLOCATE, REFRESH};

use crate::mailbox;
use crate::numbering::NumberingClient;
use crate::program::{self, kill, program};
use crate::push::{CREATED, Person, Service};
use crate::support::{Client, offer, soon, until};
use crate::turn::{TurnClient, ice_servers};

/// One process after another, in one state folder.
struct Line {
    folder: TempDir,
    flags: Vec<String>,
    address: SocketAddr,
    process: Child,
}

impl Line {
    async fn begin(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
        let mut process = server(folder.path(), &flags).spawn().unwrap();
        let address = program::address(&mut process).await;
        // Where the next one finds it.
        let socket = folder.path().join("handover.sock");
        until(|| socket.exists()).await;
        Self {
            folder,
            flags,
            address,
            process,
        }
    }

    /// Which file the next process is to find it by: there is another when it is another's.
    fn socket(&self) -> u64 {
        let socket = self.folder.path().join("handover.sock");
        std::fs::metadata(socket).unwrap().ino()
    }

    /// A process that takes the place of the one that runs, which is returned.
    async fn restart(&mut self) -> Child {
        let before = self.socket();
        let mut next = server(self.folder.path(), &self.flags)
            .arg("--take-over")
            .spawn()
            .unwrap();
        assert_eq!(program::address(&mut next).await, self.address);
        until(|| self.socket() != before).await;
        std::mem::replace(&mut self.process, next)
    }
}

/// A process in this state folder.
pub(crate) fn server(folder: &Path, flags: &[String]) -> Command {
    let mut command = program("127.0.0.1:0");
    command.arg("--state-dir").arg(folder).args(flags);
    command.stderr(Stdio::inherit());
    command
}

/// Nothing that this test does is too much.
const NO_LIMITS: [&str; 8] = [
    "--connections-per-address=0",
    "--messages-per-second=0",
    "--bytes-per-second=0",
    "--stranger-bytes-per-second=0",
    "--stranger-offers-per-minute=0",
    "--queue-messages=0",
    "--queue-bytes=0",
    "--absent-bytes=0",
];

/// Sends numbered messages to a partner, counts the partner's, and comes back whenever its
/// connection ends, as docs/protocol.md says.
struct Talker {
    address: SocketAddr,
    name: String,
    client: Client,
    session: String,
    sent: u64,
    kept: VecDeque<(u64, Value)>,
    received: u64,
    reconnects: usize,
}

impl Talker {
    async fn new(address: SocketAddr, name: &str) -> Self {
        let client = NumberingClient::new(address, name).await;
        Self {
            address,
            name: name.to_owned(),
            session: client.session,
            client: client.client,
            sent: 0,
            kept: VecDeque::new(),
            received: 0,
            reconnects: 0,
        }
    }

    /// Until so many have gone each way, but no more than are `allowed` by now. `progress` counts
    /// what arrives.
    async fn talk(&mut self, to: &str, total: u64, progress: &AtomicUsize, allowed: &AtomicU64) {
        let mut pace = interval(Duration::from_millis(10));
        while self.sent < total || self.received < total || !self.kept.is_empty() {
            tokio::select! {
                _ = pace.tick() => {
                    if self.sent < total.min(allowed.load(Ordering::Relaxed)) {
                        self.send(to).await;
                    }
                }
                message = self.client.ws.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        self.take(&serde_json::from_str(&text).unwrap(), progress).await;
                    }
                    Some(Ok(Message::Close(frame))) => {
                        assert_eq!(frame.map(|frame| frame.code.into()), Some(1001));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => self.come_back().await,
                }
            }
        }
    }

    async fn send(&mut self, to: &str) {
        self.sent += 1;
        let message = json!({
            "type": "call-ringing", "toId": to, "callId": format!("c{}", self.sent),
            "seq": self.sent,
        });
        self.kept.push_back((self.sent, message.clone()));
        // It may be too broken to take it.
        let _ = self
            .client
            .ws
            .send(Message::text(message.to_string()))
            .await;
    }

    async fn take(&mut self, message: &Value, progress: &AtomicUsize) {
        if message["type"] == "ack" {
            return self.forget(message["received"].as_u64().unwrap());
        }
        self.received += 1;
        assert_eq!(message["type"], "call-ringing", "{message}");
        assert_eq!(message["seq"], self.received, "{message}");
        assert_eq!(message["callId"], format!("c{}", self.received));
        progress.fetch_add(1, Ordering::Relaxed);
        let ack = json!({"type": "ack", "received": self.received});
        let _ = self.client.ws.send(Message::text(ack.to_string())).await;
    }

    /// Over another connection. A process that is about to go may close it, but none is refused.
    async fn come_back(&mut self) {
        self.reconnects += 1;
        let login = json!({
            "type": "login", "username": self.name, "resumeToken": self.client.token,
            "deviceId": self.client.device,
            "session": {"id": self.session, "received": self.received},
        });
        let welcome = loop {
            let mut client = Client::connect(self.address).await;
            let Some(hello) = client.first().await else {
                continue;
            };
            assert_eq!(hello["type"], "hello", "{hello}");
            if client
                .ws
                .send(Message::text(login.to_string()))
                .await
                .is_err()
            {
                continue;
            }
            if let Some(welcome) = client.first().await {
                client.take_welcome(&welcome);
                self.client = client;
                break welcome;
            }
        };
        assert_eq!(welcome["session"]["id"], self.session, "{welcome}");
        self.forget(welcome["session"]["received"].as_u64().unwrap());
        for (_, message) in self.kept.clone() {
            let _ = self
                .client
                .ws
                .send(Message::text(message.to_string()))
                .await;
        }
    }

    fn forget(&mut self, received: u64) {
        assert!(received <= self.sent);
        self.kept.retain(|(seq, _)| *seq > received);
    }
}

/// How much of it there is; more where WIMPEX_SOAK is set.
struct Extent {
    clients: usize,
    restarts: usize,
    messages: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_lose_and_repeat_nothing() {
    let extent = match std::env::var_os("WIMPEX_SOAK") {
        None => Extent {
            clients: 16,
            restarts: 3,
            messages: 80,
        },
        Some(_) => Extent {
            clients: 200,
            restarts: 10,
            messages: 600,
        },
    };
    let mut line = Line::begin(&NO_LIMITS).await;
    let progress = Arc::new(AtomicUsize::new(0));
    // There is something to be said at each restart, however long that takes.
    let part = extent.messages / (extent.restarts as u64 + 1);
    let allowed = Arc::new(AtomicU64::new(2 * part));
    let mut talkers = Vec::new();
    for number in 0..extent.clients {
        talkers.push(Talker::new(line.address, &format!("Talker {number}")).await);
    }
    let ids: Vec<String> = talkers.iter().map(|it| it.client.id.clone()).collect();
    let mut talks = Vec::new();
    for (number, mut talker) in talkers.into_iter().enumerate() {
        let to = ids[number ^ 1].clone();
        let (progress, allowed) = (Arc::clone(&progress), Arc::clone(&allowed));
        talks.push(tokio::spawn(async move {
            let total = extent.messages;
            talker.talk(&to, total, &progress, &allowed).await;
            talker.reconnects
        }));
    }
    let all = extent.clients * usize::try_from(extent.messages).unwrap();
    let mut old = Vec::new();
    for restart in 1..=extent.restarts {
        let after = all * restart / (extent.restarts + 1);
        until(|| progress.load(Ordering::Relaxed) >= after).await;
        old.push(line.restart().await);
        allowed.fetch_add(part, Ordering::Relaxed);
    }
    allowed.store(u64::MAX, Ordering::Relaxed);
    let mut reconnects = 0;
    for talk in talks {
        reconnects += soon(talk).await.unwrap();
    }
    assert_eq!(progress.load(Ordering::Relaxed), all);
    assert!(reconnects >= extent.clients, "{reconnects}");
    for mut process in old {
        assert!(soon(process.wait()).await.unwrap().success());
    }
}

#[tokio::test]
async fn a_ringing_call_rings_on() {
    let mut line = Line::begin(&[]).await;
    let mut alice = NumberingClient::new(line.address, "Alice").await;
    let mut bob = NumberingClient::new(line.address, "Bob").await;
    bob.send(json!({"type": "presence-watch", "userIds": [alice.id()]}))
        .await;
    assert_eq!(bob.recv().await["online"], true);
    // It rings, and nobody has acknowledged it.
    alice.send(offer(bob.id())).await;
    assert_eq!(bob.recv().await["type"], "call-offer");
    bob.received -= 1;
    let mut old = line.restart().await;
    assert_eq!(alice.client.close_code().await, Some(1001));
    assert!(alice.resume().await, "the same session");
    assert!(bob.resume().await);
    let again = bob.recv().await;
    assert_eq!(again["type"], "call-offer", "{again}");
    assert_eq!(again["fromUsername"], "Alice");
    let to_alice = json!({"type": "call-ringing", "toId": alice.id(), "callId": "c1"});
    bob.send(to_alice).await;
    assert_eq!(alice.recv().await["type"], "call-ringing");
    // Bob goes on being told of her, and was told of nothing meanwhile.
    let goodbye = alice.client.ws.close(None).await;
    assert!(goodbye.is_ok());
    assert_eq!(bob.recv().await["online"], false);
    assert!(soon(old.wait()).await.unwrap().success());
}

#[tokio::test]
async fn a_relayed_call_lives_on_in_the_old_relay() {
    let mut line = Line::begin(&["--turn", "--turn-listen=127.0.0.1:0"]).await;
    let servers = ice_servers(line.address).await;
    let mut early = TurnClient::new(&servers).await;
    assert_eq!(early.code(ALLOCATE).await, 0);
    let mut old = line.restart().await;
    // Over the same port: the new process knows neither its nonce nor its allocation.
    assert_eq!(early.code(REFRESH).await, 0);
    let again = ice_servers(line.address).await;
    assert_eq!(again[1]["urls"], servers[1]["urls"], "at the same port");
    let late = TurnClient::new(&again).await;
    assert_eq!(late.code(ALLOCATE).await, 0);
    // Both go on through another restart.
    let mut second = line.restart().await;
    assert_eq!(early.code(REFRESH).await, 0);
    assert_eq!(late.code(REFRESH).await, 0);
    assert!(old.try_wait().unwrap().is_none());
    // The first process ends with its last call.
    assert_eq!(early.release().await, 0);
    assert!(soon(old.wait()).await.unwrap().success());
    assert_eq!(late.code(REFRESH).await, 0);
    // The port is another process's for who comes back.
    early.nonce.clear();
    assert_eq!(early.code(ALLOCATE).await, 401, "who is that?");
    assert_eq!(late.release().await, 0);
    assert!(soon(second.wait()).await.unwrap().success());
}

#[tokio::test]
async fn a_successor_that_cannot_start_harms_nobody() {
    let line = Line::begin(&[]).await;
    let mut alice = NumberingClient::new(line.address, "Alice").await;
    let output = server(line.folder.path(), &line.flags)
        .args([
            "--take-over",
            "--tls-cert=/nowhere.pem",
            "--tls-key=/no.pem",
        ])
        .stderr(Stdio::piped())
        .output();
    let output = soon(output).await.unwrap();
    assert!(!output.status.success());
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("/nowhere.pem"), "{log}");
    still_there(&mut alice).await;
}

#[tokio::test]
async fn a_successor_that_dies_leaves_the_sessions_where_they_are() {
    let line = Line::begin(&["--turn", "--turn-listen=127.0.0.1:0"]).await;
    let mut alice = NumberingClient::new(line.address, "Alice").await;
    let socket = line.folder.path().join("handover.sock");
    let mut successor = UnixStream::connect(socket).await.unwrap();
    say(&mut successor, r#"{"version":1,"process":7}"#).await;
    let answer = hear(&mut successor).await;
    let files = answer["Files"]["labels"].as_array().unwrap().len();
    for _ in 0..files {
        soon(successor.read_u8()).await.unwrap();
    }
    say(&mut successor, r#""Ready""#).await;
    let state = hear(&mut successor).await;
    assert_eq!(state["sessions"][0]["name"], "Alice");
    // What the host changes now would be forgotten.
    assert_eq!(invite(&line).await, "ask-again");
    drop(successor);
    assert_eq!(alice.client.close_code().await, Some(1001));
    // Until it has noticed it says that it goes away.
    let resumed = async {
        loop {
            let mut client = Client::connect(line.address).await;
            if client.first().await.is_some() {
                return;
            }
        }
    };
    soon(resumed).await;
    assert!(alice.resume().await, "the same session");
    assert!(invite(&line).await["done"]["id"].is_string());
    let relay = TurnClient::new(&ice_servers(line.address).await).await;
    assert_eq!(relay.code(ALLOCATE).await, 0, "it relays again");
}

/// What the process that runs says to that.
async fn invite(line: &Line) -> Value {
    let socket = line.folder.path().join("admin.sock");
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let request = b"{\"command\":\"invite\",\"uses\":1,\"seconds\":60}\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

/// It is answered over the connection that it has.
async fn still_there(client: &mut NumberingClient) {
    let own = client.id().to_owned();
    client
        .send(json!({"type": "presence-watch", "userIds": [own]}))
        .await;
    assert_eq!(client.recv().await["type"], "presence");
}

async fn say(stream: &mut UnixStream, text: &str) {
    let length = u32::try_from(text.len()).unwrap();
    stream.write_all(&length.to_be_bytes()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
}

async fn hear(stream: &mut UnixStream) -> Value {
    let length = soon(stream.read_u32()).await.unwrap();
    let mut bytes = vec![0; length as usize];
    stream.read_exact(&mut bytes).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn another_version_is_told_so() {
    let line = Line::begin(&[]).await;
    let socket = line.folder.path().join("handover.sock");
    let mut successor = UnixStream::connect(socket).await.unwrap();
    say(&mut successor, r#"{"version":2,"process":7}"#).await;
    assert_eq!(hear(&mut successor).await, json!({"Version": 1}));
    let mut alice = NumberingClient::new(line.address, "Alice").await;
    still_there(&mut alice).await;
}

#[tokio::test]
async fn a_second_server_in_a_state_folder_is_refused() {
    let line = Line::begin(&[]).await;
    let output = server(line.folder.path(), &line.flags)
        .stderr(Stdio::piped())
        .output();
    let output = soon(output).await.unwrap();
    assert!(!output.status.success());
    let log = String::from_utf8(output.stderr).unwrap();
    let process = format!("(process {})", line.process.id().unwrap());
    assert!(
        log.contains(&process) && log.contains("--take-over"),
        "{log}"
    );
}

#[tokio::test]
async fn sigusr2_starts_the_program_anew() {
    let mut line = Line::begin(&[]).await;
    let mut alice = NumberingClient::new(line.address, "Alice").await;
    let id = line.process.id().unwrap();
    kill("-USR2", id).await;
    assert_eq!(alice.client.close_code().await, Some(1001));
    assert!(alice.resume().await, "the same session");
    assert!(soon(line.process.wait()).await.unwrap().success());
    let lock = std::fs::read_to_string(line.folder.path().join("server.lock")).unwrap();
    let next: u32 = lock.trim().parse().unwrap();
    assert_ne!(next, id);
    kill("-TERM", next).await;
    assert_eq!(alice.client.close_code().await, Some(1001));
}

#[tokio::test]
async fn a_message_that_comes_during_a_restart_is_listed_or_refused() {
    let mut line = Line::begin(&[]).await;
    let [alice, bob] = [1, 2].map(mailbox::Person::new);
    bob.receives(&line.address, &[&alice], false).await;
    let messages = line.folder.path().join("messages");
    let files = || std::fs::read_dir(&messages).map_or(0, Iterator::count);
    let (mut stream, last) = alice.begins(&line.address, &bob, 1).await;
    until(|| files() == 1).await;
    let _old = line.restart().await;
    // From here on the new process knows what is in the folder.
    assert!(bob.list(&line.address).await.is_empty());
    let mut answer = Vec::new();
    // It may be cut off.
    let _ = stream.write_all(last).await;
    let _ = soon(stream.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer);
    let is_taken = answer.starts_with("HTTP/1.1 201");
    let is_told = answer.starts_with("HTTP/1.1 503");
    assert!(is_taken || is_told || answer.is_empty(), "{answer}");
    let listed = bob.list(&line.address).await.len();
    assert_eq!(listed, usize::from(is_taken));
    until(|| files() == listed).await;
    assert_eq!(alice.leave(&line.address, &bob, 1).await.status, 201);
}

/// A caller who is at it while one process takes the place of another.
struct Caller {
    talker: Talker,
    callee: String,
}

impl Caller {
    async fn new(line: &Line, callee: &str) -> Self {
        let (talker, callee) = (Talker::new(line.address, "Alice").await, callee.to_owned());
        Self { talker, callee }
    }

    async fn send(&mut self, mut message: Value) {
        self.talker.sent += 1;
        message["seq"] = json!(self.talker.sent);
        message["toId"] = json!(self.callee);
        let kept = (self.talker.sent, message.clone());
        self.talker.kept.push_back(kept);
        let text = Message::text(message.to_string());
        self.talker.client.ws.send(text).await.unwrap();
    }

    /// Until the next message but acks.
    async fn hears(&mut self) -> Value {
        loop {
            let message = self.talker.client.recv().await;
            if message["type"] != "ack" {
                self.talker.received += 1;
                return message;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_woken_is_told_by_the_next_process_how_it_ended() {
    let service = Service::start(CREATED).await;
    let flags = service.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut line = Line::begin(&flags).await;
    let bob = Person::new(7);
    let asked = bob.subscription(&service.endpoint("bob"), 1);
    assert_eq!(bob.ask(line.address, asked).await.status, 204);
    let mut alice = Caller::new(&line, &bob.id).await;
    alice.send(offer(&bob.id)).await;
    assert_eq!(alice.hears().await["code"], "user-waking");
    until(|| service.heads().len() == 1).await;
    for _ in 0..2 {
        let mut old = line.restart().await;
        soon(old.wait()).await.unwrap();
        alice.talker.come_back().await;
    }
    // The same offer wakes nobody once more, and the end of the call replaces the notice.
    alice.send(offer(&bob.id)).await;
    assert_eq!(alice.hears().await["code"], "user-waking");
    alice
        .send(json!({"type": "call-end", "callId": "c1", "reason": "cancelled"}))
        .await;
    assert_eq!(alice.hears().await["code"], "user-offline");
    until(|| service.heads().len() == 2).await;
    let head = service.heads().remove(1).to_lowercase();
    assert!(head.contains("\r\nurgency: normal"), "{head}");
    // And the subscription is known to the last of the three.
    let mut next = offer(&bob.id);
    next["callId"] = json!("c2");
    alice.send(next).await;
    assert_eq!(alice.hears().await["code"], "user-waking");
}
