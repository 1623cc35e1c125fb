//! Traefik, for which docs/hosting.md has a configuration that a test tries (<https://traefik.io>). Debian
//! has no package of it; one by pip brings the project's own program, and is what was looked at: the
//! program's SHA-256 is pinned.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::version::{Version, on_path};
use super::{cache, debian};
use crate::workspace::Workspace;
use crate::{proc, report};

const VERSION: Version = Version(3, 7, 15);
/// Of the program for x86-64.
const SHA_256: &str = "34bfdfa88e321ad496d829910c6145a0743eae09cdf290e3e114b137eb948e30";
const PROGRAM: &str = "traefik";

/// The program: on PATH, from the cache or by pip; without, it is said what is then not tested.
pub(super) fn ensure(workspace: &Workspace) -> Option<PathBuf> {
    if let Some(program) = on_path(PROGRAM) {
        return Some(program);
    }
    let name = format!("{PROGRAM}-{VERSION}");
    let directory = cache::installed(&workspace.cache, &name, PROGRAM, |root| {
        debian::ensure(&debian::VENV);
        let python = on_path("python3").context("python3 is missing")?;
        report::step(
            &format!("fetching {name} by pip (some seconds, once)"),
            || fetch(&python, root),
        )
    });
    match directory {
        Ok(directory) => Some(directory.join(PROGRAM)),
        Err(error) => {
            report::note(&format!(
                "without Traefik its configuration in docs/hosting.md is not tried: {error:#}"
            ));
            None
        }
    }
}

fn fetch(python: &Path, root: &Path) -> Result<()> {
    ensure!(
        cfg!(target_arch = "x86_64"),
        "it was looked at for x86-64 only"
    );
    let pip = root.join("pip");
    proc::captured(Command::new(python).args(["-m", "venv"]).arg(&pip))?;
    let package = format!("{PROGRAM}-bin=={VERSION}");
    let mut install = Command::new(pip.join("bin/python"));
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
    ]);
    proc::captured(install.arg(package))?;
    let program = pip.join("bin").join(PROGRAM);
    let found = data_encoding::HEXLOWER.encode(&Sha256::digest(fs::read(&program)?));
    ensure!(
        found == SHA_256,
        "the package brings another program than was looked at: its SHA-256 is {found}"
    );
    fs::create_dir_all(root.join("bin"))?;
    fs::rename(&program, root.join("bin").join(PROGRAM))?;
    cache::remove(&pip)
}
