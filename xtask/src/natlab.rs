//! `cargo xtask natlab`: calls between homes in networks of our own, at length.

use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::tools::{Tools, Wanted};
use crate::workspace::Workspace;
use crate::{page, proc, server, testing};

/// The beginning of the names of the scenes that need networks.
const SCENES: &str = "natlab::";

/// Plays every scene of the laboratory, or those with `only` in their names. The
/// figures are the lines that begin with `measured:`.
pub(crate) fn natlab(workspace: &Workspace, only: Option<&str>) -> Result<ExitCode> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "network namespaces take root; `cargo xtask test` does without"
    );
    let wanted = Wanted {
        chromium: true,
        coturn: true,
        networks: true,
        ..Wanted::default()
    };
    let tools = Tools::ensure(workspace, wanted)?;
    page::build(workspace, &tools)?;
    let binary = server::build(workspace)?;
    let mut command = workspace.cargo(["test", "--package", "wimpex-e2e", "--test", "calls", "--"]);
    command.args([only.unwrap_or(SCENES), "--test-threads=1"]);
    testing::tell_browsers(&mut command, &tools, &binary);
    proc::check(command.env("WIMPEX_SOAK", "1"))?;
    Ok(ExitCode::SUCCESS)
}
