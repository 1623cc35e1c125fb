//! `cargo xtask town`: what people, logins and calls cost several servers as one, measured on this
//! machine; what happens when one of them dies; and what larger towns need.

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{proc, report};

/// Measures and prints it.
pub(crate) fn town(workspace: &Workspace, people: Option<u32>) -> Result<ExitCode> {
    let mut command = workspace.cargo(["run", "--quiet", "--release", "--package"]);
    command.args(["wimpex-server", "--example", "town", "--"]);
    command.args(people.map(|people| people.to_string()));
    report::step("a town on this machine", || proc::check(&mut command))?;
    Ok(ExitCode::SUCCESS)
}
