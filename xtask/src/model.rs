//! `cargo xtask model`: explores the states of calls, and of whole clients.

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{proc, report};

/// Explores everything in release; a whole run also writes the diagram.
pub(crate) fn model(workspace: &Workspace, only: &[String]) -> Result<ExitCode> {
    let mut command = workspace.cargo(["run", "--quiet", "--release", "--package"]);
    command.args(["wimpex-model", "--"]).args(only);
    if only.is_empty() {
        command.arg("diagram=docs/call-states.md");
    }
    let what = "exploring the states of calls and clients (several minutes on two cores)";
    report::step(what, || proc::check(&mut command))?;
    Ok(ExitCode::SUCCESS)
}
