//! `cargo xtask tidy`: the rules of the house that the compiler does not know (xtask/tidy).

use anyhow::{Context, Result};

use crate::proc;
use crate::workspace::Workspace;

/// Prints what breaks a rule, a sentence each, and fails if anything does.
pub(crate) fn tidy(workspace: &Workspace) -> Result<()> {
    let run = ["run", "--quiet", "--package", "wimpex-tidy"];
    proc::check(&mut workspace.cargo(run)).context("the sentences above say what is not tidy")
}
