//! [`EmbeddedStore`]: one file on this machine.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    StorageBackend,
};

use crate::migration::migrate;
use crate::table::KEY_BYTES;
use crate::{Entry, Store, StoreError, Table};

/// Of the database's pages, in memory. A small server's whole file fits in.
const CACHE_BYTES: usize = 16 << 20;

/// See the crate.
pub struct EmbeddedStore {
    database: Database,
}

impl EmbeddedStore {
    /// Opens the file, which is made if it is not there; nobody else can read it. What a crash left
    /// undone is undone.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Later`], and whatever the disk says.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let opened = Self::on(FileBackend::new(private(path)?)?);
        match opened {
            // Whoever has it may be in the middle of making it.
            Ok(_) | Err(StoreError::InUse) => opened,
            Err(_) if is_unfinished(path)? => {
                private(path)?.set_len(0)?;
                Self::on(FileBackend::new(private(path)?)?)
            }
            Err(_) => opened,
        }
    }

    /// A store that is gone with the program.
    ///
    /// # Errors
    /// None that are known of.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::on(InMemoryBackend::new())
    }

    /// A store on a storage of one's own making; for tests that let it fail.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`].
    pub fn on(backend: impl StorageBackend) -> Result<Self, StoreError> {
        Self::migrated(builder().create_with_backend(backend)?)
    }

    fn migrated(database: Database) -> Result<Self, StoreError> {
        migrate(&database)?;
        Ok(Self { database })
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// A file that only its owner can read (mode 0600), as it is if it is there.
fn private(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?)
}

/// Whether a program ended while it made this file: the database writes its mark, these first bytes,
/// when all else is on the disk, and takes a file without it for none of its own.
fn is_unfinished(path: &Path) -> Result<bool, StoreError> {
    let mut mark = Vec::new();
    File::open(path)?.take(9).read_to_end(&mut mark)?;
    Ok(mark.iter().all(|byte| *byte == 0))
}

/// The length of the owner, the owner, the id: all keys of an owner begin alike, and no other's do.
fn key(owner: &[u8], id: &[u8]) -> Result<Vec<u8>, StoreError> {
    if owner.len() > KEY_BYTES || id.len() > KEY_BYTES {
        return Err(StoreError::TooLong);
    }
    let length = u8::try_from(owner.len()).map_err(|_| StoreError::TooLong)?;
    Ok([&[length], owner, id].concat())
}

/// The end of an entry, and the entry.
fn packed(entry: &Entry) -> Vec<u8> {
    [&entry.expires.to_be_bytes()[..], &entry.value].concat()
}

fn expires(packed: &[u8]) -> u64 {
    let end = packed.first_chunk().copied();
    // Without one it is no entry of ours.
    end.map_or(0, u64::from_be_bytes)
}

fn unpacked(prefix: usize, key: &[u8], packed: &[u8]) -> Entry {
    Entry {
        id: key.get(prefix..).unwrap_or_default().to_vec(),
        value: packed.get(8..).unwrap_or_default().to_vec(),
        expires: expires(packed),
    }
}

/// The entries of an owner, expired ones included.
fn owned(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    owner: &[u8],
) -> Result<Vec<Entry>, StoreError> {
    let prefix = key(owner, b"")?;
    let mut entries = Vec::new();
    for entry in table.range(&prefix[..]..)? {
        let (key, value) = entry?;
        if !key.value().starts_with(&prefix) {
            break;
        }
        entries.push(unpacked(prefix.len(), key.value(), value.value()));
    }
    Ok(entries)
}

/// Before one more entry in a table that may have so many: those that would end first give way.
/// Whoever has filled it must not decide who else is kept until then. Some at once, since all have to
/// be looked at for it.
fn make_room(
    table: &mut redb::Table<'_, &'static [u8], &'static [u8]>,
    most: u64,
) -> Result<(), StoreError> {
    let surplus = (table.len()? + 1).saturating_sub(most);
    if surplus == 0 {
        return Ok(());
    }
    let mut ends = Vec::new();
    for entry in table.iter()? {
        let (key, value) = entry?;
        ends.push((expires(value.value()), key.value().to_vec()));
    }
    ends.sort_unstable();
    let leave = surplus.max(most / 256);
    for (_, key) in ends
        .iter()
        .take(usize::try_from(leave).unwrap_or(usize::MAX))
    {
        table.remove(&key[..])?;
    }
    Ok(())
}

/// What is read there, in a store of its own.
fn copy(from: &ReadTransaction, to: &Path) -> Result<(), StoreError> {
    let copy = EmbeddedStore::open(to)?;
    let write = copy.database.begin_write()?;
    for table in Table::ALL {
        let (from, mut to) = (
            from.open_table(table.definition())?,
            write.open_table(table.definition())?,
        );
        for entry in from.iter()? {
            let (key, value) = entry?;
            to.insert(key.value(), value.value())?;
        }
    }
    write.commit()?;
    Ok(())
}

impl Store for EmbeddedStore {
    fn put(&self, table: Table, owner: &[u8], entry: &Entry, now: u64) -> Result<(), StoreError> {
        let bounds = table.bounds();
        if entry.value.len() > bounds.value_bytes {
            return Err(StoreError::TooLong);
        }
        let at = key(owner, &entry.id)?;
        let write = self.database.begin_write()?;
        {
            let mut table = write.open_table(table.definition())?;
            let mut others = owned(&table, owner)?;
            others.retain(|other| other.id != entry.id);
            others.sort_by_key(|other| other.expires);
            let surplus = (others.len() + 1).saturating_sub(bounds.per_owner);
            let is_over = |(nth, other): &(usize, &Entry)| *nth < surplus || other.expires <= now;
            let over = others.iter().enumerate().filter(is_over);
            for (_, other) in over {
                table.remove(&key(owner, &other.id)?[..])?;
            }
            if table.get(&at[..])?.is_none() {
                make_room(&mut table, bounds.total)?;
            }
            table.insert(&at[..], &packed(entry)[..])?;
        }
        write.commit()?;
        Ok(())
    }

    fn of(&self, table: Table, owner: &[u8], now: u64) -> Result<Vec<Entry>, StoreError> {
        let read = self.database.begin_read()?;
        let mut entries = owned(&read.open_table(table.definition())?, owner)?;
        entries.retain(|entry| entry.expires > now);
        Ok(entries)
    }

    fn delete(&self, table: Table, owner: &[u8], id: &[u8]) -> Result<(), StoreError> {
        let write = self.database.begin_write()?;
        write
            .open_table(table.definition())?
            .remove(&key(owner, id)?[..])?;
        write.commit()?;
        Ok(())
    }

    fn delete_all(&self, table: Table, owner: &[u8]) -> Result<(), StoreError> {
        let write = self.database.begin_write()?;
        {
            let mut table = write.open_table(table.definition())?;
            for entry in owned(&table, owner)? {
                table.remove(&key(owner, &entry.id)?[..])?;
            }
        }
        write.commit()?;
        Ok(())
    }

    fn sweep(&self, now: u64) -> Result<usize, StoreError> {
        let mut swept = 0;
        for table in Table::ALL {
            let write = self.database.begin_write()?;
            let before = swept;
            write.open_table(table.definition())?.retain(|_, value| {
                let stays = expires(value) > now;
                swept += usize::from(!stays);
                stays
            })?;
            if swept == before {
                write.abort()?;
            } else {
                write.commit()?;
            }
        }
        Ok(swept)
    }

    fn len(&self, table: Table) -> Result<u64, StoreError> {
        let read = self.database.begin_read()?;
        Ok(read.open_table(table.definition())?.len()?)
    }

    fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        // As it is at this moment; later commits do not show.
        let read = self.database.begin_read()?;
        let mut unfinished = to.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        // Of a backup that was cut off.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        let copied = copy(&read, &unfinished).and_then(|()| Ok(fs::rename(&unfinished, to)?));
        if copied.is_err() {
            // A disk that is full needs the room.
            let _ = fs::remove_file(&unfinished);
        }
        copied
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test that panics has failed, which is what is wanted"
    )]

    use super::*;

    #[test]
    fn in_a_full_table_those_that_end_first_give_way() {
        let store = EmbeddedStore::in_memory().unwrap();
        let table = Table::MissedCalls;
        let put = |owner: &[u8], expires| {
            let entry = Entry {
                id: b"id".to_vec(),
                value: Vec::new(),
                expires,
            };
            store.put(table, owner, &entry, 0).unwrap();
        };
        for (owner, expires) in [(b"a", 30), (b"b", 10), (b"c", 20)] {
            put(owner, expires);
        }
        let has = |owner: &[u8]| !store.of(table, owner, 0).unwrap().is_empty();
        for (most, left) in [(4, "abc"), (3, "ac"), (2, "a")] {
            let write = store.database.begin_write().unwrap();
            make_room(&mut write.open_table(table.definition()).unwrap(), most).unwrap();
            write.commit().unwrap();
            let there: String = ["a", "b", "c"]
                .into_iter()
                .filter(|owner| has(owner.as_bytes()))
                .collect();
            assert_eq!(there, left, "{most}");
        }
    }
}
