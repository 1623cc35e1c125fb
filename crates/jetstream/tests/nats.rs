//! The store on a real NATS server.
//!
//! It comes with the Debian package nats-server, which `cargo xtask setup --tests` installs. Where it
//! is missing these tests say so and pass.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use async_nats::ConnectOptions;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use wimpex_jetstream::{JetStreamOptions, JetStreamStore};
use wimpex_store::contract::{self, entry, ids};
use wimpex_store::{Store, StoreError, Table};

const TABLE: Table = Table::PushSubscriptions;

struct Nats {
    port: u16,
    folder: TempDir,
    child: Option<Child>,
}

impl Nats {
    fn start() -> Option<Self> {
        tool()?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = port.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut nats = Self {
            port,
            folder,
            child: None,
        };
        nats.run();
        Some(nats)
    }

    fn run(&mut self) {
        let child = Command::new(tool().unwrap())
            .args(["-a", "127.0.0.1", "-p", &self.port.to_string()])
            .args(["-js", "-sd"])
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.unwrap());
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn store(&self) -> JetStreamStore {
        let address = format!("nats://127.0.0.1:{}", self.port);
        let options = JetStreamOptions {
            servers: vec![address.parse().unwrap()],
            options: ConnectOptions::new(),
            prefix: "wimpex.test".to_owned(),
            replicas: 1,
        };
        JetStreamStore::open(options).unwrap()
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}

fn tool() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let mut files = folders.map(|folder| folder.join("nats-server"));
    let found = files.find(|file| file.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: nats-server is missing; cargo xtask setup --tests installs it");
    }
    found
}

#[test]
fn it_does_what_every_store_has_to_do() {
    let Some(nats) = Nats::start() else {
        return;
    };
    contract::check(&nats.store());
}

#[test]
fn what_one_server_keeps_another_finds() {
    let Some(nats) = Nats::start() else {
        return;
    };
    let (one, other) = (nats.store(), nats.store());
    one.put(TABLE, b"a", &entry("1", "x", 10), 0).unwrap();
    assert_eq!(ids(&other, "a", 0), ["1"]);
    let most = TABLE.bounds().per_owner as u64;
    // Both at once: never are there too many, and both see the same.
    thread::scope(|scope| {
        for (store, ends) in [(&one, 100), (&other, 200)] {
            scope.spawn(move || {
                for nth in 0..most {
                    let kept = entry(&format!("{ends}-{nth}"), "", ends + nth);
                    store.put(TABLE, b"both", &kept, 0).unwrap();
                }
            });
        }
    });
    let kept = ids(&one, "both", 0);
    assert_eq!(kept.len() as u64, most);
    assert_eq!(kept, ids(&other, "both", 0));
    other.delete_all(TABLE, b"a").unwrap();
    assert!(ids(&one, "a", 0).is_empty());
}

#[test]
fn what_is_kept_outlives_nats_and_waits_for_it() {
    let Some(mut nats) = Nats::start() else {
        return;
    };
    let store = nats.store();
    store.put(TABLE, b"a", &entry("1", "x", 10), 0).unwrap();
    nats.kill();
    // Whoever asks is not kept waiting, once it is known.
    let told = Instant::now();
    while store.of(TABLE, b"a", 0).is_ok() {}
    let since = Instant::now();
    assert!(matches!(store.of(TABLE, b"a", 0), Err(StoreError::Io(_))));
    println!(
        "away: known after {:?}, said in {:?}",
        since - told,
        since.elapsed()
    );
    thread::scope(|scope| {
        let kept = scope.spawn(|| store.put(TABLE, b"a", &entry("2", "y", 10), 0));
        nats.run();
        kept.join().unwrap().unwrap();
    });
    assert_eq!(ids(&store, "a", 0), ["1", "2"]);
}

#[test]
fn what_is_no_entry_is_none() {
    let Some(nats) = Nats::start() else {
        return;
    };
    let store = nats.store();
    store.put(TABLE, b"a", &entry("1", "x", 10), 0).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let address = format!("127.0.0.1:{}", nats.port);
        let client = async_nats::connect(address).await.unwrap();
        let subject = "$KV.wimpex-test-push-subscriptions.oYQ";
        let jetstream = async_nats::jetstream::new(client);
        let published = jetstream.publish(subject, vec![255; 99].into()).await;
        published.unwrap().await.unwrap();
    });
    assert!(ids(&store, "a", 0).is_empty());
    store.put(TABLE, b"a", &entry("2", "x", 10), 0).unwrap();
    assert_eq!(ids(&store, "a", 0), ["2"]);
}

#[test]
fn large_things_go_and_come() {
    let Some(nats) = Nats::start() else {
        return;
    };
    let (one, other) = (nats.store(), nats.store());
    let shelf = |store: &JetStreamStore| store.shelf("things", 4 << 20, Duration::from_secs(60));
    let (one, other) = (shelf(&one), shelf(&other));
    let large: Vec<u8> = (0..1_000_000_u32).map(|nth| nth as u8).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let none = other.read("a").await.err().map(|error| error.kind());
        assert_eq!(none, Some(std::io::ErrorKind::NotFound));
        one.put("a", std::io::Cursor::new(large.clone()))
            .await
            .unwrap();
        let mut come = Vec::new();
        let mut read = other.read("a").await.unwrap();
        read.read_to_end(&mut come).await.unwrap();
        assert!(come == large);
        other.remove("a").await.unwrap();
        let gone = one.read("a").await.err().map(|error| error.kind());
        assert_eq!(gone, Some(std::io::ErrorKind::NotFound));
        // More than there is room for is refused, and what is removed makes room.
        for nth in 0..3 {
            let name = nth.to_string();
            one.put(&name, std::io::Cursor::new(large.clone()))
                .await
                .unwrap();
        }
        let refused = one.put("9", std::io::Cursor::new(vec![0; 4_000_000])).await;
        assert!(refused.is_err());
        one.remove("1").await.unwrap();
        one.put("8", std::io::Cursor::new(large.clone()))
            .await
            .unwrap();
    });
}
