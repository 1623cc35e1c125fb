//! The file with the key that resume tokens are signed with.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use tracing::{info, warn};

use crate::random;

/// The key from the file, which is made if it is not there. If that cannot be
/// done the key is a new one that nobody keeps: everything works, but guests
/// get new ids after a restart.
///
/// # Errors
/// Only if the system has no randomness.
pub(crate) fn load_or_create(file: Option<&Path>) -> Result<[u8; 32], getrandom::Error> {
    let fresh = random::bytes::<32>()?;
    let Some(path) = file.map(Path::to_owned).or_else(default_path) else {
        warn!("no folder to keep the secret in: guests get new ids after a restart");
        return Ok(fresh);
    };
    match read(&path) {
        Ok(key) => return Ok(key),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            warn!(path = %path.display(), %error,
                "cannot use the secret file: guests get new ids after a restart");
            return Ok(fresh);
        }
    }
    match create(&path, &fresh) {
        Ok(()) => info!(path = %path.display(), "made a secret file"),
        // Another server was faster; its key is as good.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Ok(read(&path).unwrap_or(fresh));
        }
        Err(error) => warn!(path = %path.display(), %error,
            "cannot write the secret file: guests get new ids after a restart"),
    }
    Ok(fresh)
}

/// Whether other processes find this key in the file too.
pub(crate) fn is_kept(file: Option<&Path>, key: &[u8; 32]) -> bool {
    file.map(Path::to_owned)
        .or_else(default_path)
        .is_some_and(|path| read(&path).is_ok_and(|kept| kept == *key))
}

/// Whether a file that is there is one.
///
/// # Errors
/// Why not.
pub(crate) fn check(path: &Path) -> io::Result<()> {
    match read(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// systemd says where with `StateDirectory=`; otherwise where the platform keeps state.
fn default_path() -> Option<PathBuf> {
    Some(state_dir()?.join("server-secret"))
}

/// Where state is kept if nobody says.
pub(crate) fn state_dir() -> Option<PathBuf> {
    std::env::var_os("STATE_DIRECTORY")
        .map(PathBuf::from)
        .or_else(|| {
            Some(
                dirs::state_dir()
                    .or_else(dirs::data_local_dir)?
                    .join("wimpex"),
            )
        })
}

pub(crate) fn read(path: &Path) -> io::Result<[u8; 32]> {
    let text = fs::read_to_string(path)?;
    HEX.decode(text.trim().as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "64 hex digits expected"))
}

/// Complete or not at all: it is written beside its place first.
fn create(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let written = file
        .write_all(format!("{}\n", HEX.encode(key)).as_bytes())
        .and_then(|()| file.sync_all())
        // Unlike a rename this never replaces a key that is in use.
        .and_then(|()| fs::hard_link(&beside, path));
    fs::remove_file(&beside)?;
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/secret");
        let key = load_or_create(Some(&path)).unwrap();
        assert!(is_kept(Some(&path), &key));
        assert!(!is_kept(Some(&path), &[0; 32]));
        assert_eq!(load_or_create(Some(&path)).unwrap(), key);
        let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(files, 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        load_or_create(Some(&path)).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_file_that_is_no_key_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "my diary").unwrap();
        let first = load_or_create(Some(&path)).unwrap();
        assert_ne!(load_or_create(Some(&path)).unwrap(), first);
        assert_eq!(fs::read_to_string(&path).unwrap(), "my diary");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(load_or_create(Some(&file.join("secret"))).is_ok());
    }
}
