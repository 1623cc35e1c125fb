//! The page: built in release into `dist` and compressed; skipped when nothing that it is made of
//! has changed.

mod chunk_imports;
mod compress;
mod fingerprint;
mod index;
mod install;
mod javascript;
mod names;
mod noise;
mod profile;
mod publish;
mod release;
mod sha256;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use anyhow::{Result, ensure};

pub(crate) use compress::{is_compressed_copy, sibling};
pub(crate) use install::LATER;
pub(crate) use noise::NOISE;

use crate::report;
use crate::tools::{Tools, lock};
use crate::workspace::Workspace;

/// Builds the page unless `dist` is up to date.
pub(crate) fn build(workspace: &Workspace, tools: &Tools) -> Result<()> {
    ensure!(
        workspace.root.join("index.html").is_file(),
        "there is no index.html in {}",
        workspace.root.display()
    );
    let state = state_file(workspace);
    let _lock = lock(&state.with_extension("lock"), "building the page")?;
    let inputs = fingerprint::of_inputs(workspace, &tools.versions)?;
    if is_fresh(workspace, &state, &inputs) {
        report::note("the page is up to date");
        return Ok(());
    }
    // From here until the end, what is in `dist` is not to be trusted.
    let _ = fs::remove_file(&state);
    report::step(
        "building the page in release (about 4 minutes at first, then half a minute)",
        || release::build(workspace, tools),
    )?;
    report::step("compressing the page (about 3 seconds)", || {
        compress::tree(&workspace.dist())
    })?;
    let outputs = fingerprint::of_outputs(&workspace.dist())?;
    fs::write(&state, record(&inputs, &outputs))?;
    Ok(())
}

/// One per checkout, for several may share a target directory.
fn state_file(workspace: &Workspace) -> PathBuf {
    let checkout = sha256::short(&[workspace.root.as_os_str().as_bytes()]);
    workspace.state().join(format!("page-{checkout}.state"))
}

fn is_fresh(workspace: &Workspace, state: &std::path::Path, inputs: &str) -> bool {
    let Ok(recorded) = fs::read_to_string(state) else {
        return false;
    };
    // A Trunk called by hand, or `git clean`, may have changed `dist` since.
    fingerprint::of_outputs(&workspace.dist())
        .is_ok_and(|outputs| recorded == record(inputs, &outputs))
}

fn record(inputs: &str, outputs: &str) -> String {
    format!("inputs {inputs}\noutputs {outputs}\n")
}
