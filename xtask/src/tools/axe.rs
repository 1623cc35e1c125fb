//! axe-core, which finds what keeps people out of a page (<https://github.com/dequelabs/axe-core>): one
//! file of JavaScript that the tests put into the page. It comes as a package by npm, wherever that is
//! configured to get its packages from, and is what was looked at: its SHA-256 is pinned.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::cache;
use super::version::{Version, on_path};
use crate::workspace::Workspace;
use crate::{proc, report};

const VERSION: Version = Version(4, 14, 1);
/// Of `axe.min.js` in that package.
const SHA_256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";
const FILE: &str = "axe.min.js";

/// The file, from the cache or by npm; without npm it is said what is then not tested.
pub(super) fn ensure(workspace: &Workspace) -> Option<PathBuf> {
    let name = format!("axe-core-{VERSION}");
    let directory = cache::installed(&workspace.cache, &name, FILE, |root| {
        let npm = on_path("npm").context("npm is missing; on Debian: sudo apt-get install npm")?;
        report::step(
            &format!("fetching {name} by npm (some seconds, once)"),
            || fetch(&npm, root),
        )
    });
    match directory {
        Ok(directory) => Some(directory.join(FILE)),
        Err(error) => {
            report::note(&format!(
                "without axe-core the page's accessibility is not tested: {error:#}"
            ));
            None
        }
    }
}

fn fetch(npm: &Path, root: &Path) -> Result<()> {
    let package = format!("axe-core@{VERSION}");
    proc::captured(
        Command::new(npm)
            .args(["pack", "--silent", "--ignore-scripts", &package])
            .current_dir(root),
    )?;
    let archive = fs::read_dir(root)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .context("npm pack left no package behind")?;
    let inside = format!("package/{FILE}");
    proc::captured(
        Command::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .arg("-C")
            .arg(root)
            .arg(&inside),
    )?;
    let file = root.join(&inside);
    let found = sha_256(&fs::read(&file)?);
    ensure!(
        found == SHA_256,
        "{package} is another one than was looked at: the SHA-256 of {FILE} is {found}"
    );
    fs::create_dir_all(root.join("bin"))?;
    fs::rename(&file, root.join("bin").join(FILE))?;
    fs::remove_file(&archive)?;
    cache::remove(&root.join("package"))
}

/// In hexadecimal digits.
pub(super) fn sha_256(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_standard() {
        // FIPS 180-4, the example "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha_256(b"abc"), expected);
        assert_eq!(SHA_256.len(), expected.len());
    }
}
