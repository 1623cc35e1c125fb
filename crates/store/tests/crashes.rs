//! Whatever moment the program ends at, what was acknowledged is there, and nothing is half there.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use std::io::{BufRead, BufReader};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use redb::{BackendError, StorageBackend};
use wimpex_store::{EmbeddedStore, Entry, Store, Table};

const OWNER: &[u8] = b"w1owner";
/// The file that a child of this test writes to.
const WRITE_TO: &str = "WIMPEX_STORE_WRITE_TO";

fn write(store: &EmbeddedStore, nth: u64) -> bool {
    let entry = Entry {
        // As many as an owner may have, over and over.
        id: (nth % 7).to_be_bytes().to_vec(),
        value: vec![nth as u8; 300],
        expires: nth + 1,
    };
    store
        .put(Table::PushSubscriptions, OWNER, &entry, 0)
        .is_ok()
}

/// The last write that is there; every entry is whole.
fn last(store: &EmbeddedStore) -> Option<u64> {
    let all = Table::ALL.map(|table| store.of(table, OWNER, 0).unwrap());
    let writes = all.iter().flatten().map(|entry| {
        let nth = entry.expires - 1;
        assert_eq!(entry.value, vec![nth as u8; 300], "half of a write");
        assert_eq!(entry.id, (nth % 7).to_be_bytes());
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

/// A disk that dies at the nth write to it. What was not synced may or may not have arrived.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    /// As whoever writes sees it.
    seen: Vec<u8>,
    /// What has arrived for sure.
    synced: Vec<u8>,
    /// Since the last sync, in their order.
    writes: Vec<(usize, Vec<u8>)>,
    /// How many operations it still takes.
    left: Option<u64>,
}

impl Content {
    fn operate(&mut self) -> Result<(), std::io::Error> {
        match &mut self.left {
            Some(0) => Err(std::io::Error::other("the disk is dead")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    if bytes.len() < at + data.len() {
        bytes.resize(at + data.len(), 0);
    }
    bytes[at..at + data.len()].copy_from_slice(data);
}

impl Disk {
    /// After the power is back: every unsynced write has arrived or not, by chance.
    fn revive(&self, random: &mut fastrand::Rng, left: Option<u64>) -> Self {
        let content = self.0.lock().unwrap();
        let mut bytes = content.synced.clone();
        let length = bytes.len().max(content.seen.len());
        bytes.resize(length, 0);
        for (at, data) in &content.writes {
            if random.bool() {
                put(&mut bytes, *at, data);
            }
        }
        Self(Arc::new(Mutex::new(Content {
            seen: bytes.clone(),
            synced: bytes,
            writes: Vec::new(),
            left,
        })))
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, std::io::Error> {
        Ok(self.0.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        let content = self.0.lock().unwrap();
        let at = offset as usize;
        out.copy_from_slice(&content.seen[at..at + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        let mut content = self.0.lock().unwrap();
        content.operate()?;
        content.seen.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        let mut content = self.0.lock().unwrap();
        content.operate()?;
        content.synced = content.seen.clone();
        content.writes.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        let mut content = self.0.lock().unwrap();
        content.operate()?;
        put(&mut content.seen, offset as usize, data);
        content.writes.push((offset as usize, data.to_vec()));
        Ok(())
    }

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
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
        disk.0.lock().unwrap().left = Some(operations % 40);
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
