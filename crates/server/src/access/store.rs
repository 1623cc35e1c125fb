//! Where it is kept who was invited, who has come, and who is shut out: a file in the state folder,
//! written whole each time. No table of the store: entries there end, and give way where it is full, as
//! no decision of a host may; and a host can read it, and put it back, with any editor.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What has to be remembered. Ids are those of people's links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AccessRecord {
    /// By their ids.
    pub(crate) invitations: BTreeMap<String, Invitation>,
    /// Who has come, by which invitation.
    pub(crate) admitted: BTreeMap<String, String>,
    /// Who is shut out.
    pub(crate) blocked: BTreeSet<String>,
}

/// What a ticket is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invitation {
    /// So many people may come by it.
    pub(crate) uses: u32,
    /// So many have.
    pub(crate) used: u32,
    /// Until then, in seconds since 1970.
    pub(crate) until: u64,
}

/// Keeps an [`AccessRecord`].
pub(crate) trait AccessStore {
    /// What was kept last; an empty one if nothing was.
    ///
    /// # Errors
    /// If there is something that cannot be read.
    fn load(&self) -> io::Result<AccessRecord>;

    /// Keeps it: all of it or, with an error, nothing.
    ///
    /// # Errors
    /// If it cannot be written.
    fn keep(&mut self, record: &AccessRecord) -> io::Result<()>;
}

/// A JSON file.
pub(crate) struct FileStore {
    file: Option<PathBuf>,
}

impl FileStore {
    /// In the state folder; without one nothing is kept.
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Self {
            file: folder.map(|folder| folder.join("access.json")),
        }
    }
}

impl AccessStore for FileStore {
    fn load(&self) -> io::Result<AccessRecord> {
        let Some(file) = &self.file else {
            return Ok(AccessRecord::default());
        };
        match fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                let text = format!("{}: {error}", file.display());
                io::Error::new(io::ErrorKind::InvalidData, text)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(AccessRecord::default()),
            Err(error) => Err(error),
        }
    }

    fn keep(&mut self, record: &AccessRecord) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "there is no state folder; see --state-dir",
            ));
        };
        let folder = file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        // Beside its place, with mode 0600, and then in one step.
        let mut beside = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut beside, record)?;
        beside.flush()?;
        beside.as_file().sync_all()?;
        beside.persist(file)?;
        Ok(())
    }
}
