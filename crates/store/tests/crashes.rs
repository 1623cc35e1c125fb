//! Whatever moment the program ends at, what was acknowledged is there, and nothing is half there.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

mod disk;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use disk::Disk;
use wimpex_store::{EmbeddedStore, Entry, Store, Table};

const OWNER: &[u8] = b"w1owner";
/// The file that a child of this test writes to.
const WRITE_TO: &str = "WIMPEX_STORE_WRITE_TO";

/// Longer than a page of the file holds many of.
const VALUE_BYTES: usize = 200;

/// Each table in turn: all of them are written to while the server runs.
fn table(nth: u64) -> Table {
    Table::ALL[nth as usize % Table::ALL.len()]
}

/// As many as an owner may have there, over and over.
fn id(nth: u64) -> [u8; 8] {
    (nth % 7.min(table(nth).bounds().per_owner as u64)).to_be_bytes()
}

fn value(nth: u64) -> Vec<u8> {
    let most = table(nth).bounds().value_bytes;
    vec![nth as u8; VALUE_BYTES.min(most)]
}

fn write(store: &EmbeddedStore, nth: u64) -> bool {
    let entry = Entry {
        id: id(nth).to_vec(),
        value: value(nth),
        expires: nth + 1,
    };
    store.put(table(nth), OWNER, &entry, 0).is_ok()
}

/// The last write that is there; every entry is whole.
fn last(store: &EmbeddedStore) -> Option<u64> {
    let all = Table::ALL.map(|kept_in| {
        let entries = store.of(kept_in, OWNER, 0).unwrap();
        entries.into_iter().map(move |entry| (kept_in, entry))
    });
    let writes = all.into_iter().flatten().map(|(kept_in, entry)| {
        let nth = entry.expires - 1;
        assert_eq!(kept_in, table(nth));
        assert_eq!(entry.value, value(nth), "half of a write");
        assert_eq!(entry.id, id(nth));
        nth
    });
    writes.max()
}

/// Not a test of its own: the process that is killed.
#[test]
fn the_writer() {
    let Some(path) = std::env::var_os(WRITE_TO) else {
        return;
    };
    let store = EmbeddedStore::open(Path::new(&path)).unwrap();
    let from = last(&store).map_or(0, |nth| nth + 1);
    for nth in from.. {
        assert!(write(&store, nth));
        println!("kept {nth}");
    }
}

#[test]
fn a_killed_writer_has_kept_what_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("store");
    let mut random = fastrand::Rng::with_seed(20);
    for _ in 0..40 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_writer", "--nocapture"])
            .env(WRITE_TO, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut acknowledged = None;
        let mut next = || loop {
            let line = lines.next()?.ok()?;
            if let Some(nth) = line
                .rsplit_once("kept ")
                .and_then(|(_, nth)| nth.parse().ok())
            {
                return Some(nth);
            }
        };
        for _ in 0..random.u32(1..30) {
            acknowledged = next().or(acknowledged);
        }
        // In the middle of one of the next writes.
        std::thread::sleep(std::time::Duration::from_micros(random.u64(0..3_000)));
        writer.kill().unwrap();
        writer.wait().unwrap();
        while let Some(nth) = next() {
            acknowledged = Some(nth);
        }
        let store = EmbeddedStore::open(&path).unwrap();
        assert!(
            last(&store) >= acknowledged,
            "{:?} < {acknowledged:?}",
            last(&store)
        );
        assert!(last(&store) <= acknowledged.map(|nth: u64| nth + 1));
    }
}

#[test]
fn a_disk_that_dies_at_any_write_has_what_was_kept() {
    let mut random = fastrand::Rng::with_seed(8030);
    let mut died = 0;
    // Past the creation, then at each of the operations of some writes.
    let fresh = Disk::default();
    drop(EmbeddedStore::on(fresh.clone()).unwrap());
    let mut disk = fresh.revive(&mut random, None);
    for operations in 0..400 {
        disk = disk.revive(&mut random, None);
        let store = EmbeddedStore::on(disk.clone()).unwrap();
        let before = last(&store);
        drop(store);
        disk = disk.revive(&mut random, None);
        let Ok(store) = EmbeddedStore::on(disk.clone()) else {
            panic!("cannot be opened before {operations}");
        };
        disk.takes(operations % 40);
        let first = before.map_or(0, |nth| nth + 1);
        let failed = (first..).find(|nth| !write(&store, *nth)).unwrap();
        died += 1;
        drop(store);
        disk = disk.revive(&mut random, None);
        let store = EmbeddedStore::on(disk.clone()).unwrap();
        let found = last(&store);
        let acknowledged = failed.checked_sub(1);
        assert!(
            found >= acknowledged,
            "{found:?} < {acknowledged:?} after {operations}"
        );
        assert!(found <= Some(failed));
    }
    assert_eq!(died, 400);
}

/// Killed when everything but the database's mark is written, or nothing but the file's length.
#[test]
fn a_file_that_was_not_finished_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    drop(EmbeddedStore::open(&whole).unwrap());
    let mut without_mark = std::fs::read(&whole).unwrap();
    without_mark[..9].fill(0);
    for (name, left) in [
        ("without its mark", without_mark),
        ("of its length only", vec![0; 1 << 20]),
        ("empty", Vec::new()),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, left).unwrap();
        for _ in 0..2 {
            let store = EmbeddedStore::open(&path);
            assert!(write(&store.unwrap_or_else(|it| panic!("{name}: {it}")), 0));
        }
    }
    // What is somebody else's stays.
    let other = folder.path().join("other");
    std::fs::write(&other, "a letter, and no store").unwrap();
    assert!(EmbeddedStore::open(&other).is_err());
    assert_eq!(std::fs::read(&other).unwrap(), b"a letter, and no store");
}
