//! Entries come and go as the trait says; a backup is taken while others write.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use std::sync::atomic::{AtomicBool, Ordering};

use wimpex_store::contract::{self, entry};
use wimpex_store::{EmbeddedStore, Store, Table};

const TABLE: Table = Table::PushSubscriptions;

fn ids(store: &EmbeddedStore, owner: &str, now: u64) -> Vec<String> {
    contract::ids(store, owner, now)
}

#[test]
fn it_does_what_every_store_has_to_do() {
    contract::check(&EmbeddedStore::in_memory().unwrap());
}

#[test]
fn what_has_expired_is_counted_until_it_is_swept() {
    let store = EmbeddedStore::in_memory().unwrap();
    store.put(TABLE, b"a", &entry("1", "", 10), 0).unwrap();
    store.put(TABLE, b"a", &entry("2", "", 20), 0).unwrap();
    assert_eq!(store.len(TABLE).unwrap(), 2);
    assert_eq!(store.sweep(10).unwrap(), 1);
    assert_eq!(store.sweep(10).unwrap(), 0);
    assert_eq!(store.len(TABLE).unwrap(), 1);
    store.delete(TABLE, b"a", b"2").unwrap();
    assert!(store.is_empty(TABLE).unwrap());
}

#[test]
fn one_server_at_a_time_has_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/store");
    let first = EmbeddedStore::open(&path).unwrap();
    assert!(EmbeddedStore::open(&path).is_err());
    first.put(TABLE, b"a", &entry("1", "x", 10), 0).unwrap();
    drop(first);
    let second = EmbeddedStore::open(&path).unwrap();
    assert_eq!(ids(&second, "a", 0), ["1"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_backup_is_of_one_moment_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("store")).unwrap();
    let copy = folder.path().join("copy");
    let (done, begun) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Both entries of a pair are written one after the other; the first is never behind.
            for nth in 0u64.. {
                for id in ["first", "second"] {
                    let kept = entry(id, &nth.to_string(), u64::MAX);
                    store.put(TABLE, b"a", &kept, 0).unwrap();
                }
                begun.store(true, Ordering::SeqCst);
                if done.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        while !begun.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        for _ in 0..5 {
            store.back_up(&copy).unwrap();
            let restored = EmbeddedStore::open(&copy).unwrap();
            let pair = restored.of(TABLE, b"a", 0).unwrap();
            let values: Vec<u64> = pair
                .iter()
                .map(|entry| String::from_utf8_lossy(&entry.value).parse().unwrap())
                .collect();
            assert_eq!(values.len(), 2);
            assert!(
                values[0] == values[1] || values[0] == values[1] + 1,
                "{values:?}"
            );
        }
        done.store(true, Ordering::SeqCst);
    });
}
