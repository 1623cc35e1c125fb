//! Who may use the server, and the host's hand on it: `wimpex-server admin` as a host types it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::program::program;
use crate::support::{Client, Reply, request, soon};
use crate::tls_support::folder;

struct Hosted {
    _child: Child,
    page: SocketAddr,
    folder: tempfile::TempDir,
}

impl Hosted {
    async fn start(flags: &[&str]) -> Self {
        let folder = folder();
        let page = "<html><head><title>Wimpex</title></head><body>the page</body></html>";
        std::fs::create_dir(folder.path().join("page")).unwrap();
        std::fs::write(folder.path().join("page/index.html"), page).unwrap();
        let mut command = at(folder.path());
        let mut child = command.args(flags).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = soon(lines.next_line()).await.unwrap().unwrap();
        let page = line.strip_prefix("listening on http://").unwrap().parse();
        let hosted = Self {
            _child: child,
            page: page.unwrap(),
            folder,
        };
        let socket = hosted.socket();
        soon(async {
            while UnixStream::connect(&socket).await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        hosted
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("state/admin.sock")
    }

    async fn run(&self, words: &[&str]) -> Output {
        admin(&self.folder.path().join("state"), words).await
    }

    /// What a program reads.
    async fn json(&self, words: &[&str]) -> Value {
        let output = self.run(&[words, &["--json"]].concat()).await;
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    async fn login(&self, login: Value) -> (Client, Value) {
        let headers = [("origin", "https://call.example.org")];
        let mut client = Client::with_headers(self.page, &headers).await;
        client.recv().await;
        client.send(login).await;
        let answer = client.recv().await;
        (client, answer)
    }
}

fn at(folder: &Path) -> Command {
    let mut command = program("127.0.0.1:0");
    command.arg("--page-dir").arg(folder.join("page"));
    command.arg("--state-dir").arg(folder.join("state"));
    command.args(["--origin", "https://call.example.org"]);
    command
}

async fn admin(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wimpex-server"));
    command.arg("admin").args(words).arg("--folder").arg(folder);
    soon(command.output()).await.unwrap()
}

fn guest() -> Value {
    json!({ "type": "login", "username": "Alice" })
}

#[tokio::test]
async fn an_invitation_link_lets_in_as_many_as_it_says() {
    let hosted = Hosted::start(&["--access", "invited"]).await;
    let (_, refused) = hosted.login(guest()).await;
    assert_eq!(refused["code"], "login-failed");
    assert_eq!(refused["reason"], "not-invited");
    let made = hosted
        .json(&["invite", "--uses", "1", "--expires", "1d"])
        .await;
    let link = made["link"].as_str().unwrap();
    let ticket = link
        .strip_prefix("https://call.example.org/#invite=")
        .unwrap();
    let mut with_ticket = guest();
    with_ticket["ticket"] = json!(ticket);
    let (client, welcome) = hosted.login(with_ticket.clone()).await;
    assert_eq!(welcome["type"], "welcome");
    drop(client);
    // The same person needs it no more, and nobody else can use it.
    let mut again = guest();
    again["resumeToken"] = welcome["resumeToken"].clone();
    let (_, second) = hosted.login(again.clone()).await;
    assert_eq!(second["userId"], welcome["userId"]);
    let (_, refused) = hosted.login(with_ticket).await;
    assert_eq!(refused["reason"], "invitation-over");
    let listed = hosted.json(&["invitations"]).await;
    assert_eq!(listed["invitations"][0]["used"], 1);
    assert_eq!(listed["admitted"], 1);
    let id = made["id"].as_str().unwrap();
    hosted.json(&["revoke", id, "--with-people"]).await;
    let (_, refused) = hosted.login(again).await;
    assert_eq!(refused["reason"], "not-invited");
}

#[tokio::test]
async fn a_process_that_takes_over_knows_who_has_come_meanwhile() {
    let hosted = Hosted::start(&["--access", "invited"]).await;
    let made = hosted.json(&["invite", "--uses", "1"]).await;
    let (_, ticket) = made["link"].as_str().unwrap().split_once('=').unwrap();
    let mut next = at(hosted.folder.path());
    next.args(["--access", "invited", "--take-over"]);
    let mut first = guest();
    first["ticket"] = json!(ticket);
    let (_client, welcome) = hosted.login(first).await;
    let mut next = next.spawn().unwrap();
    assert_eq!(crate::program::address(&mut next).await, hosted.page);
    let next = next.id().unwrap();
    soon(async {
        while hosted.json(&["status"]).await["pid"] != next {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut again = guest();
    again["resumeToken"] = welcome["resumeToken"].clone();
    let (_, second) = hosted.login(again).await;
    assert_eq!(second["userId"], welcome["userId"], "{second}");
}

#[tokio::test]
async fn the_host_ends_sessions_and_shuts_people_out() {
    let hosted = Hosted::start(&[]).await;
    let (mut client, welcome) = hosted.login(guest()).await;
    let user = welcome["userId"].as_str().unwrap();
    let status = hosted.json(&["status"]).await;
    assert_eq!(status["people"], 1);
    let sessions = hosted.json(&["sessions"]).await;
    assert_eq!(sessions["sessions"][0]["user"], user);
    let kicked = hosted.json(&["kick", user]).await;
    assert_eq!(kicked["ended-sessions"], 1);
    assert_eq!(client.close_code().await, Some(1008));
    let link = format!("https://call.example.org/u/{user}");
    hosted.json(&["block", &link]).await;
    let mut again = guest();
    again["resumeToken"] = welcome["resumeToken"].clone();
    let (_, refused) = hosted.login(again.clone()).await;
    assert_eq!(refused["reason"], "blocked");
    hosted.json(&["unblock", user]).await;
    let (_, welcomed) = hosted.login(again).await;
    assert_eq!(welcomed["type"], "welcome");
}

#[tokio::test]
async fn a_drained_server_lets_nobody_new_in() {
    let hosted = Hosted::start(&[]).await;
    let (mut client, _) = hosted.login(guest()).await;
    let said = hosted.run(&["drain"]).await;
    let said = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said, "Nobody new is let in; 1 devices are still there.\n");
    let origin = [("origin", "https://call.example.org")];
    assert_eq!(Client::refused(hosted.page, &origin).await, 503);
    client
        .send(json!({ "type": "presence-watch", "userIds": ["guest-b"] }))
        .await;
    assert_eq!(client.recv().await["type"], "presence");
    hosted.run(&["drain", "--off"]).await;
    assert_eq!(hosted.login(guest()).await.1["type"], "welcome");
}

#[tokio::test]
async fn whatever_is_asked_the_server_answers_on() {
    use std::os::unix::fs::PermissionsExt;
    let hosted = Hosted::start(&[]).await;
    let mode = std::fs::metadata(hosted.socket())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    for nonsense in [&b"\n"[..], b"{}\n", b"\xff\xff\n", &[b'['; 100_000]] {
        let mut stream = UnixStream::connect(hosted.socket()).await.unwrap();
        // It may have heard enough.
        let _ = stream.write_all(nonsense).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = soon(stream.read_to_end(&mut answer)).await;
    }
    assert_eq!(hosted.json(&["status"]).await["people"], 0);
    let wrong = hosted.run(&["kick", "two words"]).await;
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("no id"));
    // Restoring under a running server would be undone by it.
    let copy = hosted.folder.path().join("copy.tar");
    let copy = copy.to_str().unwrap();
    assert!(hosted.run(&["backup", copy]).await.status.success());
    let refused = hosted.run(&["restore", copy]).await;
    assert!(String::from_utf8_lossy(&refused.stderr).contains("stop it first"));
    let nobody = admin(Path::new("/nonexistent"), &["status"]).await;
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("no server runs"));
}

#[tokio::test]
async fn a_backup_of_a_running_server_has_its_store_whole() {
    let hosted = Hosted::start(&[]).await;
    // Whatever it keeps there: it is opened by whoever first asks.
    let copy = hosted.folder.path().join("copy.tar");
    let made = hosted.json(&["backup", copy.to_str().unwrap()]).await;
    assert!(made["files"].as_u64().unwrap() >= 2, "{made}");
    let mut archive = tar::Archive::new(std::fs::File::open(&copy).unwrap());
    let target = hosted.folder.path().join("restored");
    archive.unpack(&target).unwrap();
    let store = wimpex_store::EmbeddedStore::open(&target.join("store.redb"));
    assert!(store.is_ok(), "{:?}", store.err());
    let left = std::fs::read_dir(hosted.folder.path().join("state")).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left
        .filter(|it| it.to_string_lossy().contains("snapshot"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn the_first_page_says_whose_it_is() {
    let hosted = Hosted::start(&[
        "--site-name=Our <town>",
        "--site-link=Imprint=https://example.org/imprint",
        "--site-colour=#aa3322",
    ])
    .await;
    let page = Reply::of(hosted.page, &request("GET", "/", &[])).await;
    assert!(
        page.text().contains("<title>Our &lt;town&gt;</title>"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("href=\"https://example.org/imprint\""));
    let style = Reply::of(hosted.page, &request("GET", "/host.css", &[])).await;
    assert_eq!(
        style.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert!(style.text().contains("#aa3322"));
}
