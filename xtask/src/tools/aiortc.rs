//! aiortc (<https://github.com/aiortc/aiortc>), a WebRTC in Python, for calls with somebody who is
//! no browser: a virtual environment of its own, from wherever pip is configured to get its
//! packages.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::version::on_path;
use super::{cache, debian};
use crate::workspace::Workspace;
use crate::{proc, report};

const VERSION: &str = "1.16.0";
/// What speaks to the server.
const WEBSOCKETS: &str = "websockets>=13,<18";
const PROGRAM: &str = "python";

/// The Python that has it, from the cache or by pip; without, it is said what is then not tested.
pub(super) fn ensure(workspace: &Workspace) -> Option<PathBuf> {
    let name = format!("aiortc-{VERSION}");
    let directory = cache::installed(&workspace.cache, &name, PROGRAM, |root| {
        debian::ensure(&debian::VENV);
        let python = on_path("python3").context("python3 is missing")?;
        report::step(
            &format!("installing {name} by pip (some seconds, once)"),
            || -> Result<()> {
                proc::captured(Command::new(python).args(["-m", "venv"]).arg(root))?;
                let aiortc = format!("aiortc=={VERSION}");
                let pip = ["-m", "pip", "install", "--quiet", &aiortc, WEBSOCKETS];
                // Its own scripts name the place that it is made in, and are not used.
                proc::captured(Command::new(root.join("bin").join(PROGRAM)).args(pip))?;
                Ok(())
            },
        )
    });
    match directory {
        Ok(directory) => Some(directory.join(PROGRAM)),
        Err(error) => {
            report::note(&format!("without aiortc no calls with it: {error:#}"));
            None
        }
    }
}
