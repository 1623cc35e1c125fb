//! The Traefik configuration of docs/hosting.md, in a real Traefik.
//!
//! `cargo xtask test` fetches it and says where it is. Where it is missing this test says so and passes.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::behind_proxy::{Site, example, with_places};

/// The example of the document with the places of this test, and with a certificate of its own.
fn documented(site: &Site) -> String {
    let block = with_places(
        example("yaml", 0),
        [
            ("tls: { certResolver: letsencrypt }", "tls: {}".to_owned()),
            (
                "http://127.0.0.1:8080",
                format!("http://{}", site.server.address),
            ),
        ],
    );
    let (cert, key) = (site.files.cert.display(), site.files.key.display());
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
async fn traefik(text: &str, site: &Site, healthz: &str) -> Option<Child> {
    let Some(program) = program() else {
        eprintln!("SKIPPED: Traefik is missing; cargo xtask test fetches it, if it can be had");
        return None;
    };
    let folder = site.folder.path();
    // Not by the name of what it looks for by itself.
    let file = folder.join("dynamic.yml");
    std::fs::write(&file, text).unwrap();
    let child = Command::new(program)
        .arg(format!("--entryPoints.websecure.address={}", site.https))
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
    // It listens before it has read the file.
    site.serves(healthz).await;
    Some(child)
}

#[tokio::test]
async fn people_behind_traefik_are_told_apart() {
    let site = Site::new().await;
    if let Some(_traefik) = traefik(&documented(&site), &site, "/healthz").await {
        site.tells_people_apart().await;
    }
}

#[tokio::test]
async fn below_a_path_traefik_leaves_the_rest_alone() {
    let site = Site::below_path().await;
    let whole = "      rule: Host(`call.example.org`)\n";
    let text = with_places(documented(&site), [(whole, example("yaml", 1))]);
    if let Some(_traefik) = traefik(&text, &site, "/wimpex/healthz").await {
        site.is_below_path().await;
        for elsewhere in ["/healthz", "/wimpexes"] {
            assert_eq!(site.ask(elsewhere).await.status, 404, "{elsewhere}");
        }
    }
}
