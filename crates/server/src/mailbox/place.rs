//! Where what was sealed lies: in files of this server's, or where several servers find it.

use std::io::{self, SeekFrom};

use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncSeekExt, AsyncWriteExt};
use wimpex_jetstream::Shelf;
use wimpex_mailbox::MessageName;
use wimpex_protocol::UserId;

use super::folder::{self, Folder};
use super::index::Held;

/// See the module.
pub(super) enum Place {
    Folder(Folder),
    Shelf(Shelf),
}

/// A message that is coming. Nothing stays of it, unless it was kept.
pub(super) enum Coming {
    File(folder::Coming),
    /// Whole before it goes on: nobody else finds half of it.
    Spool(File, Shelf, String),
}

/// What was sealed.
pub(crate) type Resting = Box<dyn AsyncRead + Send + Unpin>;

impl Place {
    pub(super) async fn begin(
        &self,
        receiver: &UserId,
        name: &MessageName,
        envelope: &str,
        held: &Held,
    ) -> io::Result<Coming> {
        Ok(match self {
            Self::Folder(folder) => {
                Coming::File(folder.begin(receiver, name, envelope, held).await?)
            }
            Self::Shelf(shelf) => {
                let file = tokio::task::spawn_blocking(tempfile::tempfile).await;
                let file = File::from_std(file.map_err(io::Error::other)??);
                Coming::Spool(file, shelf.clone(), folder::file_name(receiver, name))
            }
        })
    }

    pub(super) async fn read(&self, receiver: &UserId, name: &MessageName) -> io::Result<Resting> {
        Ok(match self {
            Self::Folder(folder) => Box::new(folder.read(receiver, name).await?),
            Self::Shelf(shelf) => {
                let name = folder::file_name(receiver, name);
                Box::new(shelf.read(&name).await?)
            }
        })
    }

    /// On a shelf it may take its time, which nobody need wait for: what is there of which no entry
    /// is, nobody finds, and it does not stay for long.
    pub(super) fn remove(&self, receiver: &UserId, name: &MessageName) -> io::Result<()> {
        match self {
            Self::Folder(folder) => folder.remove(receiver, name),
            Self::Shelf(shelf) => {
                let (shelf, name) = (shelf.clone(), folder::file_name(receiver, name));
                shelf.remove_soon(name);
                Ok(())
            }
        }
    }

    pub(super) fn sweep(&self) {
        match self {
            Self::Folder(folder) => folder.sweep(),
            // NATS does it by itself.
            Self::Shelf(_) => {}
        }
    }
}

impl Coming {
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.write(bytes).await,
            Self::Spool(file, ..) => file.write_all(bytes).await,
        }
    }

    /// It is whole: it stays, whatever happens to the machine.
    pub(super) async fn keep(self) -> io::Result<()> {
        match self {
            Self::File(file) => file.keep().await,
            Self::Spool(mut file, shelf, name) => {
                file.flush().await?;
                file.seek(SeekFrom::Start(0)).await?;
                shelf.put(&name, file).await
            }
        }
    }
}
