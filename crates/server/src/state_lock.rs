//! A file that says, by being locked, that a process uses the folder it is in.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::inherited::Inherited;

/// See the module. Held for as long as this is, or a copy of it in another process.
#[derive(Debug)]
pub(crate) struct StateLock {
    path: PathBuf,
    file: File,
}

/// Why it cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error("cannot use {path}: {error}")]
    File { path: PathBuf, error: io::Error },
    /// Another process has it.
    #[error("{path} is locked{}", by(*.process))]
    Taken {
        path: PathBuf,
        /// Its id, if it can be read.
        process: Option<u32>,
    },
}

fn by(process: Option<u32>) -> String {
    process.map_or_else(String::new, |id| format!(" by process {id}"))
}

impl StateLock {
    /// Makes the folder, for nobody else (mode 0700), and locks the file, if this process has not
    /// inherited the lock.
    pub(crate) fn take(path: PathBuf, inherited: &mut Inherited) -> Result<Self, LockError> {
        let file = match inherited.take_lock(&path) {
            Some(file) => file,
            None => lock(&path)?,
        };
        let mut lock = Self { path, file };
        // Only for the words of who comes too late.
        let _ = lock.write_process();
        Ok(lock)
    }

    /// The same lock once more, for another process.
    pub(crate) fn share(&self) -> io::Result<(PathBuf, File)> {
        Ok((self.path.clone(), self.file.try_clone()?))
    }

    fn write_process(&mut self) -> io::Result<()> {
        self.file.rewind()?;
        self.file.set_len(0)?;
        writeln!(self.file, "{}", std::process::id())
    }
}

fn lock(path: &Path) -> Result<File, LockError> {
    let failed = |error| LockError::File {
        path: path.to_owned(),
        error,
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path.parent().unwrap_or(Path::new(".")))
        .map_err(failed)?;
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = (&file).take(32).read_to_string(&mut text);
            Err(LockError::Taken {
                path: path.to_owned(),
                process: read.ok().and_then(|_| text.trim().parse().ok()),
            })
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
