//! A copy of the state folder in one file (tar), and back. Every file there is only ever replaced
//! as a whole, so that each is in order in the copy, whatever the server does meanwhile; but for the
//! store, of which the server makes a copy for it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use super::{SNAPSHOT, STORE};

/// What belongs to a running server, and to no other.
fn is_kept(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let passes = [".sock", ".new", ".lock", ".tmp", ".unfinished"];
    let is_passing = passes.iter().any(|end| name.ends_with(end)) || name.starts_with('.');
    !is_passing
}

/// Writes the folder into a new file that nobody else can read; how many files there were. With
/// `has_snapshot` the copy of the store stands for it, and is deleted.
pub(super) fn backup(state: &Path, to: &Path, has_snapshot: bool) -> io::Result<usize> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(to)?;
    let written = write(state, &file, has_snapshot).and_then(|count| {
        file.sync_all()?;
        Ok(count)
    });
    // Also what another backup has left that was cut off.
    let _ = fs::remove_file(state.join(SNAPSHOT));
    if written.is_err() {
        // Half a backup is worse than none.
        let _ = fs::remove_file(to);
    }
    written
}

fn write(state: &Path, file: &File, has_snapshot: bool) -> io::Result<usize> {
    let mut archive = tar::Builder::new(file);
    archive.follow_symlinks(false);
    let mut count = 0;
    let mut folders = vec![state.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut entries = fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (path, kind) = (entry.path(), entry.file_type()?);
            let mut inside = path.strip_prefix(state).map_err(io::Error::other)?;
            let is_store = |name: &str| inside == Path::new(name);
            if !is_kept(&path) || is_store(if has_snapshot { STORE } else { SNAPSHOT }) {
                continue;
            }
            if is_store(SNAPSHOT) {
                inside = Path::new(STORE);
            }
            if kind.is_dir() {
                archive.append_dir(inside, &path)?;
                folders.push(path);
            } else if kind.is_file() {
                archive.append_path_with_name(&path, inside)?;
                count += 1;
            }
        }
    }
    archive.finish()?;
    Ok(count)
}

/// Puts a backup in the place of what is in the folder, all of it or nothing; what was there stays
/// beside it, under another name, which is returned.
pub(super) fn restore(from: &Path, state: &Path) -> io::Result<Option<std::path::PathBuf>> {
    let parent = state.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let fresh = tempfile::Builder::new()
        .prefix(".wimpex-restore-")
        .tempdir_in(parent)?;
    let mut archive = tar::Archive::new(File::open(from)?);
    let mut count = 0;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if !(kind.is_file() || kind.is_dir()) {
            let text = "there is something else in it than files and folders";
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        // It never leaves the folder.
        if entry.unpack_in(fresh.path())? {
            count += usize::from(kind.is_file());
        }
    }
    if count == 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "there is nothing in it",
        ));
    }
    let before = parent.join(format!(
        "{}.before-restore",
        state.file_name().unwrap_or_default().to_string_lossy()
    ));
    let was_there = state.exists();
    if was_there {
        // The copy of the time before that is in the way, if there is one.
        match fs::remove_dir_all(&before) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::rename(state, &before)?,
        }
    }
    fs::rename(fresh.keep(), state)?;
    Ok(was_there.then_some(before))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_backed_up_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let (state, copy) = (folder.path().join("state"), folder.path().join("copy.tar"));
        fs::create_dir_all(state.join("acme")).unwrap();
        fs::write(state.join("server-secret"), "key").unwrap();
        fs::write(state.join("acme/account"), "account").unwrap();
        fs::write(state.join("acme/folder.lock"), "").unwrap();
        fs::write(state.join(STORE), "half written").unwrap();
        fs::write(state.join(SNAPSHOT), "store").unwrap();
        assert_eq!(backup(&state, &copy, true).unwrap(), 3);
        assert!(!state.join(SNAPSHOT).exists());
        let mode = fs::metadata(&copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(backup(&state, &copy, false).is_err(), "it replaces none");
        fs::write(state.join("server-secret"), "another").unwrap();
        let before = restore(&copy, &state).unwrap().unwrap();
        assert_eq!(
            fs::read_to_string(state.join("server-secret")).unwrap(),
            "key"
        );
        assert_eq!(fs::read_to_string(state.join(STORE)).unwrap(), "store");
        assert_eq!(
            fs::read_to_string(state.join("acme/account")).unwrap(),
            "account"
        );
        assert_eq!(
            fs::read_to_string(before.join("server-secret")).unwrap(),
            "another"
        );
    }

    #[test]
    fn what_is_no_backup_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (state, wrong) = (folder.path().join("state"), folder.path().join("wrong"));
        fs::create_dir_all(&state).unwrap();
        fs::write(state.join("server-secret"), "key").unwrap();
        for text in [&b""[..], b"my diary", &[0; 2048]] {
            fs::write(&wrong, text).unwrap();
            assert!(restore(&wrong, &state).is_err());
        }
        assert_eq!(
            fs::read_to_string(state.join("server-secret")).unwrap(),
            "key"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
