//! Who may use the server, and the host's hand on it: `wimpex-server admin` as a host types it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::mailbox::{Person, now};
use crate::program::program;
use crate::support::{Client, Reply, request, soon};
use crate::tls_support::{Authority, NAME, folder};

struct Hosted {
    _child: Child,
    page: SocketAddr,
    folder: tempfile::TempDir,
}

impl Hosted {
    async fn start(flags: &[&str]) -> Self {
        Self::start_in(folder(), flags).await
    }

    async fn start_in(folder: tempfile::TempDir, flags: &[&str]) -> Self {
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
    let (mut client, welcome) = hosted.login(with_ticket.clone()).await;
    assert_eq!(welcome["type"], "welcome");
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
    assert_eq!(client.close_code().await, Some(1008));
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
async fn what_the_host_wants_is_done_by_one_process_or_the_next() {
    let hosted = Hosted::start(&["--access", "invited"]).await;
    let mut made = BTreeSet::new();
    let mut processes = Vec::new();
    for _ in 0..4 {
        let mut next = at(hosted.folder.path());
        next.args(["--access", "invited", "--take-over"]);
        let mut next = next.spawn().unwrap();
        let process = next.id().unwrap();
        let is_over = async {
            assert_eq!(crate::program::address(&mut next).await, hosted.page);
            while hosted.json(&["status"]).await["pid"] != process {
                tokio::task::yield_now().await;
            }
        };
        let invite = async {
            loop {
                let invited = hosted.json(&["invite"]).await;
                made.insert(invited["id"].as_str().unwrap().to_owned());
            }
        };
        soon(async {
            tokio::select! { () = is_over => {}, () = invite => {} }
        })
        .await;
        processes.push(next);
    }
    let listed = hosted.json(&["invitations"]).await;
    let listed = listed["invitations"].as_array().unwrap();
    let listed: Vec<&str> = listed.iter().map(|it| it["id"].as_str().unwrap()).collect();
    for id in made {
        assert!(listed.contains(&&*id), "{id} is forgotten");
    }
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
async fn who_is_not_let_in_has_no_part_in_messages() {
    let [alice, bob, mallory] = [1, 2, 3].map(Person::new);
    let people = folder();
    let list = people.path().join("people");
    std::fs::write(&list, format!("{}\n{}\n", alice.id, bob.id)).unwrap();
    let file = format!("--access-file={}", list.display());
    let hosted = Hosted::start(&["--access=listed", &file]).await;
    let ask = async |who: &Person, what: Value| {
        let origin = "https://call.example.org";
        let reply = who.ask_for(&hosted.page, what, origin, now()).await;
        (reply.status, reply.text().to_owned())
    };
    let receive = |who: &Person| {
        let key = who.message_key().encode();
        json!({"do": "receive", "key": key, "senders": [], "strangers": true})
    };
    let refused = (403, "access\n".to_owned());
    assert_eq!(ask(&bob, receive(&bob)).await.0, 204);
    for what in [
        receive(&mallory),
        json!({"do": "key", "of": bob.id}),
        json!({"do": "list"}),
        json!({"do": "stop"}),
    ] {
        assert_eq!(ask(&mallory, what).await, refused);
    }
    let left = mallory.leave(&hosted.page, &bob, 1).await;
    assert_eq!((left.status, left.text()), (403, "access\n"));
    assert_eq!(alice.leave(&hosted.page, &bob, 1).await.status, 201);
    hosted.json(&["block", &alice.id]).await;
    assert_eq!(
        ask(&alice, json!({"do": "key", "of": bob.id})).await,
        refused
    );
    assert_eq!(alice.leave(&hosted.page, &bob, 2).await.status, 403);
    // The one that came before waits still.
    assert_eq!(ask(&bob, json!({"do": "list"})).await.0, 200);
}

#[tokio::test]
async fn who_is_taken_off_the_list_has_to_go() {
    let [alice, bob] = [1, 2].map(Person::new);
    let people = folder();
    let list = people.path().join("people");
    let write = |all: &[&Person]| {
        let ids: Vec<&str> = all.iter().map(|it| it.id.as_str()).collect();
        std::fs::write(&list, ids.join("\n")).unwrap();
    };
    write(&[&alice, &bob]);
    let file = format!("--access-file={}", list.display());
    let hosted = Hosted::start(&["--access=listed", &file]).await;
    let origin = "https://call.example.org";
    let mut pages = Vec::new();
    for person in [&alice, &bob] {
        pages.push(person.page_of(&hosted.page, origin).await);
    }
    let key = alice.message_key().encode();
    let wish = json!({"do": "receive", "key": key, "senders": [bob.id], "strangers": false});
    let taken = alice.ask_for(&hosted.page, wish, origin, now()).await;
    assert_eq!(taken.status, 204);
    assert_eq!(bob.leave(&hosted.page, &alice, 1).await.status, 201);
    write(&[&bob]);
    hosted.json(&["reload"]).await;
    let codes: Vec<Option<u16>> = vec![pages.remove(0).close_code().await];
    assert_eq!(codes, [Some(1008)]);
    pages[0].nothing_more().await;
    // Nothing waits for her, and nobody can leave her anything.
    assert_eq!(bob.leave(&hosted.page, &alice, 2).await.status, 404);
}

#[tokio::test]
async fn a_drained_server_lets_nobody_new_in() {
    let hosted = Hosted::start(&[]).await;
    let (mut client, _) = hosted.login(guest()).await;
    let said = hosted.run(&["drain"]).await;
    let said = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said, "Nobody new is let in; 1 devices are still there.\n");
    let origin = [("origin", "https://call.example.org")];
    // Others than browsers see why, and all of them when to come back.
    let mut refused = Client::with_headers(hosted.page, &origin).await;
    assert_eq!(
        refused.close_frame().await,
        Some((1013, "reconnect within 30000 ms".to_owned()))
    );
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

/// A host whose disk is gone: an invitation counts, a guest is the same, and who is shut out stays out.
#[tokio::test]
async fn what_was_backed_up_serves_in_another_place() {
    let hosted = Hosted::start(&[]).await;
    let (_alice, welcome) = hosted.login(guest()).await;
    let token = welcome["resumeToken"].clone();
    let (_mallory, other) = hosted.login(guest()).await;
    let shut_out = other["userId"].as_str().unwrap();
    hosted.json(&["block", shut_out]).await;
    let invited = hosted.json(&["invite", "--uses", "2"]).await;
    let copy = hosted.folder.path().join("copy.tar");
    let copy = copy.to_str().unwrap();
    hosted.json(&["backup", copy]).await;

    let folder = folder();
    let answer = admin(&folder.path().join("state"), &["restore", copy]).await;
    assert!(answer.status.success(), "{answer:?}");
    let restored = Hosted::start_in(folder, &[]).await;
    let (_alice, again) = restored
        .login(json!({ "type": "login", "username": "Alice", "resumeToken": token }))
        .await;
    assert_eq!(again["userId"], welcome["userId"], "{again}");
    let kept = restored.json(&["invitations"]).await;
    assert_eq!(kept["blocked"][0], shut_out, "{kept}");
    assert_eq!(kept["invitations"][0]["id"], invited["id"], "{kept}");
}

#[tokio::test]
async fn the_relay_and_the_certificate_are_told_of() {
    let hosted = Hosted::start(&["--turn=false"]).await;
    for (word, missing) in [("turn", "no relay"), ("certificates", "no certificate")] {
        let refused = hosted.run(&[word]).await;
        let words = String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && words.contains(missing),
            "{words}"
        );
    }

    let files = folder();
    let (cert, key) = Authority::new().issue(NAME);
    let (cert_file, key_file) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    std::fs::write(&cert_file, cert).unwrap();
    std::fs::write(&key_file, key).unwrap();
    let hosted = Hosted::start(&[
        "--turn",
        "--turn-listen=127.0.0.1:0",
        "--https-listen=127.0.0.1:0",
        &format!("--tls-cert={}", cert_file.display()),
        &format!("--tls-key={}", key_file.display()),
    ])
    .await;
    let relay = hosted.json(&["turn"]).await;
    assert_eq!(
        (&relay["allocations"], &relay["bytes-to-peers"]),
        (&json!(0), &json!(0))
    );
    let certificate = hosted.json(&["certificates"]).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    assert!(
        certificate["until"].as_u64().unwrap() > now.unwrap().as_secs(),
        "{certificate}"
    );
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
