//! Two nodes that are cut from each other: each lives in a network namespace of its own, beside a NATS
//! server of its own; the line between the two is taken down without a word, and put up again.

use std::fs::File;
use std::net::{SocketAddr, TcpStream as Blocking};
use std::os::fd::AsFd;
use std::process::{Command as Plain, Stdio};
use std::time::{Duration, Instant};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::cluster::{seen, tool, watch_for};
use crate::program;
use crate::support::{Client, offer, ringing, soon};

const NATS_PORT: u16 = 4222;

/// A namespace; what runs in it is killed with it.
struct Side {
    namespace: String,
    node: SocketAddr,
    _programs: [Child; 2],
}

impl Drop for Side {
    fn drop(&mut self) {
        let _ = ip(&format!("netns del {}", self.namespace));
    }
}

struct Cut {
    sides: [Side; 2],
    _folder: TempDir,
}

fn ip(words: &str) -> bool {
    let mut command = Plain::new("ip");
    command.args(words.split(' ')).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn inside(namespace: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(program);
    command.kill_on_drop(true);
    command
}

/// From inside of a namespace: a socket stays where it was made.
async fn connect(namespace: &str, address: SocketAddr) -> std::io::Result<TcpStream> {
    let namespace = File::open(format!("/run/netns/{namespace}"))?;
    let connect = move || {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
        Blocking::connect(address)
    };
    // Of its own, since a thread that has moved stays there.
    let stream = std::thread::spawn(connect).join().unwrap()?;
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}

impl Cut {
    /// `None` where there is no NATS, or may be no namespaces.
    async fn new() -> Option<Self> {
        let nats = tool()?;
        let names =
            ["east", "west"].map(|side| format!("wimpex-cut-{}-{side}", std::process::id()));
        let [east, west] = &names;
        let made = [
            format!("netns add {east}"),
            format!("netns add {west}"),
            format!("-n {east} link add line type veth peer name line netns {west}"),
            format!("-n {east} addr add 10.88.0.1/30 dev line"),
            format!("-n {west} addr add 10.88.0.2/30 dev line"),
        ];
        let ups = names.iter().flat_map(|name| {
            ["lo", "line"].map(|device| format!("-n {name} link set {device} up"))
        });
        if !made.into_iter().chain(ups).all(|words| ip(&words)) {
            for name in &names {
                ip(&format!("netns del {name}"));
            }
            eprintln!("SKIPPED: networks of our own take root and iproute2");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        let mut sides = Vec::new();
        for (own, other) in [(0, 1), (1, 0)] {
            let name = &names[own];
            let config = format!(
                // What docs/scale.md says of a line that is cut.
                "ping_interval: \"1s\"\nping_max: 2\nlisten: 127.0.0.1:{NATS_PORT}\n\
                 cluster {{ name: town, no_advertise: true, listen: \"10.88.0.{}:6222\", \
                 routes: [\"nats://10.88.0.{}:6222\"] }}\n",
                own + 1,
                other + 1
            );
            let file = folder.path().join(format!("nats-{own}.conf"));
            std::fs::write(&file, config).unwrap();
            let mut command = inside(name, &nats);
            command.arg("-c").arg(file).stderr(Stdio::null());
            let nats = command.spawn().unwrap();
            let mut command = inside(name, env!("CARGO_BIN_EXE_wimpex-server"));
            command
                .args(["--listen", "127.0.0.1:0", "--turn=false"])
                .args([
                    "--nats",
                    &format!("nats://127.0.0.1:{NATS_PORT}"),
                    "--secret-file",
                ])
                .arg(&secret)
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            let mut node = command.spawn().unwrap();
            let address = program::address(&mut node).await;
            sides.push(Side {
                namespace: name.clone(),
                node: address,
                _programs: [nats, node],
            });
        }
        let sides = sides.try_into().ok().unwrap();
        Some(Self {
            sides,
            _folder: folder,
        })
    }

    fn line(&self, to: &str) {
        let words = format!("-n {} link set line {to}", self.sides[0].namespace);
        assert!(ip(&words), "{words}");
    }

    async fn guest(&self, side: usize, name: &str) -> Client {
        let Side {
            namespace, node, ..
        } = &self.sides[side];
        let stream = soon(async {
            loop {
                match connect(namespace, *node).await {
                    Ok(stream) => return stream,
                    Err(_) => sleep(Duration::from_millis(5)).await,
                }
            }
        });
        let mut client = Client::over(stream.await).await;
        let login = json!({"type": "login", "username": name});
        client.login(login).await;
        client
    }
}

/// How long after that something takes, for whoever reads the tests' output.
fn took(what: &str, since: Instant) -> Duration {
    println!("{what}: {:.1} s", since.elapsed().as_secs_f64());
    since.elapsed()
}

#[tokio::test]
async fn two_nodes_are_cut_from_each_other_and_healed() {
    let Some(town) = Cut::new().await else {
        return;
    };
    let mut alice = town.guest(0, "Alice").await;
    let mut carol = town.guest(0, "Carol").await;
    let mut bob = town.guest(1, "Bob").await;
    alice.send(watch_for(&[&bob.id])).await;
    bob.send(watch_for(&[&alice.id])).await;
    seen(&mut alice, &bob.id.clone(), true).await;
    seen(&mut bob, &alice.id.clone(), true).await;

    // A moment: nobody is taken for dead, and what was said meanwhile comes once, in order.
    town.line("down");
    for number in 0..3 {
        let mut said = ringing(&bob.id);
        said["callId"] = json!(format!("short{number}"));
        alice.send(said).await;
    }
    alice.still_hears_nothing().await;
    town.line("up");
    for number in 0..3 {
        assert_eq!(bob.recv().await["callId"], format!("short{number}"));
    }
    bob.still_hears_nothing().await;
    alice.still_hears_nothing().await;

    // For long: each is away for the other, while people of one side go on.
    town.line("down");
    let since = Instant::now();
    seen(&mut alice, &bob.id.clone(), false).await;
    seen(&mut bob, &alice.id.clone(), false).await;
    let gone = took("away after a cut", since);
    assert!(gone < Duration::from_secs(6), "{gone:?}");
    alice.send(offer(&bob.id)).await;
    alice.error("user-offline").await;
    alice.send(ringing(&carol.id)).await;
    assert_eq!(carol.recv().await["type"], "call-ringing");

    // Healed: everything is as if it had not been.
    town.line("up");
    let since = Instant::now();
    seen(&mut alice, &bob.id.clone(), true).await;
    seen(&mut bob, &alice.id.clone(), true).await;
    let back = took("back after the cut", since);
    assert!(back < Duration::from_secs(5), "{back:?}");
    alice.send(offer(&bob.id)).await;
    assert_eq!(bob.recv().await["type"], "call-offer");
    bob.send(ringing(&alice.id)).await;
    assert_eq!(alice.recv().await["type"], "call-ringing");
    bob.still_hears_nothing().await;
    alice.still_hears_nothing().await;
}
