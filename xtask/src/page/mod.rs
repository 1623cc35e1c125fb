//! The page: built by Trunk into `dist`, then compressed; skipped when nothing
//! that it is made of has changed.

mod compress;
mod fingerprint;
mod glue;
mod sha256;
mod split;
mod styles;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

pub(crate) use compress::{is_compressed_copy, sibling};
pub(crate) use split::bindgen;

use crate::tools::{Tools, library_manifest, lock};
use crate::workspace::{WASM_TARGET, Workspace};
use crate::{proc, report};

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
    // Trunk is told to stay offline, and tells cargo the same.
    report::step("fetching the crates (about a minute, once)", || {
        proc::check(&mut workspace.cargo(["fetch"]))?;
        fetch_for_standard_library(workspace)
    })?;
    report::step(
        "building the page in release (about 4 minutes at first, then half a minute)",
        || trunk_build(workspace, tools),
    )?;
    glue::fit(&workspace.dist(), &split::parts(workspace), &tools.wasm_opt)?;
    styles::join(&workspace.dist())?;
    report::step("compressing the page (about 3 seconds)", || {
        compress::tree(&workspace.dist())
    })?;
    let outputs = fingerprint::of_outputs(&workspace.dist())?;
    fs::write(&state, record(&inputs, &outputs))?;
    Ok(())
}

/// The standard library that is built along has dependencies of its own, which
/// `cargo fetch` of the page does not know.
fn fetch_for_standard_library(workspace: &Workspace) -> Result<()> {
    let manifest = library_manifest(workspace)?;
    let mut command = workspace.cargo(["fetch", "--locked", "--target", WASM_TARGET]);
    command.arg("--manifest-path").arg(manifest);
    proc::check(smallest(&mut command))
}

fn trunk_build(workspace: &Workspace, tools: &Tools) -> Result<()> {
    let mut command = trunk(workspace, tools)?;
    let stand_in = split::stand_in(workspace, tools, &mut command)?;
    command
        .env("PATH", tools.path_after(&stand_in)?)
        .args(["build", "--release", "--offline", "--dist"])
        .arg(workspace.dist());
    proc::check(smallest(&mut command))
}

/// Makes cargo build the standard library along with the page, without the
/// formatting of panics: nobody reads them in a page, and they are a tenth of its
/// bytes. Stable Rust cannot do that yet, so it is told to act as unstable
/// (`RUSTC_BOOTSTRAP`); that the toolchain is pinned makes it safe to rely on.
fn smallest(command: &mut Command) -> &mut Command {
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size")
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "--cfg=erase_components --cfg=split -Clink-arg=--emit-relocs -Zunstable-options -Cpanic=immediate-abort \
             -Zlocation-detail=none -Zfmt-debug=shallow",
        )
}

/// Trunk in the root, with its tools on PATH.
pub(crate) fn trunk(workspace: &Workspace, tools: &Tools) -> Result<Command> {
    let mut command = workspace.command("trunk");
    command
        .env("PATH", tools.path()?)
        // Trunk takes it for a flag with the values true and false, and
        // refuses the usual NO_COLOR=1.
        .env_remove("NO_COLOR");
    Ok(command)
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
