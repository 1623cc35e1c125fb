//! The Traefik configuration of docs/hosting.md, in a real Traefik.
//!
//! `cargo xtask test` fetches it and says where it is. Where it is missing this test says so and passes.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::nginx::{NAME, are_told_apart, example};
use crate::support::{TestServer, soon};
use crate::tls_support::{Authority, Files, Trusting, folder};

/// The example of the document with the places of this test, and with a certificate of its own.
fn documented(server: SocketAddr, files: &Files) -> String {
    let mut block = example("yaml", 0);
    for (place, here) in [
        ("tls: { certResolver: letsencrypt }", "tls: {}".to_owned()),
        ("http://127.0.0.1:8080", format!("http://{server}")),
    ] {
        assert!(block.contains(place), "{place}");
        block = block.replace(place, &here);
    }
    let (cert, key) = (files.cert.display(), files.key.display());
    format!("{block}tls:\n  certificates:\n    - certFile: {cert}\n      keyFile: {key}\n")
}

/// Where it is said to be, or else on PATH.
fn program() -> Option<PathBuf> {
    std::env::var_os("WIMPEX_TRAEFIK")
        .map(PathBuf::from)
        .or_else(|| {
            let path = std::env::var_os("PATH")?;
            let mut files = std::env::split_paths(&path).map(|folder| folder.join("traefik"));
            files.find(|file| file.is_file())
        })
}

/// Traefik with this file, once it serves what is in it; `None` where there is none.
async fn traefik(
    folder: &Path,
    text: &str,
    (https, healthz): (SocketAddr, &str),
    trusting: &Trusting,
) -> Option<Child> {
    let Some(program) = program() else {
        eprintln!("SKIPPED: Traefik is missing; cargo xtask test fetches it, if it can be had");
        return None;
    };
    // Not by the name of what it looks for by itself.
    let file = folder.join("dynamic.yml");
    std::fs::write(&file, text).unwrap();
    let child = Command::new(program)
        .arg(format!("--entryPoints.websecure.address={https}"))
        .arg(format!("--providers.file.filename={}", file.display()))
        // Nobody is to be asked.
        .args([
            "--global.checkNewVersion=false",
            "--global.sendAnonymousUsage=false",
        ])
        .current_dir(folder)
        .env("HOME", folder)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let is_there = async {
        // It listens before it has read the file.
        while TcpStream::connect(https).await.is_err()
            || trusting.connect(https, NAME).await.is_err()
            || trusting.get(https, NAME, healthz).await.status != 200
        {
            sleep(Duration::from_millis(20)).await;
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
async fn people_behind_traefik_are_told_apart() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let server = TestServer::with(|config| {
        config.origin = Some(format!("https://{NAME}"));
        config.trusted_proxy = vec!["127.0.0.1/32".parse().unwrap()];
        config.limits.connections_per_address = 1;
    })
    .await;
    let https = free_address();
    let text = documented(server.address, &files);
    let trusting = Trusting::new(authority.root.clone());
    let at = (https, "/healthz");
    let Some(_traefik) = traefik(folder.path(), &text, at, &trusting).await else {
        return;
    };
    are_told_apart(&server, https, &authority).await;
}

#[tokio::test]
async fn below_a_path_traefik_leaves_the_rest_alone() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let server = TestServer::with(|config| {
        config.origin = Some(format!("https://{NAME}"));
        config.base_path = "/wimpex".parse().unwrap();
        config.trusted_proxy = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let https = free_address();
    let whole = "      rule: Host(`call.example.org`)\n";
    let below = example("yaml", 1);
    let text = documented(server.address, &files);
    assert!(text.contains(whole), "{text}");
    let text = text.replace(whole, &below);
    let trusting = Trusting::new(authority.root.clone());
    let at = (https, "/wimpex/healthz");
    let Some(_traefik) = traefik(folder.path(), &text, at, &trusting).await else {
        return;
    };
    let ask = async |path: &str| trusting.get(https, NAME, path).await;
    assert_eq!(ask("/wimpex/healthz").await.text(), "ok\n");
    for elsewhere in ["/healthz", "/wimpexes"] {
        assert_eq!(ask(elsewhere).await.status, 404, "{elsewhere}");
    }
    let slash = ask("/wimpex").await;
    assert!(
        slash.header("location").unwrap().ends_with("/wimpex/"),
        "{slash:?}"
    );
    let mut ws = trusting.websocket_at(https, NAME, "/wimpex/ws", 1).await;
    let hello = soon(ws.next()).await.unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("\"hello\""), "{hello}");
}
