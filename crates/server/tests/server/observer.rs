//! What the host sees: measurements, and whether the server lives and is ready.

use std::net::SocketAddr;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::program::program;
use crate::support::{Client, Reply, request, ringing, soon};
use crate::tls_support::{Authority, Files, NAME, folder};

struct Observed {
    _child: Child,
    page: SocketAddr,
    metrics: SocketAddr,
}

async fn listening(lines: &mut Lines<BufReader<ChildStdout>>, what: &str) -> SocketAddr {
    let line = soon(lines.next_line()).await.unwrap().unwrap();
    let address = line.strip_prefix(what);
    address.unwrap_or_else(|| panic!("{line}")).parse().unwrap()
}

impl Observed {
    async fn start(mut command: Command) -> Self {
        let mut child = command.arg("--metrics-listen=127.0.0.1:0").spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let page = listening(&mut lines, "listening on http://").await;
        let metrics = listening(&mut lines, "measurements on http://").await;
        Self {
            _child: child,
            page,
            metrics,
        }
    }

    async fn get(&self, path: &str) -> Reply {
        Reply::of(self.metrics, &request("GET", path, &[])).await
    }

    /// The value of one measurement, named with its labels; nothing if it is not there.
    async fn value(&self, name: &str) -> Option<f64> {
        let reply = self.get("/metrics").await;
        let line = reply.text().lines().find_map(|line| {
            let rest = line.strip_prefix(name)?;
            rest.strip_prefix(' ')
        })?;
        Some(line.parse().unwrap())
    }
}

#[tokio::test]
async fn what_happens_is_measured_without_who_it_was() {
    let folder = folder();
    std::fs::write(folder.path().join("index.html"), "the page").unwrap();
    let mut command = program("127.0.0.1:0");
    command
        .arg("--state-dir")
        .arg(folder.path())
        .arg("--page-dir")
        .arg(folder.path())
        .args(["--turn", "--turn-listen=127.0.0.1:0"]);
    let server = Observed::start(command).await;
    let mut alice = Client::connect(server.page).await;
    alice
        .login(json!({"type": "login", "username": "Alice"}))
        .await;
    let mut bob = Client::connect(server.page).await;
    bob.login(json!({"type": "login", "username": "Bob"})).await;
    alice.send(ringing(&bob.id)).await;
    assert_eq!(bob.recv().await["type"], "call-ringing");
    alice.send(ringing("guest-nobody")).await;
    alice.error("user-offline").await;
    alice.send_text("nonsense").await;
    alice.error("bad-message").await;

    for (name, expected) in [
        (
            concat!(
                "wimpex_build_info{version=\"",
                env!("CARGO_PKG_VERSION"),
                "\"}"
            ),
            1.0,
        ),
        ("wimpex_sockets", 2.0),
        ("wimpex_sessions", 2.0),
        ("wimpex_users", 2.0),
        ("wimpex_client_networks", 1.0),
        ("wimpex_queued_messages", 0.0),
        ("wimpex_ready", 1.0),
        ("wimpex_turn_allocations", 0.0),
        ("wimpex_turn_to_peers_bytes_total", 0.0),
        ("wimpex_received_messages_total{type=\"login\"}", 2.0),
        ("wimpex_received_messages_total{type=\"call-ringing\"}", 2.0),
        ("wimpex_received_messages_total{type=\"unreadable\"}", 1.0),
        ("wimpex_sent_messages_total{type=\"call-ringing\"}", 1.0),
        ("wimpex_refusals_total{code=\"user-offline\"}", 1.0),
        ("wimpex_refusals_total{code=\"bad-message\"}", 1.0),
        ("wimpex_login_seconds_count", 2.0),
        ("wimpex_relay_seconds_count", 2.0),
    ] {
        assert_eq!(server.value(name).await, Some(expected), "{name}");
    }
    // Two formats, each with its own names of what is counted.
    let reply = server.get("/metrics").await;
    assert!(
        reply
            .header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    assert!(
        reply
            .text()
            .contains("# TYPE wimpex_refusals_total counter\n")
    );
    assert!(
        reply
            .text()
            .contains("# HELP wimpex_turn_to_peers_bytes_total ")
    );
    assert!(!reply.text().contains("# UNIT") && !reply.text().contains("# EOF"));
    let accept = request(
        "GET",
        "/metrics",
        &["accept: application/openmetrics-text;version=1.0.0"],
    );
    let reply = Reply::of(server.metrics, &accept).await;
    assert!(
        reply
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    assert!(reply.text().contains("# TYPE wimpex_refusals counter\n"));
    assert!(reply.text().ends_with("# EOF\n"));
    for private in [
        &*alice.id,
        &alice.device,
        &alice.token,
        "Alice",
        "127.0.0.1",
    ] {
        assert!(!reply.text().contains(private), "{private}");
    }
    bob.close().await;
    let closed = "wimpex_closed_connections_total{cause=\"closed-by-client\"}";
    let counted = async { while server.value(closed).await != Some(1.0) {} };
    soon(counted).await;
}

#[tokio::test]
async fn only_its_own_port_says_so() {
    let folder = folder();
    std::fs::write(folder.path().join("index.html"), "the page").unwrap();
    let mut command = program("127.0.0.1:0");
    command
        .arg("--state-dir")
        .arg(folder.path())
        .arg("--page-dir")
        .arg(folder.path());
    let server = Observed::start(command).await;
    assert_eq!(server.get("/readyz").await.text(), "ok\n");
    assert_eq!(server.get("/livez").await.text(), "ok\n");
    assert_eq!(server.get("/").await.status, 404);
    // A place in the page, as any other.
    let page = Reply::of(server.page, &request("GET", "/metrics", &[])).await;
    assert_eq!(page.text(), "the page");
}

#[tokio::test]
async fn a_server_without_page_lives_and_is_not_ready() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let mut command = program("127.0.0.1:0");
    command
        .arg("--state-dir")
        .arg(folder.path())
        .arg("--page-dir")
        .arg(&empty)
        .arg("--tls-cert")
        .arg(&files.cert)
        .arg("--tls-key")
        .arg(&files.key);
    let server = Observed::start(command).await;
    assert_eq!(server.get("/livez").await.status, 200);
    let reply = server.get("/readyz").await;
    assert_eq!(
        (reply.status, reply.text()),
        (503, "There is no page to serve.\n")
    );
    assert_eq!(server.value("wimpex_ready").await, Some(0.0));
    // rcgen's certificates end in 4096.
    let end = server
        .value("wimpex_certificate_end_timestamp_seconds")
        .await;
    assert!(end.unwrap() > 60e9, "{end:?}");
}

/// As a host's own Prometheus would complain.
#[tokio::test]
async fn prometheus_finds_nothing_wrong_with_the_measurements() {
    let observed = Observed::start(program("127.0.0.1:0")).await;
    let text = observed.get("/metrics").await.text().to_owned();
    let mut command = std::process::Command::new("promtool");
    command.args(["check", "metrics"]);
    command.stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        eprintln!("SKIPPED: promtool is missing; cargo xtask setup --tests installs it");
        return;
    };
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, text.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
}
