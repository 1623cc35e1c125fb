//! The nginx configuration of docs/hosting.md, in a real nginx.
//!
//! It comes with the Debian package nginx-light, which `cargo xtask setup --tests` installs.
//! Where it is missing this test says so and passes.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::support::{TestServer, soon};
use crate::tls_support::{Authority, Files, Trusting, folder};

pub(crate) const NAME: &str = "call.example.org";

/// The `nth` example of this kind in the document.
pub(crate) fn example(kind: &str, nth: usize) -> String {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/hosting.md");
    let document = std::fs::read_to_string(document).unwrap();
    let rest = document
        .split(&format!("```{kind}\n"))
        .nth(nth + 1)
        .unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// What stands in the document, with the places of this test.
fn documented(server: SocketAddr, https: SocketAddr, files: &Files) -> String {
    let mut block = example("nginx", 0);
    for (place, here) in [
        ("listen 443 ssl", format!("listen {https} ssl")),
        (
            "/etc/ssl/call.example.org.pem",
            files.cert.display().to_string(),
        ),
        (
            "/etc/ssl/call.example.org.key",
            files.key.display().to_string(),
        ),
        ("http://127.0.0.1:8080", format!("http://{server}")),
    ] {
        assert!(block.contains(place), "{place}");
        block = block.replace(place, &here);
    }
    block
}

/// nginx with this in its `http`; `None` where it is not installed.
async fn nginx(folder: &Path, block: &str, https: SocketAddr) -> Option<Child> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let program = folders
        .map(|folder| folder.join("nginx"))
        .find(|file| file.is_file());
    let Some(program) = program else {
        eprintln!("SKIPPED: nginx is missing; cargo xtask setup --tests installs it");
        return None;
    };
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
    let is_there = async {
        while TcpStream::connect(https).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    soon(is_there).await;
    Some(child)
}

/// Below a path, in place of the example's whole site.
fn documented_below_path(whole: &str, location: &str) -> String {
    let (before, rest) = whole.split_once("    location / {").unwrap();
    let (inside, after) = rest.split_once("    }\n").unwrap();
    let headers = inside.split_once(";\n").unwrap().1;
    assert!(location.contains("# … as above"), "{location}");
    let location = location.replace("# … as above", headers);
    let other = "location / {\nreturn 200 \"another app\";\n}\n";
    format!("{before}{location}{other}{after}")
}

#[tokio::test]
async fn below_a_path_another_app_is_beside_it() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let page = folder.path().join("page");
    std::fs::create_dir(&page).unwrap();
    std::fs::write(page.join("index.html"), "<html><script src=/a.js></script>").unwrap();
    let server = TestServer::with(|config| {
        config.origin = Some(format!("https://{NAME}"));
        config.base_path = "/wimpex".parse().unwrap();
        config.trusted_proxy = vec!["127.0.0.1/32".parse().unwrap()];
        config.page_dir = Some(page);
    })
    .await;
    // The example leaves the path in; with a slash at the end it is taken away.
    for taken_away in [false, true] {
        let free = StdListener::bind("127.0.0.1:0").unwrap();
        let https = free.local_addr().unwrap();
        drop(free);
        let to_server = format!("proxy_pass http://{}", server.address);
        let mut location =
            example("nginx", 1).replace("proxy_pass http://127.0.0.1:8080", &to_server);
        assert!(location.contains(&format!("{to_server};")), "{location}");
        if taken_away {
            location = location.replace(&to_server, &format!("{to_server}/"));
        }
        let block = documented_below_path(&documented(server.address, https, &files), &location);
        let Some(_nginx) = nginx(folder.path(), &block, https).await else {
            return;
        };
        let trusting = Trusting::new(authority.root.clone());
        let ask = async |path: &str| trusting.get(https, NAME, path).await;
        assert_eq!(ask("/").await.text(), "another app");
        assert_eq!(ask("/healthz").await.text(), "another app");
        assert_eq!(ask("/wimpex/healthz").await.text(), "ok\n");
        let index = "<html data-base=\"/wimpex\"><script src=/wimpex/a.js></script>";
        for path in ["/wimpex/", "/wimpex/u/guest-bob"] {
            assert_eq!(ask(path).await.text(), index, "{path}");
        }
        let slash = ask("/wimpex").await;
        assert!([301, 308].contains(&slash.status), "{slash:?}");
        assert!(slash.header("location").unwrap().ends_with("/wimpex/"));
        let mut ws = trusting.websocket_at(https, NAME, "/wimpex/ws", 1).await;
        let hello = soon(ws.next()).await.unwrap().unwrap();
        assert!(hello.to_text().unwrap().contains("\"hello\""), "{hello}");
    }
}

#[tokio::test]
async fn people_behind_nginx_are_told_apart() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let server = TestServer::with(|config| {
        config.origin = Some(format!("https://{NAME}"));
        config.trusted_proxy = vec!["127.0.0.1/32".parse().unwrap()];
        config.limits.connections_per_address = 1;
    })
    .await;
    let free = StdListener::bind("127.0.0.1:0").unwrap();
    let https = free.local_addr().unwrap();
    drop(free);
    let block = documented(server.address, https, &files);
    let Some(_nginx) = nginx(folder.path(), &block, https).await else {
        return;
    };
    are_told_apart(&server, https, &authority).await;
}

/// Three households behind a proxy at this address, on a server that has room for one person of each.
pub(crate) async fn are_told_apart(server: &TestServer, https: SocketAddr, authority: &Authority) {
    let trusting = Trusting::new(authority.root.clone());
    let health = trusting.get(https, NAME, "/healthz").await;
    assert_eq!((health.status, health.text()), (200, "ok\n"));
    let mut people = Vec::new();
    for household in 1..=3 {
        let mut ws = trusting.websocket_from(https, NAME, household).await;
        let hello = soon(ws.next()).await.unwrap().unwrap();
        assert!(hello.to_text().unwrap().contains("\"hello\""), "{hello}");
        people.push(ws);
    }
    assert_eq!(server.handle.counts().addresses, 3);
    // What somebody makes up before it is not believed.
    let mut again = trusting.websocket_from(https, NAME, 1).await;
    let refused = soon(again.next()).await.unwrap().unwrap();
    assert!(!refused.to_string().contains("\"hello\""), "{refused}");
}
