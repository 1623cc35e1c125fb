//! `cargo xtask stress`: every known attack on one server at once, and what honest people
//! notice of it.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{proc, report};

/// How long, if nobody says.
pub(crate) const SECONDS: u32 = 60;

/// Attacks a server for so many seconds, and prints the table.
pub(crate) fn stress(workspace: &Workspace, seconds: u32) -> Result<ExitCode> {
    let what = format!("the server under attack for {seconds} s");
    report::step(&what, || proc::check(&mut command(workspace, seconds)))?;
    Ok(ExitCode::SUCCESS)
}

/// What does so, in release.
pub(crate) fn command(workspace: &Workspace, seconds: u32) -> Command {
    let mut command = workspace.cargo(["test", "--release", "--package", "wimpex-server"]);
    command
        .args(["--test", "stress", "--", "--nocapture"])
        .env("WIMPEX_STRESS_SECONDS", seconds.to_string());
    command
}
