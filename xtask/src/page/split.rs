//! Splits what is loaded later off the module.
//!
//! Functions that are declared `lazy!` (src/chunk.rs), and all code that only they
//! need, go into a module of their own. That has to be done to what the linker
//! wrote, before wasm-bindgen throws the relocations away; Trunk knows no step
//! there (<https://github.com/trunk-rs/trunk/issues/1022>). So for Trunk a script
//! of the name `wasm-bindgen` stands before the real one: it calls this program,
//! which splits, and then calls the real one for the main part.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::proc;
use crate::tools::Tools;
use crate::workspace::Workspace;

/// Says where wasm-bindgen is.
const BINDGEN: &str = "WIMPEX_BINDGEN";
/// Says where the program is that splits.
const SPLITTER: &str = "WIMPEX_SPLITTER";
/// Says where the parts go.
const PARTS: &str = "WIMPEX_PARTS";
/// The glue between the parts, as the splitter calls it.
pub(super) const LINK: &str = "__wasm_split.js";

/// Where the parts of the last build are.
pub(super) fn parts(workspace: &Workspace) -> PathBuf {
    workspace.state().join("parts")
}

/// Makes Trunk call us in wasm-bindgen's place; returns the directory to put
/// before all others on its PATH.
pub(super) fn stand_in(
    workspace: &Workspace,
    tools: &Tools,
    trunk: &mut Command,
) -> Result<PathBuf> {
    let directory = workspace.state().join("stand-in");
    fs::create_dir_all(&directory)?;
    let script = directory.join("wasm-bindgen");
    let program = std::env::current_exe()?;
    let text = format!(
        "#!/bin/sh\nexec '{}' bindgen -- \"$@\"\n",
        program.display()
    );
    fs::write(&script, text)?;
    make_executable(&script)?;
    trunk
        .env(BINDGEN, &tools.bindgen)
        .env(SPLITTER, &tools.splitter)
        .env(PARTS, parts(workspace));
    Ok(directory)
}

#[cfg(unix)]
fn make_executable(script: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(script, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<()> {
    anyhow::bail!("the page is built on Unix only")
}

/// What the script calls: wasm-bindgen with these arguments, but for the main part.
pub(crate) fn bindgen(arguments: &[String]) -> Result<()> {
    let from = |name| std::env::var_os(name).with_context(|| format!("{name} is not set"));
    let mut bindgen = Command::new(from(BINDGEN)?);
    let module = arguments
        .iter()
        .find(|argument| argument.ends_with(".wasm"));
    let name = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("--out-name="));
    let (Some(module), Some(name)) = (module, name) else {
        // It is asked for its version.
        return proc::check(bindgen.args(arguments));
    };
    let parts = PathBuf::from(from(PARTS)?);
    if parts.is_dir() {
        fs::remove_dir_all(&parts)?;
    }
    fs::create_dir_all(&parts)?;
    proc::check(
        Command::new(from(SPLITTER)?)
            .args(["--target", "web", "--out-name", name])
            .args([Path::new(module), &parts]),
    )?;
    let main = parts.join(format!("{name}.wasm"));
    for argument in arguments {
        if argument == module {
            bindgen.arg(&main);
        } else {
            bindgen.arg(argument);
        }
    }
    proc::check(bindgen.arg("--keep-lld-exports"))?;
    // What is left are the parts that are loaded later.
    fs::remove_file(main)?;
    Ok(())
}
