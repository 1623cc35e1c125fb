//! The Caddy configurations of docs/hosting.md, in a real Caddy.
//!
//! It comes with the Debian package caddy, which `cargo xtask setup --tests` installs. Where it is
//! missing these tests say so and pass.

use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::behind_proxy::{NAME, Site, example, with_places};

/// The example of the document with the places of this test, and with what its name in DNS would bring
/// by itself: a certificate.
fn documented(nth: usize, name: &str, site: &Site) -> String {
    let (cert, key) = (site.files.cert.display(), site.files.key.display());
    let https = site.https.port();
    let block = with_places(
        example("caddyfile", nth),
        [
            (
                &format!("{name} {{\n"),
                format!("https://{NAME}:{https} {{\nbind 127.0.0.1\ntls {cert} {key}\n"),
            ),
            ("127.0.0.1:8080", site.server.address.to_string()),
        ],
    );
    format!("{{\nadmin off\nauto_https disable_redirects\nskip_install_trust\n}}\n{block}")
}

/// Caddy with this file; `None` where it is not installed.
async fn caddy(text: &str, site: &Site) -> Option<Child> {
    let folder = site.folder.path();
    let file = folder.join("Caddyfile");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]);
    let command = command
        .arg(&file)
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let Ok(child) = command.spawn() else {
        eprintln!("SKIPPED: caddy is missing; cargo xtask setup --tests installs it");
        return None;
    };
    site.listens().await;
    Some(child)
}

#[tokio::test]
async fn people_behind_caddy_are_told_apart() {
    let site = Site::new().await;
    if let Some(_caddy) = caddy(&documented(0, NAME, &site), &site).await {
        site.tells_people_apart().await;
    }
}

#[tokio::test]
async fn below_a_path_caddy_leaves_the_rest_alone() {
    let site = Site::below_path().await;
    let text = documented(1, "example.org", &site);
    if let Some(_caddy) = caddy(&text, &site).await {
        site.is_below_path().await;
        assert_eq!(site.ask("/healthz").await.text(), "");
    }
}
