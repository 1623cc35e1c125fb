//! Files that older programs have written are carried over, whatever moment the program ends at.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

mod disk;

use disk::Disk;
use redb::{Database, ReadableDatabase, StorageBackend, TableDefinition};
use wimpex_store::{EmbeddedStore, Entry, Store, StoreError, Table};

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

/// What an older program has left: its version, and the tables that it knew. Written down here, and
/// not taken from [`Table`], since a file stays as it is. There were two of version 2.
const LEFT: [(u64, &[&str]); 7] = [
    (0, &[]),
    (1, &["push-subscriptions"]),
    (2, &["push-subscriptions", "missed-calls"]),
    (2, &["push-subscriptions", "message-receivers"]),
    (
        3,
        &["push-subscriptions", "missed-calls", "message-receivers"],
    ),
    (
        4,
        &[
            "push-subscriptions",
            "missed-calls",
            "message-receivers",
            "messages-gone",
        ],
    ),
    (
        5,
        &[
            "push-subscriptions",
            "missed-calls",
            "message-receivers",
            "messages-gone",
            "messages",
        ],
    ),
];

/// The version that this program writes.
const NEWEST: u64 = 5;

const OWNERS: [&[u8]; 3] = [b"w1bob", b"w1bo", b"guest-1"];
const END: u64 = 1_800_000_000_000;

fn value(table: &str, owner: &[u8]) -> Vec<u8> {
    match table {
        "messages-gone" => Vec::new(),
        _ => [table.as_bytes(), b" of ", owner].concat(),
    }
}

/// The layout of all versions so far: length of the owner, owner, id; and the end in eight bytes,
/// big-endian, before the value.
fn write_old(backend: impl StorageBackend, version: u64, tables: &[&str]) {
    let database = Database::builder().create_with_backend(backend).unwrap();
    let write = database.begin_write().unwrap();
    if version > 0 {
        let mut meta = write.open_table(META).unwrap();
        meta.insert("version", version).unwrap();
    }
    for name in tables {
        let table: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new(name);
        let mut table = write.open_table(table).unwrap();
        for owner in OWNERS {
            let key = [&[owner.len() as u8], owner, b"id"].concat();
            let packed = [&END.to_be_bytes()[..], &value(name, owner)].concat();
            table.insert(&key[..], &packed[..]).unwrap();
        }
    }
    write.commit().unwrap();
}

fn version(backend: impl StorageBackend) -> u64 {
    let database = Database::builder().create_with_backend(backend).unwrap();
    let read = database.begin_read().unwrap();
    let meta = read.open_table(META).unwrap();
    meta.get("version").unwrap().unwrap().value()
}

/// All that the old file had is there, nothing else, and it can be written to.
fn is_carried_over(store: &EmbeddedStore, tables: &[&str]) {
    for table in Table::ALL {
        for owner in OWNERS {
            let expected = Entry {
                id: b"id".to_vec(),
                value: value(table.name(), owner),
                expires: END,
            };
            let was_there = tables.contains(&table.name());
            let expected = was_there.then_some(expected);
            let found = store.of(table, owner, 0).unwrap();
            assert_eq!(found, Vec::from_iter(expected), "{}", table.name());
        }
    }
    for table in Table::ALL {
        let entry = Entry {
            id: b"new".to_vec(),
            value: Vec::new(),
            expires: END,
        };
        store.put(table, b"w1carol", &entry, 0).unwrap();
        assert_eq!(store.of(table, b"w1carol", 0).unwrap(), [entry]);
    }
}

#[test]
fn a_file_of_every_older_version_is_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    for (nth, (old, tables)) in LEFT.into_iter().enumerate() {
        let path = folder.path().join(nth.to_string());
        let file = || {
            let mut options = std::fs::OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(false);
            redb::backends::FileBackend::new(file.open(&path).unwrap()).unwrap()
        };
        write_old(file(), old, tables);
        let store = EmbeddedStore::open(&path).unwrap();
        is_carried_over(&store, tables);
        drop(store);
        assert_eq!(version(file()), NEWEST, "from {old}");
    }
}

#[test]
fn a_file_of_a_later_program_stays_as_it_is() {
    let disk = Disk::default();
    write_old(disk.clone(), NEWEST + 1, LEFT[5].1);
    let mut random = fastrand::Rng::with_seed(1);
    let disk = disk.revive(&mut random, None);
    let refused = EmbeddedStore::on(disk.clone());
    let expected = (NEWEST + 1, NEWEST);
    assert!(
        matches!(refused, Err(StoreError::Later { found, known }) if (found, known) == expected)
    );
    // What wrote it takes it up again.
    let disk = disk.revive(&mut random, None);
    assert_eq!(version(disk), NEWEST + 1);
}

/// At each operation of the way, over and over: what was not synced has arrived or not, by chance.
#[test]
fn a_program_that_ends_in_a_migration_goes_on_with_it_at_the_next_start() {
    let mut random = fastrand::Rng::with_seed(9);
    for (old, tables) in LEFT {
        let mut deaths = 0;
        for operations in 0.. {
            let disk = Disk::default();
            write_old(disk.clone(), old, tables);
            let mut disk = disk.revive(&mut random, Some(operations));
            let is_through = EmbeddedStore::on(disk.clone()).is_ok();
            deaths += u64::from(!is_through);
            // It may end in the middle once more.
            disk = disk.revive(&mut random, Some(operations / 2));
            drop(EmbeddedStore::on(disk.clone()));
            disk = disk.revive(&mut random, None);
            let store = EmbeddedStore::on(disk.clone());
            let store = store.unwrap_or_else(|it| panic!("{old}, {operations}: {it}"));
            is_carried_over(&store, tables);
            drop(store);
            disk = disk.revive(&mut random, None);
            assert_eq!(version(disk), NEWEST, "from {old}, ended at {operations}");
            if is_through {
                break;
            }
        }
        // Where nothing is to be done it is opened in fewer operations.
        let least = if old < NEWEST { 3 } else { 1 };
        assert!(deaths >= least, "from {old} it ended {deaths} times only");
    }
}
