//! The files of messages: each is whole, or it is not there.
//!
//! Bytes: end (8, milliseconds since 1970) ‖ of a stranger (1) ‖ length of the envelope (2) ‖ the
//! envelope ‖ what was sealed. Its name is a hash of receiver, sender and id.

use std::fs;
use std::io;
use std::io::{Read, Write};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tracing::warn;
use wimpex_mailbox::{Envelope, MessageName};
use wimpex_protocol::UserId;

use super::index::{Held, Index};

const COMING: &str = "tmp";
/// A file of a message that comes is written to more often than this.
const LEFT_BEHIND: Duration = Duration::from_secs(5 * 60);

pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes it, which nobody else can look into, and reads what is in it. What is no message is
    /// deleted, and so is what was left behind half sent; what cannot be read stays.
    pub(super) fn open(path: PathBuf, now: u64) -> io::Result<(Self, Index)> {
        fs::create_dir_all(&path)?;
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let (folder, mut index) = (Self(path), Index::default());
        for file in fs::read_dir(&folder.0)? {
            let path = file?.path();
            let deleted = match read_head(&path) {
                // Of an upload to the process before this one, perhaps.
                _ if is_coming(&path) => delete_if_left(&path),
                Ok(Some((envelope, held))) if held.expires > now => {
                    let (receiver, name) = (&envelope.draft.receiver, envelope.name());
                    if folder.path(receiver, &name) == path {
                        index.put(receiver, &name, held);
                        continue;
                    }
                    fs::remove_file(&path)
                }
                Ok(Some(_) | None) => fs::remove_file(&path),
                // It may be one.
                Err(error) => Err(error),
            };
            tell(&path, deleted);
        }
        Ok((folder, index))
    }

    /// Deletes what was left behind half sent.
    pub(super) fn sweep(&self) {
        let files = fs::read_dir(&self.0).into_iter().flatten().flatten();
        for path in files.map(|file| file.path()).filter(|it| is_coming(it)) {
            tell(&path, delete_if_left(&path));
        }
    }

    fn path(&self, receiver: &UserId, name: &MessageName) -> PathBuf {
        self.0.join(file_name(receiver, name))
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
        let length = u16::try_from(envelope.len()).map_err(io::Error::other)?;
        let head = [
            &held.expires.to_be_bytes()[..],
            &[u8::from(held.is_stranger)],
            &length.to_be_bytes(),
            envelope.as_bytes(),
        ]
        .concat();
        // In one piece: where nobody waits for it any more, the file goes with what is returned.
        let begun = tokio::task::spawn_blocking(move || {
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            options.mode(0o600);
            let mut file = options.open(&part)?;
            let part = Part(Some(part));
            file.write_all(&head)?;
            io::Result::Ok((file, part))
        });
        let (file, part) = begun.await.map_err(io::Error::other)??;
        let file = tokio::fs::File::from_std(file);
        Ok(Coming { file, part, path })
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

/// What a message is called where it lies.
pub(super) fn file_name(receiver: &UserId, name: &MessageName) -> String {
    // No id has a space.
    let text = [receiver.as_str(), " ", &name.encode()].concat();
    HEXLOWER.encode(&Sha256::digest(text))
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

fn is_coming(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == COMING)
}

/// Whoever still sends it has written to it lately.
fn delete_if_left(path: &Path) -> io::Result<()> {
    let changed = fs::metadata(path)?.modified()?;
    match changed.elapsed() {
        Ok(age) if age < LEFT_BEHIND => Ok(()),
        Ok(_) | Err(_) => fs::remove_file(path),
    }
}

/// One file that cannot be used is no reason to have none.
fn tell(path: &Path, done: io::Result<()>) {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            warn!(path = %path.display(), %error, "cannot read or delete a message");
        }
        Ok(()) | Err(_) => {}
    }
}

/// `None` for what is no message.
fn read_head(path: &Path) -> io::Result<Option<(Envelope, Held)>> {
    let mut file = fs::File::open(path)?;
    let (metadata, mut fixed) = (file.metadata()?, [0; 11]);
    if path.extension().is_some() && metadata.is_file() {
        return Ok(None);
    }
    let mut text = Vec::new();
    let read = file.read_exact(&mut fixed).and_then(|()| {
        let [.., high, low] = fixed;
        text.resize(u16::from_be_bytes([high, low]).into(), 0);
        file.read_exact(&mut text)
    });
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
        Ok(()) => {}
    }
    Ok(parse_head(metadata.len(), fixed, text))
}

fn parse_head(total: u64, fixed: [u8; 11], text: Vec<u8>) -> Option<(Envelope, Held)> {
    let [a, b, c, d, e, f, g, h, is_stranger, ..] = fixed;
    let length = text.len() as u64;
    let text = String::from_utf8(text).ok()?;
    let envelope = Envelope::parse(&text)?;
    let size = u64::from(envelope.size);
    if total != 11 + length + size {
        return None;
    }
    let held = Held {
        size,
        is_stranger: is_stranger != 0,
        block: None,
        expires: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        envelope: Some(text),
    };
    Some((envelope, held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_that_cannot_be_used_is_no_reason_to_have_none() {
        let state = tempfile::tempdir().unwrap();
        let messages = state.path().join("messages");
        fs::create_dir_all(messages.join("a-folder/in-it")).unwrap();
        fs::write(messages.join("no-message"), "x").unwrap();
        for (name, age) in [("young.tmp", Duration::ZERO), ("old.tmp", LEFT_BEHIND)] {
            fs::write(messages.join(name), "x").unwrap();
            let file = fs::File::options().write(true).open(messages.join(name));
            let file = file.unwrap();
            file.set_modified(std::time::SystemTime::now() - age)
                .unwrap();
        }
        // One that goes at any moment.
        let (done, passing) = (
            std::sync::atomic::AtomicBool::new(false),
            messages.join("gone"),
        );
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    fs::write(&passing, "x").unwrap();
                    let _ = fs::remove_file(&passing);
                }
            });
            let opened: Vec<_> = (0..200)
                .map(|_| Folder::open(messages.clone(), 0).map(drop))
                .collect();
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            for opened in opened {
                opened.unwrap();
            }
        });
        let is_there = |name: &str| messages.join(name).exists();
        assert!(is_there("a-folder") && is_there("young.tmp"));
        assert!(!is_there("no-message") && !is_there("old.tmp"));
    }
}
