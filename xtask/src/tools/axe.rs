//! axe-core, which finds what keeps people out of a page (<https://github.com/dequelabs/axe-core>): one
//! file of JavaScript that the tests put into the page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::version::Version;
use super::{cache, npm};
use crate::report;
use crate::workspace::Workspace;

const VERSION: Version = Version(4, 14, 1);
/// Of `axe.min.js` in that package.
const SHA_256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";
const FILE: &str = "axe.min.js";

/// The file, from the cache or by npm; without npm it is said what is then not tested.
pub(super) fn ensure(workspace: &Workspace) -> Option<PathBuf> {
    let name = format!("axe-core-{VERSION}");
    match cache::installed(&workspace.cache, &name, FILE, fetch) {
        Ok(directory) => Some(directory.join(FILE)),
        Err(error) => {
            report::note(&format!(
                "without axe-core the page's accessibility is not tested: {error:#}"
            ));
            None
        }
    }
}

fn fetch(root: &Path) -> Result<()> {
    let package = format!("axe-core@{VERSION}");
    let archive = npm::fetch(&package, root)?;
    let file = root.join("package").join(FILE);
    let found = npm::sha_256(&file)?;
    ensure!(
        found == SHA_256,
        "{package} is another one than was looked at: the SHA-256 of {FILE} is {found}"
    );
    fs::create_dir_all(root.join("bin"))?;
    fs::rename(&file, root.join("bin").join(FILE))?;
    fs::remove_file(&archive)?;
    cache::remove(&root.join("package"))
}
