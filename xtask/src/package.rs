//! `cargo xtask package`: the server as a Debian package, with its unit, manual page,
//! completions and a configuration that explains itself, all out of the program's own
//! definitions; and the sums by which others know it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::tools::{Tools, cargo_deb};
use crate::workspace::Workspace;
use crate::{page, proc, report, server};

/// What the program prints, and under which name crates/server/Cargo.toml looks for it.
const PRINTED: [(&str, &[&str]); 5] = [
    ("server.toml", &["example-config"]),
    ("wimpex-server.1", &["man"]),
    ("wimpex-server.bash", &["completions", "bash"]),
    ("_wimpex-server", &["completions", "zsh"]),
    ("wimpex-server.fish", &["completions", "fish"]),
];

/// Builds everything, and the package out of it.
pub(crate) fn package(workspace: &Workspace, tools: &Tools) -> Result<()> {
    page::build(workspace, tools)?;
    let program = server::build(workspace)?;
    // Where cargo-deb takes it for something that was built.
    let printed = fresh(workspace.target.join("release/package"))?;
    for (name, arguments) in PRINTED {
        let text = proc::captured(Command::new(&program).args(arguments))?;
        let path = printed.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let folder = fresh(workspace.target.join("package"))?;
    let cargo_deb = cargo_deb(workspace)?;
    let arguments = ["--no-build", "--quiet", "--package", "wimpex-server"];
    report::step("packing the .deb", || {
        let mut command = workspace.command(cargo_deb);
        proc::captured(command.args(arguments).arg("--output").arg(&folder)).map(drop)
    })?;
    sums(workspace, &folder)
}

/// The folder, empty.
fn fresh(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// One line for each package, as `sha256sum --check` reads them.
fn sums(workspace: &Workspace, folder: &Path) -> Result<()> {
    let packages = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".deb"));
    let mut command = workspace.command("sha256sum");
    let text = proc::captured(command.args(packages).current_dir(folder))?;
    fs::write(folder.join("SHA256SUMS"), &text)?;
    print!("{text}");
    report::note(&format!("in {}", folder.display()));
    Ok(())
}
