//! What the server keeps over a restart: small entries, each with an owner and an end.
//!
//! [`Store`] is what the rest of the server knows. [`EmbeddedStore`] is a database of one file
//! (redb): pure Rust, copy-on-write, so that a crash at any moment leaves the state before or after
//! a commit, and readers that never wait for a writer. A store that several servers share stands
//! behind the same trait, in `wimpex-jetstream`.
//!
//! It must not know what is in an entry, nor sockets or clocks: time is an argument.

#[cfg(feature = "contract")]
pub mod contract;
mod embedded;
mod error;
mod migration;
mod table;

pub use embedded::EmbeddedStore;
pub use error::StoreError;
pub use table::{Bounds, KEY_BYTES, Table};

use std::path::Path;

/// One thing that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which of its owner's entries it is; unique together with the owner.
    pub id: Vec<u8>,
    /// What is kept.
    pub value: Vec<u8>,
    /// It is gone from then on, in milliseconds since 1970.
    pub expires: u64,
}

/// Entries by table, owner and id. `now` is in milliseconds since 1970; what has expired by then is
/// not there any more, whether it has been swept or not.
///
/// All of it may block on a disk: a write for as long as the disk takes to make it lasting.
pub trait Store: Send + Sync {
    /// Keeps an entry in place of the one with its id. It is kept when this returns, whatever
    /// happens to the machine. Where the owner, or all owners together, have as many as the table
    /// allows, those give way that would have expired first; or, of other owners, whoever has written
    /// nothing for longest.
    ///
    /// # Errors
    /// [`StoreError::TooLong`], [`StoreError::Full`] where nothing can give way, and whatever the
    /// disk says.
    fn put(&self, table: Table, owner: &[u8], entry: &Entry, now: u64) -> Result<(), StoreError>;

    /// The entries of an owner, in the order of their ids.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn of(&self, table: Table, owner: &[u8], now: u64) -> Result<Vec<Entry>, StoreError>;

    /// Deletes an entry, if it is there.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn delete(&self, table: Table, owner: &[u8], id: &[u8]) -> Result<(), StoreError>;

    /// Deletes everything of an owner in a table.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn delete_all(&self, table: Table, owner: &[u8]) -> Result<(), StoreError>;

    /// Deletes what has expired, and says how many entries that were.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn sweep(&self, now: u64) -> Result<usize, StoreError>;

    /// How much a table has: entries, expired ones included that have not been swept; owners, where
    /// several servers share it.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn len(&self, table: Table) -> Result<u64, StoreError>;

    /// Whether a table has no entry.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn is_empty(&self, table: Table) -> Result<bool, StoreError> {
        Ok(self.len(table)? == 0)
    }

    /// Writes all that is kept at one moment into a new file, in place of the file that is there.
    /// Meanwhile others read and write. To restore it, put it where the store was.
    ///
    /// # Errors
    /// Whatever the disk says. The file that was there before stays then.
    fn back_up(&self, to: &Path) -> Result<(), StoreError>;
}
