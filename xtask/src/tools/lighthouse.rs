//! Lighthouse, which looks at a page as its visitors' browsers do
//! (<https://github.com/GoogleChrome/lighthouse>). It comes by npm, wherever that is configured to
//! get its packages from.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::cache;
use super::version::{Version, on_path};
use crate::workspace::Workspace;
use crate::{proc, report};

const VERSION: Version = Version(12, 2, 3);
const PROGRAM: &str = "lighthouse";

/// The program, from the cache or by npm.
pub(crate) fn lighthouse(workspace: &Workspace) -> Result<PathBuf> {
    let name = format!("{PROGRAM}-{VERSION}");
    let bin = cache::installed(&workspace.cache, &name, PROGRAM, |root| {
        let npm = on_path("npm").context("npm is missing; on Debian: sudo apt-get install npm")?;
        report::step(
            &format!("installing {name} by npm (half a minute, once)"),
            || {
                let mut install = Command::new(&npm);
                install
                    .args(["install", "--global", "--silent", "--no-fund", "--no-audit"])
                    // What it needs at run time is JavaScript alone.
                    .args(["--ignore-scripts", "--prefix"])
                    .arg(root)
                    .arg(format!("{PROGRAM}@{VERSION}"));
                proc::captured(&mut install).map(drop)
            },
        )
    })?;
    Ok(bin.join(PROGRAM))
}
