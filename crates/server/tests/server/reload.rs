//! What counts without a restart, and that everything else is told: over all settings that there are.

use std::path::Path;
use std::process::Stdio;

use clap::{Arg, CommandFactory};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;
use wimpex_server::cli::Cli;
use wimpex_server::{Config, RELOADED, Reloaded, Server};

use crate::program::{address, kill};
use crate::support::{Client, Reply, request, soon, until};
use crate::tls_support::Authority;

/// Lines that change a setting for which no other value follows from its definition; with what it
/// needs beside it. `DIR` is a folder with files that make sense.
const SAMPLES: &[(&str, &str)] = &[
    ("listen", "listen = '127.0.0.1:9'"),
    ("page-dir", "page-dir = 'DIR/page'"),
    ("nats", "nats = ['nats://127.0.0.1:9']"),
    ("nats-prefix", "nats-prefix = 'town'"),
    ("nats-credentials", "nats-credentials = 'DIR/nats.creds'"),
    ("nats-ca", "nats-ca = 'DIR/ca.pem'"),
    (
        "nats-cert",
        "nats-cert = 'DIR/cert.pem'\nnats-key = 'DIR/key.pem'",
    ),
    (
        "nats-key",
        "nats-cert = 'DIR/cert.pem'\nnats-key = 'DIR/key.pem'",
    ),
    ("region", "region = ['north']"),
    ("nats-replicas", "nats-replicas = 3"),
    ("secret-file", "secret-file = 'DIR/other-secret'"),
    ("origin", "origin = 'https://call.example.org'"),
    ("base-path", "base-path = '/wimpex'"),
    (
        "allow-origin",
        "allow-origin = ['https://a.example', 'https://b.example']",
    ),
    ("trusted-proxy", "trusted-proxy = ['10.0.0.0/8']"),
    ("domain", "domain = ['call.example.org']"),
    (
        "https-listen",
        "https-listen = ['127.0.0.1:9']\ndomain = 'a.example.org'",
    ),
    (
        "redirect-listen",
        "redirect-listen = ['127.0.0.1:9']\ndomain = 'a.example.org'",
    ),
    (
        "acme-directory",
        "acme-directory = 'https://ca.example/directory'",
    ),
    ("acme-root", "acme-root = 'DIR/cert.pem'"),
    ("acme-email", "acme-email = 'me@example.org'"),
    ("access", "access = 'invited'"),
    ("access-file", "access-file = 'DIR/people'"),
    ("frame-ancestor", "frame-ancestor = ['https://a.example']"),
    ("site-name", "site-name = 'Our town'"),
    ("site-notice", "site-notice = 'Be kind.'"),
    (
        "site-link",
        "site-link = ['Imprint=https://example.org/imprint']",
    ),
    ("site-colour", "site-colour = '#aa3322'"),
    ("state-dir", "state-dir = 'DIR/other-state'"),
    ("metrics-listen", "metrics-listen = '127.0.0.1:9'"),
    ("stun-url", "stun-url = ['stun:stun.example.org:3478']"),
    (
        "turn-url",
        "turn-url = ['turn:turn.example.org']\nturn-secret = 'hush'",
    ),
    ("turn-secret", "turn-secret = 'hush'"),
    ("turn", "turn = true"),
    ("turn-listen", "turn-listen = ['127.0.0.1:9']"),
    (
        "turn-tls-listen",
        "turn-tls-listen = ['127.0.0.1:9']\ndomain = 'a.example.org'",
    ),
    ("turn-public-ip", "turn-public-ip = ['192.0.2.1']"),
    ("turn-host", "turn-host = 'turn.example.org'"),
    ("turn-relay-ports", "turn-relay-ports = '50000-50100'"),
    ("turn-allow-peer", "turn-allow-peer = ['10.0.0.0/8']"),
    (
        "tls-cert",
        "tls-cert = 'DIR/cert.pem'\ntls-key = 'DIR/key.pem'",
    ),
    (
        "tls-key",
        "tls-cert = 'DIR/cert.pem'\ntls-key = 'DIR/key.pem'",
    ),
    ("push", "push = false"),
    ("push-service", "push-service = ['push.example.org']"),
    ("push-root", "push-root = 'DIR/cert.pem'"),
    ("push-contact", "push-contact = 'mailto:me@example.org'"),
];

/// A file with everything that the server of the test needs.
struct Host(TempDir);

impl Host {
    fn new() -> Self {
        let host = Self(tempfile::tempdir().unwrap());
        let (cert, key) = Authority::new().issue("call.example.org");
        for (name, text) in [
            ("cert.pem", &*cert),
            ("key.pem", &key),
            ("people", "guest-a\n"),
            (
                "page/index.html",
                "<html><title>Wimpex</title><body>other</body></html>",
            ),
        ] {
            let path = host.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        host.write("");
        host
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The keys that stand in `lines` are theirs.
    fn write(&self, lines: &str) {
        let here = self.path().display().to_string();
        let mut text = lines.replace("DIR", &here);
        for (key, value) in [
            ("listen", "'127.0.0.1:0'".to_owned()),
            ("state-dir", format!("'{here}/state'")),
            ("turn", "false".to_owned()),
        ] {
            let is_there = text
                .lines()
                .any(|line| line.starts_with(&format!("{key} =")));
            if !is_there {
                text.push_str(&format!("\n{key} = {value}"));
            }
        }
        std::fs::write(self.path().join("server.toml"), text).unwrap();
    }

    fn config(&self) -> Config {
        let file = self.path().join("server.toml").display().to_string();
        let words = ["wimpex-server", "--config", &file].map(Into::into);
        Cli::parse_all(words).unwrap().settings
    }
}

/// Lines that give this setting another value than it has by default.
fn changed(arg: &Arg) -> String {
    let key = arg.get_long().unwrap();
    if let Some((_, lines)) = SAMPLES.iter().find(|(of, _)| *of == key) {
        return (*lines).to_owned();
    }
    let default = arg
        .get_default_values()
        .first()
        .and_then(|value| value.to_str());
    let possible = arg.get_possible_values();
    let other = possible
        .iter()
        .find(|value| Some(value.get_name()) != default);
    match (other, default) {
        (Some(other), _) if !["true", "false"].contains(&other.get_name()) => {
            format!("{key} = '{}'", other.get_name())
        }
        (_, Some("true")) => format!("{key} = false"),
        (_, Some("false")) => format!("{key} = true"),
        (_, Some(number)) if number.parse::<u64>().is_ok() => {
            format!("{key} = {}", number.parse::<u64>().unwrap() + 1)
        }
        _ => panic!("no sample for {key}: add one to SAMPLES"),
    }
}

#[tokio::test]
async fn of_every_setting_it_is_told_whether_it_counts_now() {
    let host = Host::new();
    let server = Server::new(host.config()).unwrap();
    let handle = server.handle();
    assert_eq!(
        handle.reload(),
        Ok(Reloaded::default()),
        "nothing has changed"
    );
    let command = Config::command();
    let settings = command.get_arguments().filter(|arg| {
        let long = arg.get_long().unwrap_or("help");
        !["help", "version"].contains(&long)
    });
    let mut looked_at = Vec::new();
    for arg in settings {
        let key = arg.get_long().unwrap().to_owned();
        let lines = changed(arg);
        host.write(&lines);
        let told = handle.reload();
        let told = told.unwrap_or_else(|faults| panic!("{lines}: {faults:?}"));
        let counts = RELOADED.contains(&&*key);
        assert_eq!(told.changed.contains(&key), counts, "{lines}: {told:?}");
        assert_eq!(
            told.restart_needed.contains(&key),
            !counts,
            "{lines}: {told:?}"
        );
        // Nothing is told of what stands there as it was.
        let in_lines = |key: &String| {
            lines
                .lines()
                .any(|line| line.starts_with(&format!("{key} =")))
        };
        for key in told.changed.iter().chain(&told.restart_needed) {
            assert!(in_lines(key), "{key} of {lines}");
        }
        host.write("");
        let back = handle.reload().unwrap();
        assert_eq!(
            (back.changed.len(), back.restart_needed),
            (usize::from(counts), vec![])
        );
        looked_at.push(key);
    }
    assert!(looked_at.len() > 60, "{looked_at:?}");
    for key in RELOADED {
        assert!(
            looked_at.iter().any(|known| known == key),
            "{key} is no setting"
        );
    }
}

#[tokio::test]
async fn a_restart_is_called_for_until_it_happens() {
    let host = Host::new();
    let server = Server::new(host.config()).unwrap();
    let handle = server.handle();
    host.write("ping-seconds = 20\nsite-name = 'Our town'");
    let first = handle.reload().unwrap();
    assert_eq!(first.changed, ["site-name"]);
    assert_eq!(first.restart_needed, ["ping-seconds"]);
    let second = handle.reload().unwrap();
    assert!(second.changed.is_empty());
    assert_eq!(second.restart_needed, ["ping-seconds"]);
}

#[tokio::test]
async fn with_a_fault_nothing_of_it_counts() {
    let host = Host::new();
    host.write("page-dir = 'DIR/page'\naccess = 'open'");
    let server = Server::new(host.config()).unwrap();
    let handle = server.handle();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(server.run(listener, std::future::pending()));
    for (lines, fault) in [
        (
            "access = 'listed'\nsite-nam = 'Our town'",
            "did you mean \"site-name\"",
        ),
        (
            "access = 'listed'\nsite-name = 'Our town'",
            "nobody is let in",
        ),
        (
            "access-file = 'DIR/nowhere'\nsite-name = 'Our town'",
            "access-file",
        ),
        (
            "page-dir = 'DIR/nowhere'\nsite-name = 'Our town'",
            "is not a folder",
        ),
    ] {
        host.write(lines);
        let faults = handle.reload().unwrap_err();
        assert!(faults.iter().any(|text| text.contains(fault)), "{faults:?}");
        let page = Reply::of(address, &request("GET", "/", &[])).await;
        assert!(!page.text().contains("Our town") && page.text().contains("other"));
        let mut guest = Client::connect(address).await;
        guest
            .login(serde_json::json!({"type": "login", "username": "Alice"}))
            .await;
    }
    std::fs::remove_file(host.path().join("server.toml")).unwrap();
    let faults = handle.reload().unwrap_err();
    assert!(faults[0].contains("cannot read it"), "{faults:?}");
    serving.abort();
}

/// As a host does it: the file, then the signal, or the command.
#[cfg(unix)]
#[tokio::test]
async fn sighup_and_admin_reload_change_what_people_see() {
    let host = Host::new();
    host.write("page-dir = 'DIR/page'");
    let file = host.path().join("server.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wimpex-server"));
    command.arg("--config").arg(&file).env_clear();
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().unwrap();
    let address = address(&mut child).await;
    let shows = async |words: &str| {
        let page = Reply::of(address, &request("GET", "/", &[])).await;
        page.text().contains(words)
    };
    assert!(shows("<title>Wimpex</title>").await);

    host.write("page-dir = 'DIR/page'\nsite-name = 'Our town'\nmax-connections = 5");
    kill("-HUP", child.id().unwrap()).await;
    let seen = async {
        while !shows("<title>Our town</title>").await {
            tokio::task::yield_now().await;
        }
    };
    soon(seen).await;

    host.write(
        "page-dir = 'DIR/page'\nsite-name = 'Our city'\nmax-connections = 5\nguests = false",
    );
    let socket = host.path().join("state/admin.sock");
    until(|| socket.exists()).await;
    let mut admin = Command::new(env!("CARGO_BIN_EXE_wimpex-server"));
    let admin = admin.args(["admin", "reload", "--folder"]);
    let said = soon(admin.arg(host.path().join("state")).output())
        .await
        .unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("New: guests, site-name"), "{said}");
    assert!(
        said.contains("Restart needed for: max-connections"),
        "{said}"
    );
    assert!(shows("<title>Our city</title>").await);
    let mut guest = Client::connect(address).await;
    assert_eq!(guest.recv().await["type"], "hello");
    guest
        .send(serde_json::json!({"type": "login", "username": "Alice"}))
        .await;
    let refused = guest.recv().await;
    assert_eq!(refused["type"], "error", "{refused}");

    kill("-TERM", child.id().unwrap()).await;
    let output = soon(child.wait_with_output()).await.unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("restart needed for: max-connections"), "{log}");
    assert!(
        !log.contains("restart needed for: max-connections, "),
        "{log}"
    );
}
