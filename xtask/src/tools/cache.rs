//! The cache of tools: `NAME-VERSION/bin`, shared by all checkouts.
//!
//! A tool is installed beside its place and moved there whole, so that a
//! killed installation never looks like a finished one; a lock file makes
//! others wait instead of installing the same tool twice.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::report;

/// Takes an exclusive lock that the operating system releases when the
/// returned file is dropped, or the process dies.
pub(crate) fn lock(path: &Path, what: &str) -> Result<File> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            report::note(&format!("waiting for another xtask that is {what}"));
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    Ok(file)
}

/// The `bin` directory of a cached tool. If `program` is not there, `install`
/// is called once with an empty directory that becomes the tool's root.
pub(crate) fn installed(
    cache: &Path,
    tool: &str,
    program: &str,
    install: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let place = cache.join(tool);
    let bin = place.join("bin");
    if bin.join(program).is_file() {
        return Ok(bin);
    }
    let what = format!("installing {tool}");
    let _lock = lock(&cache.join(format!(".{tool}.lock")), &what)?;
    if bin.join(program).is_file() {
        return Ok(bin);
    }
    let fresh = cache.join(format!(".{tool}.new"));
    remove(&fresh)?;
    fs::create_dir_all(&fresh)?;
    install(&fresh)?;
    ensure!(
        fresh.join("bin").join(program).is_file(),
        "the installation of {tool} brought no {program}"
    );
    remove(&place)?;
    fs::rename(&fresh, &place)?;
    Ok(bin)
}

/// Removes a directory tree if it is there.
pub(crate) fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", directory.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::bail;

    use super::*;

    fn put(root: &Path, program: &str) -> Result<()> {
        fs::create_dir_all(root.join("bin"))?;
        fs::write(root.join("bin").join(program), "")?;
        Ok(())
    }

    #[test]
    fn a_tool_is_installed_once() {
        let cache = tempfile::tempdir().unwrap();
        let bin = installed(cache.path(), "a-1", "a", |root| put(root, "a")).unwrap();
        assert_eq!(bin, cache.path().join("a-1/bin"));
        installed(cache.path(), "a-1", "a", |_| bail!("installed twice")).unwrap();
    }

    #[test]
    fn a_killed_installation_is_done_again() {
        let cache = tempfile::tempdir().unwrap();
        installed(cache.path(), "a-1", "a", |root| {
            put(root, "half")?;
            bail!("killed")
        })
        .unwrap_err();
        assert!(!cache.path().join("a-1").exists());
        let bin = installed(cache.path(), "a-1", "a", |root| put(root, "a")).unwrap();
        assert!(bin.join("a").is_file());
        assert!(!bin.join("half").exists());
    }

    #[test]
    fn an_installation_without_the_program_is_an_error() {
        let cache = tempfile::tempdir().unwrap();
        let error = installed(cache.path(), "a-1", "a", |root| put(root, "b")).unwrap_err();
        assert!(error.to_string().contains("brought no a"), "{error}");
    }

    #[test]
    fn who_comes_second_waits_and_installs_nothing() {
        let cache = tempfile::tempdir().unwrap();
        let installations = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    installed(cache.path(), "a-1", "a", |root| {
                        installations.fetch_add(1, Ordering::SeqCst);
                        put(root, "a")
                    })
                    .unwrap();
                });
            }
        });
        assert_eq!(installations.into_inner(), 1);
    }
}
