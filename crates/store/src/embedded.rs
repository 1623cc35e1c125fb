//! [`EmbeddedStore`]: one file on this machine.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, StorageBackend};

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
        let file = private(path)?;
        let file = FileBackend::new(file)?;
        Self::on(file)
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
            table.insert(&at[..], &packed(entry)[..])?;
            // Nothing is kept if this goes back without a commit.
            if table.len()? > bounds.total {
                return Err(StoreError::Full);
            }
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
        let copy = Self::open(&unfinished)?;
        let write = copy.database.begin_write()?;
        for table in Table::ALL {
            let (from, mut to) = (
                read.open_table(table.definition())?,
                write.open_table(table.definition())?,
            );
            for entry in from.iter()? {
                let (key, value) = entry?;
                to.insert(key.value(), value.value())?;
            }
        }
        write.commit()?;
        drop(copy);
        fs::rename(&unfinished, to)?;
        Ok(())
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore").finish_non_exhaustive()
    }
}
