//! The nginx configuration of docs/hosting.md, in a real nginx.
//!
//! It comes with the Debian package nginx-light, which `cargo xtask setup --tests` installs.
//! Where it is missing this test says so and passes.

use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::behind_proxy::{Site, example, with_places};

/// What stands in the document, with the places of this test.
fn documented(site: &Site) -> String {
    with_places(
        example("nginx", 0),
        [
            ("listen 443 ssl", format!("listen {} ssl", site.https)),
            (
                "/etc/ssl/call.example.org.pem",
                site.files.cert.display().to_string(),
            ),
            (
                "/etc/ssl/call.example.org.key",
                site.files.key.display().to_string(),
            ),
            (
                "http://127.0.0.1:8080",
                format!("http://{}", site.server.address),
            ),
        ],
    )
}

/// Below a path, in place of the example's whole site.
fn documented_below_path(whole: &str, location: &str) -> String {
    let (before, rest) = whole.split_once("    location / {").unwrap();
    let (inside, after) = rest.split_once("    }\n").unwrap();
    let headers = inside.split_once(";\n").unwrap().1;
    let location = with_places(location.to_owned(), [("# … as above", headers.to_owned())]);
    let other = "location / {\nreturn 200 \"another app\";\n}\n";
    format!("{before}{location}{other}{after}")
}

/// nginx with this in its `http`; `None` where it is not installed.
async fn nginx(block: &str, site: &Site) -> Option<Child> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let program = folders
        .map(|folder| folder.join("nginx"))
        .find(|file| file.is_file());
    let Some(program) = program else {
        eprintln!("SKIPPED: nginx is missing; cargo xtask setup --tests installs it");
        return None;
    };
    let folder = site.folder.path();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|what| format!("{what}_temp_path {};\n", folder.join(what).display()))
        .collect();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {pid};\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}{block}}}\n",
        pid = folder.join("pid").display(),
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    let child = Command::new(program)
        .arg("-c")
        .arg(&file)
        .arg("-p")
        .arg(folder)
        .args(["-e", "stderr"])
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    site.listens().await;
    Some(child)
}

#[tokio::test]
async fn below_a_path_another_app_is_beside_it() {
    // The example leaves the path in; with a slash at the end it is taken away.
    for taken_away in ["", "/"] {
        let site = Site::below_path().await;
        let to_server = format!("proxy_pass http://{}{taken_away};", site.server.address);
        let location = with_places(
            example("nginx", 1),
            [("proxy_pass http://127.0.0.1:8080;", to_server)],
        );
        let block = documented_below_path(&documented(&site), &location);
        let Some(_nginx) = nginx(&block, &site).await else {
            return;
        };
        site.is_below_path().await;
        for other in ["/", "/healthz"] {
            assert_eq!(site.ask(other).await.text(), "another app", "{other}");
        }
    }
}

#[tokio::test]
async fn people_behind_nginx_are_told_apart() {
    let site = Site::new().await;
    if let Some(_nginx) = nginx(&documented(&site), &site).await {
        site.tells_people_apart().await;
    }
}
