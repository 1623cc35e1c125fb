//! The Caddy configurations of docs/hosting.md, in a real Caddy.
//!
//! It comes with the Debian package caddy, which `cargo xtask setup --tests` installs. Where it is
//! missing these tests say so and pass.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::nginx::{NAME, are_told_apart, example};
use crate::support::{TestServer, soon};
use crate::tls_support::{Authority, Files, Trusting, folder};

/// The example of the document with the places of this test, and with what its name in DNS would bring
/// by itself: a certificate.
fn documented(nth: usize, name: &str, server: SocketAddr, https: u16, files: &Files) -> String {
    let block = example("caddyfile", nth);
    let (cert, key) = (files.cert.display(), files.key.display());
    let site = format!("{name} {{\n");
    assert!(
        block.contains(&site) && block.contains("127.0.0.1:8080"),
        "{block}"
    );
    let block = block
        .replace(
            &site,
            &format!("https://{NAME}:{https} {{\nbind 127.0.0.1\ntls {cert} {key}\n"),
        )
        .replace("127.0.0.1:8080", &server.to_string());
    format!("{{\nadmin off\nauto_https disable_redirects\nskip_install_trust\n}}\n{block}")
}

/// Caddy with this file; `None` where it is not installed.
async fn caddy(folder: &Path, text: &str, https: SocketAddr) -> Option<Child> {
    let file = folder.join("Caddyfile");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]);
    let command = command
        .arg(&file)
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder);
    let command = command.env("XDG_CONFIG_HOME", folder).kill_on_drop(true);
    let Ok(child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        eprintln!("SKIPPED: caddy is missing; cargo xtask setup --tests installs it");
        return None;
    };
    let is_there = async {
        while TcpStream::connect(https).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    soon(is_there).await;
    Some(child)
}

fn free_address() -> SocketAddr {
    let free = StdListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap()
}

#[tokio::test]
async fn people_behind_caddy_are_told_apart() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let server = TestServer::with(|config| {
        config.origin = Some(format!("https://{NAME}"));
        config.trusted_proxy = vec!["127.0.0.1/32".parse().unwrap()];
        config.limits.connections_per_address = 1;
    })
    .await;
    let https = free_address();
    let text = documented(0, NAME, server.address, https.port(), &files);
    let Some(_caddy) = caddy(folder.path(), &text, https).await else {
        return;
    };
    are_told_apart(&server, https, &authority).await;
}

#[tokio::test]
async fn below_a_path_caddy_leaves_the_rest_alone() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let server = TestServer::with(|config| {
        config.origin = Some(format!("https://{NAME}"));
        config.base_path = "/wimpex".parse().unwrap();
        config.trusted_proxy = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let https = free_address();
    let text = documented(1, "example.org", server.address, https.port(), &files);
    let Some(_caddy) = caddy(folder.path(), &text, https).await else {
        return;
    };
    let trusting = Trusting::new(authority.root.clone());
    let ask = async |path: &str| trusting.get(https, NAME, path).await;
    assert_eq!(ask("/wimpex/healthz").await.text(), "ok\n");
    assert_eq!(ask("/healthz").await.text(), "");
    assert_eq!(ask("/wimpex").await.header("location"), Some("/wimpex/"));
    let mut ws = trusting.websocket_at(https, NAME, "/wimpex/ws", 1).await;
    let hello = soon(ws.next()).await.unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("\"hello\""), "{hello}");
}
