//! `cargo xtask first-call`: from the package and a bare Debian to the first call between two
//! browsers over https, by the clock.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::tools::{Tools, Wanted, bare_system};
use crate::workspace::Workspace;
use crate::{package, proc, testing};

/// What the names of its scenes end in.
const SCENES: &str = "on_a_bare_system";

/// Builds the package, makes the bare system, and plays the scenes. It takes root.
pub(crate) fn first_call(workspace: &Workspace) -> Result<ExitCode> {
    let wanted = Wanted {
        chromium: true,
        hosting: true,
        networks: true,
        ..Wanted::default()
    };
    let tools = Tools::ensure(workspace, wanted)?;
    let folder = package::package(workspace, &tools, false)?;
    // The harness starts one for every scene, which this one stops.
    let binary = package::program(&folder);
    let mut command = scenes(workspace, &folder)?;
    testing::tell_browsers(&mut command, &tools, &binary);
    proc::check(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

/// The scenes with what is in `folder`.
pub(crate) fn scenes(workspace: &Workspace, folder: &Path) -> Result<Command> {
    let mut packages = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let deb = packages
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("there is no package")?;
    let mut command = workspace.cargo(["test", "--package", "wimpex-e2e", "--", SCENES]);
    command
        // One of them goes by the clock.
        .arg("--test-threads=1")
        .env("WIMPEX_DEB", deb)
        .env("WIMPEX_STATIC", package::program(folder))
        .env("WIMPEX_BARE_ROOT", bare_system(workspace)?);
    Ok(command)
}
