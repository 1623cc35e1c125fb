//! Several servers as one, on a real NATS server.
//!
//! It comes with the Debian package nats-server, which `cargo xtask setup --tests` installs. Where
//! it is missing these tests say so and pass.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;
use wimpex_server::Config;

use crate::program::{self, program};
use crate::support::{
    Client, KEPT_TOGETHER, NATS, NODES, TestServer, free_address, keep_together, offer, ringing,
    soon,
};

/// A NATS server of one test's own.
pub(crate) struct Nats {
    pub(crate) port: u16,
    arguments: Vec<String>,
    child: Child,
    _folder: Option<TempDir>,
}

pub(crate) fn tool() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders
        .map(|folder| folder.join("nats-server"))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: nats-server is missing; cargo xtask setup --tests installs it");
    }
    found
}

impl Nats {
    /// `None` where there is no such program.
    pub(crate) async fn start() -> Option<Self> {
        Self::with(&[], None).await
    }

    /// One that keeps things.
    pub(crate) async fn keeping() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().to_str().unwrap().to_owned();
        Self::with(&["-js", "-sd", &store], Some(folder)).await
    }

    pub(crate) async fn with(arguments: &[&str], folder: Option<TempDir>) -> Option<Self> {
        let port = free_address().port();
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let child = spawn(port, &arguments)?;
        let nats = Self {
            port,
            arguments,
            child,
            _folder: folder,
        };
        nats.ready().await;
        Some(nats)
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    pub(crate) async fn restart(&mut self) {
        self.child = spawn(self.port, &self.arguments).unwrap();
        self.ready().await;
    }

    async fn ready(&self) {
        let look = async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        soon(look).await;
    }
}

fn spawn(port: u16, arguments: &[String]) -> Option<Child> {
    let mut command = Command::new(tool()?);
    command
        .args(["-a", "127.0.0.1", "-p", &port.to_string()])
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    Some(command.spawn().unwrap())
}

/// Servers of one secret on one NATS server, each with a state of its own.
pub(crate) struct Town {
    pub(crate) nats: Nats,
    pub(crate) nodes: Vec<TestServer>,
    _folder: TempDir,
}

impl Town {
    pub(crate) async fn new(count: usize) -> Option<Self> {
        Some(Self::on(Nats::start().await?, count, |_| {}).await)
    }

    /// The same, and they keep together what they keep.
    pub(crate) async fn keeping(count: usize) -> Option<Self> {
        Self::keeping_with(count, |_| {}).await
    }

    pub(crate) async fn keeping_with(count: usize, change: impl Fn(&mut Config)) -> Option<Self> {
        let with = |config: &mut Config| {
            keep_together(config);
            change(config);
        };
        Some(Self::on(Nats::keeping().await?, count, with).await)
    }

    async fn on(nats: Nats, count: usize, change: impl Fn(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut nodes = Vec::new();
        for _ in 0..count {
            let (url, secret) = (nats.url(), folder.path().join("secret"));
            let node = TestServer::with(|config| {
                join(config, url);
                config.secret_file = Some(secret);
                change(config);
            });
            nodes.push(node.await);
        }
        let town = Self {
            nats,
            nodes,
            _folder: folder,
        };
        town.until_up().await;
        town
    }

    pub(crate) async fn until_up(&self) {
        for node in &self.nodes {
            up(node, true).await;
        }
    }
}

pub(crate) fn join(config: &mut Config, url: String) {
    config.cluster.nats = vec![url];
}

pub(crate) async fn up(node: &TestServer, is_up: bool) {
    crate::support::until(|| {
        node.handle
            .cluster()
            .is_some_and(|cluster| cluster.is_up == is_up)
    })
    .await;
}

/// What is said of a person, until it fits.
pub(crate) async fn seen(client: &mut Client, user: &str, is_online: bool) -> Duration {
    let start = Instant::now();
    loop {
        let told = client.recv().await;
        if told["type"] == "presence" && told["userId"] == user && told["online"] == is_online {
            return start.elapsed();
        }
    }
}

pub(crate) fn watch_for(users: &[&str]) -> Value {
    json!({"type": "presence-watch", "userIds": users})
}

#[tokio::test]
async fn two_people_on_two_nodes_call_each_other() {
    let Some(town) = Town::new(2).await else {
        return;
    };
    let mut alice = town.nodes[0].guest("Alice").await;
    let mut bob = town.nodes[1].guest("Bob").await;
    alice.send(offer(&bob.id)).await;
    let rung = bob.recv().await;
    assert_eq!(rung["type"], "call-offer", "{rung}");
    assert_eq!(rung["fromId"], alice.id.as_str());
    assert_eq!(rung["fromDevice"], alice.device.as_str());
    assert_eq!(
        rung["fromUsername"], "Alice",
        "by the server, not by the sender"
    );
    for number in 0..50 {
        bob.send(json!({"type": "call-ringing", "toId": alice.id, "callId": format!("c{number}")}))
            .await;
    }
    for number in 0..50 {
        assert_eq!(alice.recv().await["callId"], format!("c{number}"));
    }
    alice.send(ringing("nobody-at-all")).await;
    alice.error("user-offline").await;
}

#[tokio::test]
async fn presence_crosses_nodes() {
    let Some(town) = Town::new(3).await else {
        return;
    };
    let mut alice = town.nodes[0].guest("Alice").await;
    let bob = town.nodes[1].guest("Bob").await;
    alice.send(watch_for(&[&bob.id, "nobody"])).await;
    let (mut online, mut offline) = (alice.recv().await, alice.recv().await);
    if online["userId"] != bob.id.as_str() {
        std::mem::swap(&mut online, &mut offline);
    }
    assert_eq!(online["devices"], json!([bob.device]), "{online}");
    assert_eq!(online["username"], "Bob");
    assert_eq!(offline["online"], false);
    // Another device of his at a third node.
    let login = json!({"type": "login", "username": "Bob", "resumeToken": bob.token});
    let mut phone = town.nodes[2].connect().await;
    phone.login(login.clone()).await;
    let told = alice.recv().await;
    assert_eq!(told["devices"].as_array().unwrap().len(), 2, "{told}");
    let id = bob.id.clone();
    bob.close().await;
    let told = alice.recv().await;
    assert_eq!(told["devices"], json!([phone.device]), "{told}");
    phone.close().await;
    assert!(seen(&mut alice, &id, false).await < Duration::from_secs(2));
}

#[tokio::test]
async fn a_device_that_logs_in_at_another_node_takes_its_place() {
    let Some(town) = Town::new(2).await else {
        return;
    };
    let mut first = town.nodes[0].guest("Alice").await;
    let login = json!({
        "type": "login", "username": "Alice", "resumeToken": first.token, "deviceId": first.device,
    });
    let mut second = town.nodes[1].connect().await;
    second.login(login).await;
    assert_eq!(second.device, first.device);
    assert_eq!(first.close_code().await, Some(4001));
    second.nothing_more().await;
}

/// Nobody is offline because NATS is; a message waits, and comes once.
#[tokio::test]
async fn nats_may_be_killed_and_come_back() {
    let Some(mut town) = Town::new(2).await else {
        return;
    };
    let mut alice = town.nodes[0].guest("Alice").await;
    let mut carol = town.nodes[0].guest("Carol").await;
    let mut bob = town.nodes[1].guest("Bob").await;
    alice.send(watch_for(&[&bob.id])).await;
    seen(&mut alice, &bob.id.clone(), true).await;
    town.nats.kill().await;
    up(&town.nodes[0], false).await;
    up(&town.nodes[1], false).await;
    // People of one node go on.
    alice.send(ringing(&carol.id)).await;
    assert_eq!(carol.recv().await["type"], "call-ringing");
    alice.send(offer(&bob.id)).await;
    alice.send(ringing(&bob.id)).await;
    alice.still_hears_nothing().await;
    // Longer than a node lives unheard, which is five seconds: nobody may take this for a death.
    sleep(Duration::from_secs(6)).await;
    alice.still_hears_nothing().await;
    let ready = town.nodes[0].get("/healthz", &[]).await;
    assert_eq!(ready.status, 200);
    town.nats.restart().await;
    let start = Instant::now();
    assert_eq!(bob.recv().await["type"], "call-offer");
    assert_eq!(bob.recv().await["type"], "call-ringing");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    bob.nothing_more().await;
    bob.send(ringing(&alice.id)).await;
    assert_eq!(
        alice.recv().await["type"],
        "call-ringing",
        "and nothing else before it"
    );
}

/// A server as a process, which can be killed.
pub(crate) async fn process(url: &str, secret: &Path) -> (Child, SocketAddr) {
    let mut command = program("127.0.0.1:0");
    command
        .args(["--nats", url, "--turn=false", "--secret-file"])
        .arg(secret);
    command.stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let address = program::address(&mut child).await;
    (child, address)
}

#[tokio::test]
async fn a_killed_nodes_people_are_gone_in_five_seconds_and_found_elsewhere() {
    let Some(nats) = Nats::start().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let (_first, first_address) = process(&nats.url(), &secret).await;
    let (mut second, second_address) = process(&nats.url(), &secret).await;
    let mut alice = Client::connect(first_address).await;
    alice
        .login(json!({"type": "login", "username": "Alice"}))
        .await;
    let mut bob = Client::connect(second_address).await;
    bob.login(json!({"type": "login", "username": "Bob"})).await;
    alice.send(watch_for(&[&bob.id])).await;
    seen(&mut alice, &bob.id.clone(), true).await;
    second.kill().await.unwrap();
    let gone = seen(&mut alice, &bob.id.clone(), false).await;
    assert!(gone < Duration::from_secs(6), "{gone:?}");
    alice.send(offer(&bob.id)).await;
    alice.error("user-offline").await;
    // He comes back where there is somebody.
    let mut again = Client::connect(first_address).await;
    let login = json!({
        "type": "login", "username": "Bob", "resumeToken": bob.token, "deviceId": bob.device,
    });
    again.login(login).await;
    seen(&mut alice, &bob.id.clone(), true).await;
    alice.send(offer(&bob.id)).await;
    assert_eq!(again.recv().await["type"], "call-offer");
}

#[tokio::test]
async fn towns_with_other_prefixes_know_nothing_of_each_other() {
    let Some(nats) = Nats::start().await else {
        return;
    };
    let town = async |prefix: &str| {
        let (url, prefix) = (nats.url(), prefix.to_owned());
        TestServer::with(|config| {
            join(config, url);
            config.cluster.nats_prefix = prefix;
        })
        .await
    };
    let (first, second) = (town("a").await, town("b.c").await);
    up(&first, true).await;
    up(&second, true).await;
    let mut alice = first.guest("Alice").await;
    let bob = second.guest("Bob").await;
    alice.send(offer(&bob.id)).await;
    alice.error("user-offline").await;
}

/// Whoever may publish under the prefix can say what they like: nothing falls over.
#[tokio::test]
async fn what_makes_no_sense_on_nats_does_nothing() {
    let Some(town) = Town::new(2).await else {
        return;
    };
    let mut alice = town.nodes[0].guest("Alice").await;
    let mut bob = town.nodes[1].guest("Bob").await;
    let evil = async_nats::connect(town.nats.url()).await.unwrap();
    let deep = "[".repeat(100_000);
    let long = "x".repeat(300_000);
    let bodies = [
        "",
        "{}",
        "null",
        "\u{0}",
        &deep[..],
        &long[..],
        "{\"beat\":{\"node\":\"evil\",\"age\":18446744073709551615}}",
        "{\"locate\":{\"node\":\"*\",\"user\":\"a\",\"asked\":1}}",
        "{\"here\":{\"node\":\"evil\",\"user\":\"a\",\"hold\":18446744073709551615,\"asked\":null}}",
        "{\"packet\":{\"node\":\"evil\",\"link\":18446744073709551615,\"first\":1,\"seq\":1,\
         \"frame\":\"void\",\"ack\":[18446744073709551615,18446744073709551615],\"reset\":null}}",
        "{\"packet\":{\"node\":\"evil\",\"link\":1,\"first\":18446744073709551615,\"seq\":0,\
         \"frame\":\"void\",\"ack\":null,\"reset\":null}}",
    ];
    for body in bodies {
        for subject in [
            "wimpex.beat".to_owned(),
            format!("wimpex.at.{}", bob.id),
            format!("wimpex.of.{}", bob.id),
        ] {
            evil.publish(subject, body.to_owned().into()).await.unwrap();
        }
    }
    evil.flush().await.unwrap();
    alice.send(watch_for(&[&bob.id])).await;
    seen(&mut alice, &bob.id.clone(), true).await;
    alice.send(offer(&bob.id)).await;
    assert_eq!(bob.recv().await["type"], "call-offer");
}

#[tokio::test]
async fn the_scenes_of_the_contract_on_two_nodes() {
    the_contract_on(2).await;
}

#[tokio::test]
async fn the_scenes_of_the_contract_on_three_nodes() {
    the_contract_on(3).await;
}

/// The scenes of the contract that do not look into a server, behind a balancer that knows nothing of
/// people: this same program plays them again.
async fn the_contract_on(nodes: u8) {
    let Some(nats) = Nats::start().await else {
        return;
    };
    let scenes = [
        "presence::",
        "relay::",
        "login::",
        "identity::",
        "sessions::",
    ];
    let passed = play_again((&nats, nodes), false, &scenes, &SKIPPED).await;
    assert!(passed > 20, "{passed} scenes only");
}

/// This program's scenes of these names but those on several nodes, which may keep things together; says
/// how many there were.
pub(crate) async fn play_again(
    (nats, nodes): (&Nats, u8),
    is_kept_together: bool,
    scenes: &[&str],
    skipped: &[&str],
) -> usize {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(scenes)
        .args(["--skip", "cluster::", "--skip", "shared_store::"])
        .args(["--test-threads", "4"])
        .args(skipped.iter().flat_map(|name| ["--skip", *name]))
        .env(NATS, nats.url())
        .env(NODES, nodes.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if is_kept_together {
        command.env(KEPT_TOGETHER, "true");
    }
    let output = command.spawn().unwrap().wait_with_output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text.matches("... ok").count()
}

/// What looks into one server.
const SKIPPED: [&str; 0] = [];
