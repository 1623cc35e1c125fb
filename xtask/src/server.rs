//! The server's binary, built in release with the page inside.

use std::path::PathBuf;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{proc, report};

/// Builds the server and returns the path of its binary. The page must have
/// been built before.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    report::step(
        "building the server in release (about 2 minutes at first, then seconds)",
        || {
            proc::check(&mut workspace.cargo([
                "build",
                "--quiet",
                "--release",
                "--package",
                "wimpex-server",
            ]))
        },
    )?;
    Ok(workspace.target.join("release").join("wimpex-server"))
}
