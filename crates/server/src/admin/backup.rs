//! A copy of the state folder in one file (tar), and back. Every file there is only ever replaced
//! as a whole, or deleted (messages, pages), so that each is in order in the copy, whatever the server
//! does meanwhile; but for the store, of which the server makes a copy for it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use super::{SNAPSHOT, STORE};
use crate::inherited::Inherited;
use crate::state_lock::StateLock;

/// What a server that runs holds locked.
const LOCK: &str = "server.lock";

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
        // What is deleted meanwhile is not in the copy.
        let Some(entries) = unless_gone(fs::read_dir(&folder))? else {
            continue;
        };
        let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let Some(kind) = unless_gone(entry.file_type())? else {
                continue;
            };
            let mut inside = path.strip_prefix(state).map_err(io::Error::other)?;
            let is_store = |name: &str| inside == Path::new(name);
            if !is_kept(&path) || is_store(if has_snapshot { STORE } else { SNAPSHOT }) {
                continue;
            }
            if is_store(SNAPSHOT) {
                inside = Path::new(STORE);
            }
            if kind.is_dir() {
                if unless_gone(archive.append_dir(inside, &path))?.is_some() {
                    folders.push(path);
                }
            } else if kind.is_file()
                && let Some(mut file) = unless_gone(File::open(&path))?
            {
                // Whatever happens to its name now: it is open.
                archive.append_file(inside, &mut file)?;
                count += 1;
            }
        }
    }
    archive.finish()?;
    Ok(count)
}

fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Puts a backup in the place of what is in the folder, all of it or nothing; what was there stays
/// beside it, under another name, which is returned.
pub(super) fn restore(from: &Path, state: &Path) -> io::Result<Option<std::path::PathBuf>> {
    // systemd's `DynamicUser=` has a link there, which is to stay one.
    let (real, lock) = match unless_gone(fs::canonicalize(state))? {
        Some(real) => {
            let lock = StateLock::take(real.join(LOCK), &mut Inherited::default());
            (real, Some(lock.map_err(io::Error::other)?))
        }
        None => (state.to_owned(), None),
    };
    let state = &*real;
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
    drop(lock);
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
    fn what_is_deleted_meanwhile_ends_no_backup() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let messages = state.join("messages");
        fs::create_dir_all(&messages).unwrap();
        fs::write(state.join("server-secret"), "key").unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let of = |nth: u8| messages.join(nth.to_string());
                    (0..50).for_each(|nth| fs::write(of(nth), "sealed").unwrap());
                    (0..50).for_each(|nth| fs::remove_file(of(nth)).unwrap());
                    let build = state.join("pages");
                    fs::create_dir_all(build.join("a")).unwrap();
                    fs::remove_dir_all(build).unwrap();
                }
            });
            let all: Vec<_> = (0..50)
                .map(|nth| backup(&state, &folder.path().join(format!("{nth}.tar")), false))
                .collect();
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            for made in all {
                assert!(made.unwrap() >= 1);
            }
        });
    }

    #[test]
    fn a_folder_that_a_link_leads_to_is_restored_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (own, link) = (
            folder.path().join("private/state"),
            folder.path().join("state"),
        );
        fs::create_dir_all(&own).unwrap();
        std::os::unix::fs::symlink("private/state", &link).unwrap();
        fs::write(link.join("server-secret"), "key").unwrap();
        let copy = folder.path().join("copy.tar");
        backup(&link, &copy, false).unwrap();
        fs::write(link.join("server-secret"), "another").unwrap();
        let before = restore(&copy, &link).unwrap().unwrap();
        assert!(link.is_symlink() && own.is_dir() && !own.is_symlink());
        let read = |state: &Path| fs::read_to_string(state.join("server-secret")).unwrap();
        assert_eq!((&*read(&own), &*read(&before)), ("key", "another"));
        // A server that starts, or cannot be asked, has it.
        let held = StateLock::take(own.join(LOCK), &mut Inherited::default()).unwrap();
        assert!(restore(&copy, &link).is_err());
        assert_eq!(read(&own), "key");
        drop(held);
        restore(&copy, &link).unwrap();
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
