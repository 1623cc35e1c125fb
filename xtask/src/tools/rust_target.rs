//! What rustup brings: the wasm target, the standard library's source, rustfmt
//! and clippy.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::workspace::{WASM_TARGET, Workspace};
use crate::{proc, report};

/// The standard library's source, under `lib/rustlib`.
const LIBRARY: &str = "src/rust/library";

/// Adds the wasm target to the toolchain if it lacks it. Its place in
/// rust-toolchain.toml is not enough: rustup reads that only when it installs
/// the toolchain itself.
pub(super) fn ensure(workspace: &Workspace) -> Result<()> {
    let rustlib = rustlib(workspace)?;
    // The page is built together with its standard library; see `page`.
    if !rustlib.join(LIBRARY).join("Cargo.lock").is_file() {
        report::step(
            "adding the standard library's source to the toolchain (about 5 seconds, once)",
            || rustup(workspace, &["component", "add", "rust-src"]),
        )?;
    }
    ensure_target(workspace, WASM_TARGET)
}

/// Adds a target to the toolchain if it lacks it.
pub(crate) fn ensure_target(workspace: &Workspace, target: &str) -> Result<()> {
    if rustlib(workspace)?.join(target).join("lib").is_dir() {
        return Ok(());
    }
    report::step(
        &format!("adding the target {target} to the toolchain (about 10 seconds, once)"),
        || {
            rustup(workspace, &["target", "add", target]).with_context(|| {
                format!("without rustup, install the Rust library for {target} yourself")
            })
        },
    )
}

fn rustlib(workspace: &Workspace) -> Result<PathBuf> {
    let sysroot = proc::captured(workspace.command("rustc").args(["--print", "sysroot"]))
        .context("cannot ask rustc where its libraries are")?;
    Ok(PathBuf::from(sysroot.trim()).join("lib/rustlib"))
}

/// Adds rustfmt and clippy to the toolchain if it lacks them.
pub(crate) fn ensure_components(workspace: &Workspace) -> Result<()> {
    let missing: Vec<&str> = [("rustfmt", "fmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(_, command)| !proc::succeeds(&mut workspace.cargo([command, "--version"])))
        .map(|(component, _)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    report::step(
        &format!(
            "adding {} to the toolchain (about 10 seconds, once)",
            missing.join(" and ")
        ),
        || {
            rustup(
                workspace,
                &[&["component", "add"], missing.as_slice()].concat(),
            )
        },
    )
}

/// Installs the nightly toolchain if it is missing; fuzzing needs it.
pub(crate) fn ensure_nightly(workspace: &Workspace) -> Result<()> {
    if proc::succeeds(workspace.command("cargo").args(["+nightly", "--version"])) {
        return Ok(());
    }
    let install = ["toolchain", "install", "nightly", "--profile", "minimal"];
    report::step(
        "installing the nightly toolchain (about 20 seconds, once)",
        || rustup(workspace, &install),
    )
}

fn rustup(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let mut command = workspace.command("rustup");
    if !proc::succeeds(workspace.command("rustup").arg("--version")) {
        bail!("rustup is not on PATH (https://rustup.rs)");
    }
    proc::check(command.args(arguments))
}
