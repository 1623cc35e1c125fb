//! wasm-opt, from Binaryen.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::version::{self, Found, Version};
use super::{apt, cache};
use crate::report;
use crate::workspace::Workspace;

/// The oldest that was tried: Debian 12 and Ubuntu 24.04 have it.
const OLDEST: Version = Version(108, 0, 0);

/// wasm-opt from PATH, or from the system's package, or unpacked into the cache.
pub(super) fn ensure(workspace: &Workspace) -> Result<Found> {
    if let Some(found) = on_path() {
        return Ok(found);
    }
    if apt::may_install() {
        report::step(
            "installing wasm-opt: apt-get install binaryen (about 15 seconds, once)",
            || apt::install(&["binaryen"]),
        )?;
        return on_path().context("binaryen is installed, but no wasm-opt of 108 or newer on PATH");
    }
    let directory = cache::installed(&workspace.cache, "binaryen-deb", "wasm-opt", |root| {
        ensure!(
            apt::is_here(),
            "install Binaryen 108 or newer, so that wasm-opt is on PATH \
             (https://github.com/WebAssembly/binaryen)"
        );
        report::step(
            "unpacking Debian's binaryen into the cache (about 15 seconds, once)",
            || unpack(root),
        )
        .with_context(|| format!("or install it yourself: {}", apt::by_hand(&["binaryen"])))
    })?;
    let version = version::of(&directory.join("wasm-opt"))
        .context("the unpacked wasm-opt does not run here")?;
    Ok(Found { directory, version })
}

fn on_path() -> Option<Found> {
    let program = version::on_path("wasm-opt")?;
    let version = version::of(&program).filter(|version| *version >= OLDEST)?;
    let directory = program.parent()?.to_owned();
    Some(Found { directory, version })
}

/// The program finds its library relative to itself, so `usr/bin` and
/// `usr/lib` only have to stay neighbours.
fn unpack(root: &Path) -> Result<()> {
    let package = root.join("package");
    apt::unpack("binaryen", &package)?;
    for part in ["bin", "lib"] {
        fs::rename(package.join("usr").join(part), root.join(part))?;
    }
    fs::remove_dir_all(&package)?;
    let version = version::of(&root.join("bin/wasm-opt"))
        .context("the unpacked wasm-opt does not run here")?;
    ensure!(
        version >= OLDEST,
        "Debian's wasm-opt {version} is older than {OLDEST}"
    );
    Ok(())
}
