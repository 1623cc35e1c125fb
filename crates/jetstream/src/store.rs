//! [`JetStreamStore`].

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::kv::{Store as Bucket, UpdateErrorKind};
use async_nats::jetstream::stream::{Config, DiscardPolicy};
use data_encoding::BASE64URL_NOPAD;
use tokio::sync::OnceCell;
use wimpex_store::{Entry, KEY_BYTES, Store, StoreError, Table};

use crate::connection::{Connection, JetStreamOptions, Patience, Shared, other};
use crate::owned::{decode, encode};
use crate::shelf::Shelf;

/// What nobody has written for so long is gone, whatever it is: longer than any entry is kept.
const AGE: Duration = Duration::from_secs(100 * 24 * 60 * 60);
/// Servers that write the same owner's entries at the same moment.
const RIVALS: usize = 32;

/// See the crate.
pub struct JetStreamStore {
    connection: Arc<Connection>,
    buckets: Arc<Buckets>,
}

/// Each is made when it is first used.
#[derive(Default)]
struct Buckets([OnceCell<Bucket>; Table::ALL.len()]);

impl JetStreamStore {
    /// Does not wait until NATS is there; what is asked first does.
    ///
    /// # Errors
    /// If there can be no thread for it.
    pub fn open(options: JetStreamOptions) -> io::Result<Self> {
        Ok(Self {
            connection: Arc::new(Connection::open(options)?),
            buckets: Arc::default(),
        })
    }

    /// A place for large things over the same connection: bytes of all together, and how long each
    /// is kept at most.
    pub fn shelf(&self, name: &str, bytes: u64, age: Duration) -> Shelf {
        Shelf::new(Arc::clone(&self.connection), name, bytes, age)
    }

    /// Changes the entries of an owner, if there is anything to change.
    fn change(
        &self,
        table: Table,
        owner: &[u8],
        change: impl Fn(&mut Vec<Entry>) + Send + 'static,
    ) -> Result<(), StoreError> {
        let (shared, buckets) = (
            Arc::clone(&self.connection.shared),
            Arc::clone(&self.buckets),
        );
        let key = key(owner)?;
        let changed = self.connection.wait(Patience::Much, async move {
            let bucket = buckets.of(table, &shared, Patience::Much).await?;
            for _ in 0..RIVALS {
                let (before, revision) = read(bucket, &key).await?;
                let mut after = before.clone();
                change(&mut after);
                if after == before {
                    return Ok(());
                }
                let written = bucket.update(&key, encode(&after).into(), revision).await;
                match written {
                    Ok(_) => return Ok(()),
                    Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => {}
                    Err(error) => return Err(other(error)),
                }
            }
            Err(io::Error::other("others write the same all the time"))
        });
        Ok(changed?)
    }
}

impl Buckets {
    async fn of(&self, table: Table, shared: &Shared, patience: Patience) -> io::Result<&Bucket> {
        let context = shared.ready(patience).await?;
        let place = Table::ALL.iter().position(|it| *it == table);
        let bucket = place.and_then(|place| self.0.get(place));
        let bucket = bucket.ok_or_else(|| io::Error::other("no such table"))?;
        let made = bucket.get_or_try_init(|| async {
            let name = shared.bucket(table.name());
            let config = Config {
                name: format!("KV_{name}"),
                subjects: vec![format!("$KV.{name}.>")],
                max_messages_per_subject: 1,
                // An owner has at least one entry.
                max_messages: i64::try_from(table.bounds().total).unwrap_or(i64::MAX),
                max_age: AGE,
                // Those who have written last stay.
                discard: DiscardPolicy::Old,
                allow_rollup: true,
                deny_delete: true,
                // Only whoever leads knows what was written last.
                allow_direct: false,
                num_replicas: shared.replicas(),
                ..Config::default()
            };
            shared.stream(context, config).await?;
            context.get_key_value(name).await.map_err(other)
        });
        made.await
    }
}

/// The entries of an owner, expired ones included, and what has to be last if they are changed.
async fn read(bucket: &Bucket, key: &str) -> io::Result<(Vec<Entry>, u64)> {
    let entry = bucket.entry(key).await.map_err(other)?;
    Ok(entry.map_or_else(Default::default, |entry| {
        (decode(&entry.value), entry.revision)
    }))
}

fn key(owner: &[u8]) -> Result<String, StoreError> {
    match owner.len() <= KEY_BYTES {
        // No key is empty.
        true => Ok(format!("o{}", BASE64URL_NOPAD.encode(owner))),
        false => Err(StoreError::TooLong),
    }
}

impl Store for JetStreamStore {
    fn put(&self, table: Table, owner: &[u8], entry: &Entry, now: u64) -> Result<(), StoreError> {
        let bounds = table.bounds();
        if entry.value.len() > bounds.value_bytes || entry.id.len() > KEY_BYTES {
            return Err(StoreError::TooLong);
        }
        let entry = entry.clone();
        self.change(table, owner, move |entries| {
            entries.retain(|other| other.id != entry.id && other.expires > now);
            entries.sort_by_key(|other| other.expires);
            let surplus = (entries.len() + 1).saturating_sub(bounds.per_owner);
            entries.drain(..surplus);
            entries.push(entry.clone());
            entries.sort_by(|one, other| one.id.cmp(&other.id));
        })
    }

    fn of(&self, table: Table, owner: &[u8], now: u64) -> Result<Vec<Entry>, StoreError> {
        let (shared, buckets) = (
            Arc::clone(&self.connection.shared),
            Arc::clone(&self.buckets),
        );
        let key = key(owner)?;
        let entries = self.connection.wait(Patience::Little, async move {
            let bucket = buckets.of(table, &shared, Patience::Little).await?;
            Ok(read(bucket, &key).await?.0)
        });
        let mut entries = entries?;
        entries.retain(|entry| entry.expires > now);
        Ok(entries)
    }

    fn delete(&self, table: Table, owner: &[u8], id: &[u8]) -> Result<(), StoreError> {
        let id = id.to_vec();
        self.change(table, owner, move |entries| {
            entries.retain(|entry| entry.id != id);
        })
    }

    fn delete_all(&self, table: Table, owner: &[u8]) -> Result<(), StoreError> {
        self.change(table, owner, Vec::clear)
    }

    /// NATS does it by itself.
    fn sweep(&self, _: u64) -> Result<usize, StoreError> {
        Ok(0)
    }

    /// How many owners have had any within a hundred days.
    fn len(&self, table: Table) -> Result<u64, StoreError> {
        let (shared, buckets) = (
            Arc::clone(&self.connection.shared),
            Arc::clone(&self.buckets),
        );
        let counted = self.connection.wait(Patience::Little, async move {
            let bucket = buckets.of(table, &shared, Patience::Little).await?;
            let mut stream = bucket.stream.clone();
            Ok(stream.info().await.map_err(other)?.state.messages)
        });
        Ok(counted?)
    }

    /// # Errors
    /// Always: `nats stream backup` does it.
    fn back_up(&self, _: &Path) -> Result<(), StoreError> {
        let text = "the store is in NATS, which backs up its streams itself (nats stream backup)";
        Err(io::Error::new(io::ErrorKind::Unsupported, text).into())
    }
}

impl fmt::Debug for JetStreamStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JetStreamStore").finish_non_exhaustive()
    }
}
