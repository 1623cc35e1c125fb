//! Entries come and go as the trait says; a backup is taken while others write.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use std::sync::atomic::{AtomicBool, Ordering};

use wimpex_store::{EmbeddedStore, Entry, Store, StoreError, Table};

const TABLE: Table = Table::PushSubscriptions;

fn entry(id: &str, value: &str, expires: u64) -> Entry {
    Entry {
        id: id.into(),
        value: value.into(),
        expires,
    }
}

fn ids(store: &EmbeddedStore, owner: &[u8], now: u64) -> Vec<String> {
    let entries = store.of(TABLE, owner, now).unwrap();
    let id = |entry: Entry| String::from_utf8(entry.id).unwrap();
    entries.into_iter().map(id).collect()
}

#[test]
fn owners_are_apart_though_their_names_begin_alike() {
    let store = EmbeddedStore::in_memory().unwrap();
    for (owner, id) in [("a", "b1"), ("ab", "1"), ("", "ab1")] {
        let kept = entry(id, owner, 10);
        store.put(TABLE, owner.as_bytes(), &kept, 0).unwrap();
        assert_eq!(store.of(TABLE, owner.as_bytes(), 0).unwrap(), [kept]);
    }
    store.delete_all(TABLE, b"a").unwrap();
    assert!(ids(&store, b"a", 0).is_empty());
    assert_eq!(ids(&store, b"ab", 0), ["1"]);
    store.delete(TABLE, b"ab", b"1").unwrap();
    assert_eq!(store.len(TABLE).unwrap(), 1);
}

#[test]
fn what_has_expired_is_gone_swept_or_not() {
    let store = EmbeddedStore::in_memory().unwrap();
    store.put(TABLE, b"a", &entry("1", "", 10), 0).unwrap();
    store.put(TABLE, b"a", &entry("2", "", 20), 0).unwrap();
    assert_eq!(ids(&store, b"a", 9), ["1", "2"]);
    assert_eq!(ids(&store, b"a", 10), ["2"]);
    assert_eq!(store.len(TABLE).unwrap(), 2);
    assert_eq!(store.sweep(10).unwrap(), 1);
    assert_eq!(store.sweep(10).unwrap(), 0);
    assert_eq!(store.len(TABLE).unwrap(), 1);
}

#[test]
fn of_too_many_the_one_that_ends_first_gives_way() {
    let store = EmbeddedStore::in_memory().unwrap();
    let most = TABLE.bounds().per_owner as u64;
    for nth in 0..most {
        let kept = entry(&nth.to_string(), "", 100 - nth);
        store.put(TABLE, b"a", &kept, 0).unwrap();
    }
    store.put(TABLE, b"a", &entry("new", "", 500), 0).unwrap();
    let ids = ids(&store, b"a", 0);
    assert_eq!(ids.len() as u64, most);
    assert!(ids.contains(&"new".to_owned()) && !ids.contains(&(most - 1).to_string()));
}

#[test]
fn what_is_too_long_is_refused() {
    let store = EmbeddedStore::in_memory().unwrap();
    let long = "x".repeat(TABLE.bounds().value_bytes + 1);
    let refused = store.put(TABLE, b"a", &entry("1", &long, 10), 0);
    assert!(matches!(refused, Err(StoreError::TooLong)));
    let refused = store.put(TABLE, &[b'a'; 200], &entry("1", "", 10), 0);
    assert!(matches!(refused, Err(StoreError::TooLong)));
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
    assert_eq!(ids(&second, b"a", 0), ["1"]);
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
