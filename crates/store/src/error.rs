//! Why something was not kept or found.

use std::io;

/// Why something was not kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The owner, the id or the value is longer than the table allows.
    #[error("the entry is too long")]
    TooLong,
    /// All owners together have as many entries as the table allows.
    #[error("the table is full")]
    Full,
    /// A later version of the program has written the file.
    #[error("the store is of version {found}, and this program knows no later one than {known}")]
    Later {
        /// The file's.
        found: u64,
        /// This program's.
        known: u64,
    },
    /// Another server uses the file.
    #[error("another server uses the store")]
    InUse,
    /// The disk, or what is on it.
    #[error("{0}")]
    Database(Box<redb::Error>),
    /// A file could not be moved or made.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl StoreError {
    /// Whether the disk failed, after which an open store takes nothing more, and has to be opened
    /// again.
    pub fn is_of_disk(&self) -> bool {
        match self {
            Self::Database(error) => {
                matches!(**error, redb::Error::Io(_) | redb::Error::PreviousIo)
            }
            Self::TooLong | Self::Full | Self::Later { .. } | Self::InUse | Self::Io(_) => false,
        }
    }
}

/// All of redb's errors are one to us.
macro_rules! from {
    ($($kind:ident),*) => {
        $(impl From<redb::$kind> for StoreError {
            fn from(error: redb::$kind) -> Self {
                Self::Database(Box::new(error.into()))
            }
        })*
    };
}

from!(TransactionError, TableError, StorageError, CommitError);

impl From<redb::DatabaseError> for StoreError {
    fn from(error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            other => Self::Database(Box::new(other.into())),
        }
    }
}
