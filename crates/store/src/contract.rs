//! What every [`Store`] has to do, for the tests of each: all of it is done to a store of which nobody
//! else knows, and panics where something is not as the trait says.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use std::thread;

use crate::{Entry, Store, StoreError, Table};

const TABLE: Table = Table::PushSubscriptions;

/// Does all of it.
pub fn check(store: &dyn Store) {
    owners_are_apart(store);
    what_has_expired_is_gone(store);
    one_takes_the_place_of_another(store);
    of_too_many_the_first_gives_way(store);
    what_is_too_long_is_refused(store);
    writers_do_not_lose_each_other(store);
    tables_are_apart(store);
}

/// An entry of texts.
pub fn entry(id: &str, value: &str, expires: u64) -> Entry {
    Entry {
        id: id.into(),
        value: value.into(),
        expires,
    }
}

/// The ids of an owner's entries in a table.
pub fn ids(store: &dyn Store, owner: &str, now: u64) -> Vec<String> {
    let entries = store.of(TABLE, owner.as_bytes(), now).unwrap();
    let id = |entry: Entry| String::from_utf8(entry.id).unwrap();
    entries.into_iter().map(id).collect()
}

fn owners_are_apart(store: &dyn Store) {
    for (owner, id) in [("a", "b1"), ("ab", "1"), ("", "ab1")] {
        let kept = entry(id, owner, 10);
        store.put(TABLE, owner.as_bytes(), &kept, 0).unwrap();
        assert_eq!(store.of(TABLE, owner.as_bytes(), 0).unwrap(), [kept]);
    }
    store.delete_all(TABLE, b"a").unwrap();
    assert!(ids(store, "a", 0).is_empty());
    assert_eq!(ids(store, "ab", 0), ["1"]);
    store.delete(TABLE, b"ab", b"none").unwrap();
    assert_eq!(ids(store, "ab", 0), ["1"]);
    store.delete(TABLE, b"ab", b"1").unwrap();
    assert!(ids(store, "ab", 0).is_empty());
    assert_eq!(ids(store, "", 0), ["ab1"]);
}

fn what_has_expired_is_gone(store: &dyn Store) {
    for (id, expires) in [("1", 10), ("2", 20)] {
        store
            .put(TABLE, b"old", &entry(id, "", expires), 0)
            .unwrap();
    }
    assert_eq!(ids(store, "old", 9), ["1", "2"]);
    assert_eq!(ids(store, "old", 10), ["2"]);
    store.sweep(10).unwrap();
    assert_eq!(ids(store, "old", 10), ["2"]);
    assert!(ids(store, "old", 20).is_empty());
}

fn one_takes_the_place_of_another(store: &dyn Store) {
    for value in ["first", "second"] {
        store
            .put(TABLE, b"place", &entry("id", value, 10), 0)
            .unwrap();
    }
    let kept = store.of(TABLE, b"place", 0).unwrap();
    assert_eq!(kept, [entry("id", "second", 10)]);
}

fn of_too_many_the_first_gives_way(store: &dyn Store) {
    let most = TABLE.bounds().per_owner as u64;
    for nth in 0..most {
        let kept = entry(&nth.to_string(), "", 100 - nth);
        store.put(TABLE, b"many", &kept, 0).unwrap();
    }
    store
        .put(TABLE, b"many", &entry("new", "", 500), 0)
        .unwrap();
    let ids = ids(store, "many", 0);
    assert_eq!(ids.len() as u64, most);
    assert!(ids.contains(&"new".to_owned()) && !ids.contains(&(most - 1).to_string()));
    assert!(ids.is_sorted());
}

fn what_is_too_long_is_refused(store: &dyn Store) {
    let long = "x".repeat(TABLE.bounds().value_bytes + 1);
    let refused = store.put(TABLE, b"long", &entry("1", &long, 10), 0);
    assert!(matches!(refused, Err(StoreError::TooLong)));
    let refused = store.put(TABLE, &[b'a'; 200], &entry("1", "", 10), 0);
    assert!(matches!(refused, Err(StoreError::TooLong)));
    let refused = store.put(TABLE, b"long", &entry(&"x".repeat(200), "", 10), 0);
    assert!(matches!(refused, Err(StoreError::TooLong)));
    assert!(ids(store, "long", 0).is_empty());
}

fn writers_do_not_lose_each_other(store: &dyn Store) {
    let most = TABLE.bounds().per_owner;
    thread::scope(|scope| {
        for nth in 0..most {
            let kept = entry(&nth.to_string(), "", 10);
            scope.spawn(move || store.put(TABLE, b"rivals", &kept, 0).unwrap());
        }
    });
    assert_eq!(ids(store, "rivals", 0).len(), most);
}

fn tables_are_apart(store: &dyn Store) {
    let kept = entry("id", "", 10);
    for table in Table::ALL {
        store.put(table, b"each", &kept, 0).unwrap();
    }
    store.delete(TABLE, b"each", b"id").unwrap();
    for table in Table::ALL {
        let expected = usize::from(table != TABLE);
        assert_eq!(store.of(table, b"each", 0).unwrap().len(), expected);
        assert!(!store.is_empty(table).unwrap());
    }
}
