//! `cargo xtask run`: from a bare checkout to a page that people can call on.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::dev::FROM_TRUNK;
use crate::tools::{Tools, Wanted};
use crate::workspace::Workspace;
use crate::{page, report, server};

/// Sets up, builds, and becomes the server, which prints its address.
pub(crate) fn run(workspace: &Workspace, flags: &[String]) -> Result<ExitCode> {
    let tools = Tools::ensure(workspace, Wanted::default())?;
    page::build(workspace, &tools)?;
    let binary = server::build(workspace)?;
    report::note("starting the server; Ctrl-C ends it");
    // To become it, instead of waiting for it, leaves signals and exit code
    // to the server alone.
    let mut command = workspace.command(&binary);
    let error = command.args(FROM_TRUNK).args(flags).exec();
    Err(error).with_context(|| format!("cannot start {}", binary.display()))
}
