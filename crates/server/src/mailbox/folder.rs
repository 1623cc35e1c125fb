//! The files of messages: each is whole, or it is not there.
//!
//! Bytes: end (8, milliseconds since 1970) ‖ of a stranger (1) ‖ length of the envelope (2) ‖ the
//! envelope ‖ what was sealed. Its name is a hash of receiver, sender and id.

use std::fs;
use std::io;
use std::io::Read;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wimpex_mailbox::{Envelope, MessageName};
use wimpex_protocol::UserId;

use super::index::{Held, Index};

const COMING: &str = "tmp";

pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes it, which nobody else can look into, and reads what is in it. What was not whole when
    /// the server ended is deleted, and so is what is no message.
    pub(super) fn open(path: PathBuf, now: u64) -> io::Result<(Self, Index)> {
        fs::create_dir_all(&path)?;
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let (folder, mut index) = (Self(path), Index::default());
        for file in fs::read_dir(&folder.0)? {
            let path = file?.path();
            match read_head(&path) {
                Some((envelope, held)) if held.expires > now => {
                    let (receiver, name) = (&envelope.draft.receiver, envelope.name());
                    if folder.path(receiver, &name) == path {
                        index.put(receiver, &name, held);
                        continue;
                    }
                    fs::remove_file(&path)?;
                }
                Some(_) | None => fs::remove_file(&path)?,
            }
        }
        Ok((folder, index))
    }

    fn path(&self, receiver: &UserId, name: &MessageName) -> PathBuf {
        // No id has a space.
        let text = [receiver.as_str(), " ", &name.encode()].concat();
        self.0.join(HEXLOWER.encode(&Sha256::digest(text)))
    }

    /// A file for a message that is about to come.
    pub(super) async fn begin(
        &self,
        receiver: &UserId,
        name: &MessageName,
        envelope: &str,
        held: &Held,
    ) -> io::Result<Coming> {
        let path = self.path(receiver, name);
        let part = path.with_extension(COMING);
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        options.mode(0o600);
        let file = options.open(&part).await?;
        let mut coming = Coming {
            file,
            part: Part(Some(part)),
            path,
        };
        let length = u16::try_from(envelope.len()).map_err(io::Error::other)?;
        let head = [
            &held.expires.to_be_bytes()[..],
            &[u8::from(held.is_stranger)],
            &length.to_be_bytes(),
            envelope.as_bytes(),
        ]
        .concat();
        coming.file.write_all(&head).await?;
        Ok(coming)
    }

    /// What was sealed, to be read.
    pub(super) async fn read(
        &self,
        receiver: &UserId,
        name: &MessageName,
    ) -> io::Result<tokio::fs::File> {
        let mut file = tokio::fs::File::open(self.path(receiver, name)).await?;
        let mut fixed = [0; 11];
        file.read_exact(&mut fixed).await?;
        let [.., high, low] = fixed;
        let mut envelope = vec![0; u16::from_be_bytes([high, low]).into()];
        file.read_exact(&mut envelope).await?;
        Ok(file)
    }

    pub(super) fn remove(&self, receiver: &UserId, name: &MessageName) -> io::Result<()> {
        fs::remove_file(self.path(receiver, name))
    }
}

/// A message that is coming. Its file is gone with it, unless it was kept.
pub(super) struct Coming {
    file: tokio::fs::File,
    part: Part,
    path: PathBuf,
}

struct Part(Option<PathBuf>);

impl Coming {
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await
    }

    /// It is whole: it stays, whatever happens to the machine.
    pub(super) async fn keep(mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        let Some(part) = self.part.0.take() else {
            return Ok(());
        };
        if let Err(error) = tokio::fs::rename(&part, &self.path).await {
            self.part.0 = Some(part);
            return Err(error);
        }
        // That it has this name has to last, too.
        let folder = self.path.parent().map(Path::to_owned);
        let synced = tokio::task::spawn_blocking(move || match folder {
            Some(folder) => fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        });
        synced.await.map_err(io::Error::other)?
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // At the next start, otherwise.
            let _ = fs::remove_file(path);
        }
    }
}

fn read_head(path: &Path) -> Option<(Envelope, Held)> {
    if path.extension().is_some() {
        return None;
    }
    let mut file = fs::File::open(path).ok()?;
    let total = file.metadata().ok()?.len();
    let mut fixed = [0; 11];
    file.read_exact(&mut fixed).ok()?;
    let [a, b, c, d, e, f, g, h, is_stranger, high, low] = fixed;
    let length = u16::from_be_bytes([high, low]);
    let mut text = vec![0; length.into()];
    file.read_exact(&mut text).ok()?;
    let text = String::from_utf8(text).ok()?;
    let envelope = Envelope::parse(&text)?;
    let size = u64::from(envelope.size);
    if total != 11 + u64::from(length) + size {
        return None;
    }
    let held = Held {
        size,
        is_stranger: is_stranger != 0,
        expires: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        envelope: Some(text),
    };
    Some((envelope, held))
}
