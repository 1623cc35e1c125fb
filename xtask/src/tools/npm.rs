//! Packages by npm, wherever that is configured to get them from. Whoever asks for one knows its
//! digest: what comes is what was looked at, or nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::version::on_path;
use crate::{proc, report};

/// Fetches `package`, said as `name@version`, into `root`, and unpacks it there into the folder
/// `package`; returns its archive.
///
/// # Errors
///
/// When npm is missing or fails, or what it left is no archive.
pub(super) fn fetch(package: &str, root: &Path) -> Result<PathBuf> {
    let npm = on_path("npm").context("npm is missing; on Debian: sudo apt-get install npm")?;
    let step = format!("fetching {package} by npm (some seconds, once)");
    report::step(&step, || {
        proc::captured(
            Command::new(&npm)
                .args(["pack", "--silent", "--ignore-scripts", package])
                .current_dir(root),
        )?;
        let archive = fs::read_dir(root)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
            .context("npm pack left no package behind")?;
        proc::captured(
            Command::new("tar")
                .arg("-xzf")
                .arg(&archive)
                .arg("-C")
                .arg(root),
        )?;
        Ok(archive)
    })
}

/// Of a file, in hexadecimal digits.
///
/// # Errors
///
/// When it cannot be read.
pub(super) fn sha_256(file: &Path) -> Result<String> {
    let digits = Sha256::digest(fs::read(file)?);
    Ok(digits.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_standard() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("abc");
        fs::write(&file, b"abc").unwrap();
        // FIPS 180-4, the example "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha_256(&file).unwrap(), expected);
        assert!(sha_256(folder.path()).is_err());
    }
}
