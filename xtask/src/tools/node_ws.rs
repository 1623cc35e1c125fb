//! Node's package ws (<https://github.com/websockets/ws>), beside which the signaling is measured. It
//! comes by npm, wherever that is configured to get its packages from; it is the one that was measured
//! with, for its SHA-256 is pinned.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::axe::sha_256;
use super::cache;
use super::version::{Version, on_path};
use crate::workspace::Workspace;
use crate::{proc, report};

const VERSION: Version = Version(8, 23, 0);
/// Of the package.
const SHA_256: &str = "b8bd105a274ae9ca114f8c6ce4d9dbb0c764fe5118ba633c557e1703e297c587";
const FILE: &str = "ws.tgz";

/// Its folder, from the cache or by npm; without Node or npm it is said what is then not measured.
pub(super) fn ensure(workspace: &Workspace) -> Option<PathBuf> {
    let name = format!("ws-{VERSION}");
    let directory = on_path("node")
        .context("node is missing; on Debian: sudo apt-get install nodejs")
        .and_then(|_| {
            cache::installed(&workspace.cache, &name, FILE, |root| {
                let npm = on_path("npm")
                    .context("npm is missing; on Debian: sudo apt-get install npm")?;
                report::step(
                    &format!("fetching {name} by npm (some seconds, once)"),
                    || fetch(&npm, root),
                )
            })
        });
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

fn fetch(npm: &Path, root: &Path) -> Result<()> {
    let package = format!("ws@{VERSION}");
    proc::captured(
        Command::new(npm)
            .args(["pack", "--silent", "--ignore-scripts", &package])
            .current_dir(root),
    )?;
    let archive = fs::read_dir(root)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .context("npm pack left no package behind")?;
    let found = sha_256(&fs::read(&archive)?);
    ensure!(
        found == SHA_256,
        "{package} is another one than was measured with: its SHA-256 is {found}"
    );
    proc::captured(
        Command::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .arg("-C")
            .arg(root),
    )?;
    fs::create_dir_all(root.join("bin"))?;
    fs::rename(&archive, root.join("bin").join(FILE))?;
    Ok(())
}
