//! A disk that is full: what is asked for is refused in words, nothing that was kept is lost, and
//! the server goes on, and keeps things again once there is room.
//!
//! The disk is a small tmpfs in a mount namespace of its own, where such can be made; elsewhere these
//! tests say so and pass.

use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::mailbox;
use crate::program::{address, kill};
use crate::push::Person;
use crate::support::{Client, offer, soon};

/// Room for a store, and not for much more.
const SIZE: &str = "size=6m";

/// A folder that is a disk of its own, for whoever is in its namespace.
struct SmallDisk {
    holder: Child,
    folder: TempDir,
}

impl SmallDisk {
    async fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let script = "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && echo mounted && exec sleep 600";
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "--user",
            "--map-root-user",
            "sh",
            "-c",
            script,
            "-",
            SIZE,
        ]);
        let command = command.arg(folder.path()).stdin(Stdio::null());
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut holder = command.kill_on_drop(true).spawn().ok()?;
        let mut lines = BufReader::new(holder.stdout.take()?).lines();
        if soon(lines.next_line()).await.ok().flatten().is_none() {
            eprintln!("SKIPPED: no mount namespace of one's own can be made here");
            return None;
        }
        Some(Self { holder, folder })
    }

    /// A program that sees it.
    fn run(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        let target = self.holder.id().unwrap().to_string();
        command.args([
            "--target",
            &target,
            "--mount",
            "--user",
            "--preserve-credentials",
        ]);
        command.arg(program).env_clear().stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        command
    }

    /// As the processes there see it.
    fn inside(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// As this one does.
    fn outside(&self, name: &str) -> PathBuf {
        let root = format!("/proc/{}/root", self.holder.id().unwrap());
        Path::new(&root).join(self.inside(name).trim_start_matches('/'))
    }

    fn fill(&self) {
        let mut junk = File::options();
        let junk = junk.create(true).append(true);
        let mut junk = junk.open(self.outside("junk")).unwrap();
        while junk.write_all(&[0; 4096]).is_ok() {}
        let more = fs::write(self.outside("more"), "x");
        assert!(more.is_err(), "it is full");
        let _ = fs::remove_file(self.outside("more"));
    }

    fn free(&self) {
        fs::remove_file(self.outside("junk")).unwrap();
    }

    /// Everything below the state folder but what a running server has for itself.
    fn kept(&self, folder: &str) -> Vec<String> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.outside(folder)).unwrap() {
            names.push(entry.unwrap().file_name().into_string().unwrap());
        }
        names.sort();
        names
    }
}

struct Server {
    child: Child,
    page: SocketAddr,
}

impl Server {
    async fn on(disk: &SmallDisk) -> Self {
        let mut command = disk.run(env!("CARGO_BIN_EXE_wimpex-server"));
        command.args(["--listen=127.0.0.1:0", "--turn=false", "--access=open"]);
        command.arg(format!("--state-dir={}", disk.inside("state")));
        let mut child = command.spawn().unwrap();
        let page = address(&mut child).await;
        let socket = disk.outside("state/admin.sock");
        let there = async {
            while UnixStream::connect(&socket).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        soon(there).await;
        Self { child, page }
    }

    /// Its log.
    async fn stop(self) -> String {
        kill("-TERM", self.child.id().unwrap()).await;
        let output = soon(self.child.wait_with_output()).await.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    async fn guest(&self) -> Client {
        let mut client = Client::connect(self.page).await;
        client
            .login(json!({"type": "login", "username": "Alice"}))
            .await;
        client
    }
}

async fn admin(disk: &SmallDisk, words: &[&str]) -> Output {
    let mut command = disk.run(env!("CARGO_BIN_EXE_wimpex-server"));
    command.arg("admin").args(words).arg("--folder");
    soon(command.arg(disk.inside("state")).output())
        .await
        .unwrap()
}

async fn refused(disk: &SmallDisk, words: &[&str]) -> String {
    let output = admin(disk, words).await;
    assert!(!output.status.success(), "{words:?} {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

async fn done(disk: &SmallDisk, words: &[&str]) -> Value {
    let output = admin(disk, &[words, &["--json"]].concat()).await;
    assert!(output.status.success(), "{words:?} {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn call_in_vain(caller: &mut Client, to: &str, call: &str) {
    let mut offer = offer(to);
    offer["callId"] = json!(call);
    caller.send(offer).await;
    caller.error("user-offline").await;
    let end = json!({"type": "call-end", "toId": to, "callId": call, "reason": "cancelled"});
    caller.send(end).await;
    caller.error("user-offline").await;
}

/// The calls that somebody learns of at a login.
async fn missed(person: &Person, server: &Server) -> Vec<String> {
    let (mut page, _) = person.comes(server.page).await;
    let message = page.recv().await;
    assert_eq!(message["type"], "missed-calls", "{message}");
    let calls = message["calls"].as_array().unwrap();
    calls
        .iter()
        .map(|call| call["callId"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn nothing_is_lost_and_all_goes_on_when_there_is_room_again() {
    let Some(disk) = SmallDisk::new().await else {
        return;
    };
    let server = Server::on(&disk).await;
    let [bob, carol] = [7, 8].map(Person::new);
    let [ann, ben] = [1, 2].map(mailbox::Person::new);
    let mut alice = server.guest().await;
    call_in_vain(&mut alice, &bob.id, "before").await;
    ben.receives(&server.page, &[&ann], false).await;
    assert_eq!(ann.leave(&server.page, &ben, 1).await.status, 201);
    done(&disk, &["invite"]).await;
    done(&disk, &["block", &carol.id]).await;

    disk.fill();
    let before = disk.kept("state");
    for words in [
        &["invite"][..],
        &["block", &bob.id],
        &["unblock", &carol.id],
    ] {
        // The server itself may have let go of some room.
        disk.fill();
        let said = refused(&disk, words).await;
        assert!(
            said.contains("cannot keep it") && said.contains("No space"),
            "{said}"
        );
    }
    disk.fill();
    let copy = disk.inside("copy.tar");
    let said = refused(&disk, &["backup", &copy]).await;
    assert!(said.contains("No space"), "{said}");
    assert!(
        !disk.outside("copy.tar").exists(),
        "half a backup is worse than none"
    );
    disk.fill();
    let full = ann.leave(&server.page, &ben, 2).await;
    assert_eq!((full.status, full.text()), (507, "host-full\n"));
    // People call each other all the same, and hear of each other.
    for seed in 10..60 {
        // So much that the store has to grow for it.
        call_in_vain(&mut alice, &Person::new(seed).id, "meanwhile").await;
    }
    let mut dave = server.guest().await;
    let mut eve = server.guest().await;
    dave.send(offer(&eve.id)).await;
    assert_eq!(eve.recv().await["type"], "call-offer");
    assert_eq!(
        disk.kept("state"),
        before,
        "nothing half written lies about"
    );

    disk.free();
    done(&disk, &["invite"]).await;
    call_in_vain(&mut alice, &bob.id, "after").await;
    assert_eq!(ann.leave(&server.page, &ben, 3).await.status, 201);
    let log = server.stop().await;
    assert!(log.contains("No space left"), "{log}");

    // And a server that starts on a full disk has what was kept.
    disk.fill();
    let server = Server::on(&disk).await;
    let known = done(&disk, &["invitations"]).await;
    assert_eq!(known["invitations"].as_array().unwrap().len(), 2);
    assert_eq!(known["blocked"], json!([carol.id]));
    let calls = missed(&bob, &server).await;
    for call in ["before", "after"] {
        assert!(
            calls.iter().any(|known| known == call),
            "{call} in {calls:?}"
        );
    }
    assert_eq!(ben.list(&server.page).await.len(), 2);
    server.guest().await;
    server.stop().await;
}

#[tokio::test]
async fn a_first_start_on_a_full_disk_says_so_and_serves() {
    let Some(disk) = SmallDisk::new().await else {
        return;
    };
    fs::create_dir(disk.outside("state")).unwrap();
    disk.fill();
    let server = Server::on(&disk).await;
    server.guest().await;
    let said = refused(&disk, &["invite"]).await;
    assert!(said.contains("No space"), "{said}");
    let log = server.stop().await;
    assert!(
        log.contains("cannot write the secret file") && log.contains("No space"),
        "{log}"
    );
    // Nothing is left that would be taken for a secret when there is room.
    disk.free();
    let server = Server::on(&disk).await;
    done(&disk, &["invite"]).await;
    let log = server.stop().await;
    assert!(log.contains("made a secret file"), "{log}");
}
