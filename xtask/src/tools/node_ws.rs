//! Node's package ws (<https://github.com/websockets/ws>), beside which the signaling is measured.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::version::{Version, on_path};
use super::{cache, npm};
use crate::report;
use crate::workspace::Workspace;

const VERSION: Version = Version(8, 23, 0);
/// Of the package.
const SHA_256: &str = "b8bd105a274ae9ca114f8c6ce4d9dbb0c764fe5118ba633c557e1703e297c587";
const FILE: &str = "ws.tgz";

/// Its folder, from the cache or by npm; without Node or npm it is said what is then not measured.
pub(super) fn ensure(workspace: &Workspace) -> Option<PathBuf> {
    let name = format!("ws-{VERSION}");
    let directory = on_path("node")
        .context("node is missing; on Debian: sudo apt-get install nodejs")
        .and_then(|_| cache::installed(&workspace.cache, &name, FILE, fetch));
    match directory {
        // The package is beside `bin`, where the cache looks for what it knows.
        Ok(directory) => Some(directory.join("../package")),
        Err(error) => {
            report::note(&format!(
                "the signaling is not measured beside Node: {error:#}"
            ));
            None
        }
    }
}

fn fetch(root: &Path) -> Result<()> {
    let package = format!("ws@{VERSION}");
    let archive = npm::fetch(&package, root)?;
    let found = npm::sha_256(&archive)?;
    ensure!(
        found == SHA_256,
        "{package} is another one than was measured with: its SHA-256 is {found}"
    );
    fs::create_dir_all(root.join("bin"))?;
    fs::rename(&archive, root.join("bin").join(FILE))?;
    Ok(())
}
