//! The filter of noise, which is loaded when it is turned on: a module of its own (crates/noise), and the
//! script of the AudioWorklet that runs it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::javascript::without_margins;
use super::profile::{PROFILE, SMALLEST};
use super::sha256::{self, with_hash};
use crate::proc;
use crate::workspace::{WASM_TARGET, Workspace};

/// What the names of its files begin with. The service worker keeps them only once they were asked for.
pub(crate) const NOISE: &str = "noise-suppressor-";

const PACKAGE: &str = "wimpex-noise";
const SCRIPT: &str = "assets/noise-suppressor.js";

/// What is given out, and what the page is told that it is called.
pub(super) struct Files {
    script: (String, String),
    module: (String, Vec<u8>),
}

/// Compiles the module; for speed, since it runs four hundred times a second.
pub(super) fn build(workspace: &Workspace, wasm_opt: &Path, scratch: &Path) -> Result<Files> {
    let mut command = workspace.cargo(["build", "--quiet", "--package", PACKAGE, "--lib"]);
    command.args(["--profile", PROFILE, "--target", WASM_TARGET]);
    proc::check(command.envs(SMALLEST))?;
    let linked = workspace.target.join(WASM_TARGET).join(PROFILE);
    let linked = linked.join("wimpex_noise.wasm");
    let linked = fs::read(&linked).with_context(|| format!("cannot read {}", linked.display()))?;
    let module = optimize(&without_relocations(&linked)?, wasm_opt, scratch)?;
    let script = without_margins(&fs::read_to_string(workspace.root.join(SCRIPT))?);
    let name = |extension: &str, content: &[u8]| {
        let name = format!("noise-suppressor.{extension}");
        with_hash(&name, &sha256::short(&[content]))
    };
    Ok(Files {
        script: (name("js", script.as_bytes()), script),
        module: (name("wasm", &module), module),
    })
}

/// Those of the linker are meant for the splitter, which has nothing to do here.
fn without_relocations(linked: &[u8]) -> Result<Vec<u8>> {
    let mut module = walrus::Module::from_buffer(linked)?;
    let ids: Vec<_> = module.customs.iter().map(|(id, _)| id).collect();
    for id in ids {
        module.customs.delete(id);
    }
    Ok(module.emit_wasm())
}

fn optimize(module: &[u8], wasm_opt: &Path, scratch: &Path) -> Result<Vec<u8>> {
    let (before, after) = (scratch.join("before.wasm"), scratch.join("after.wasm"));
    fs::write(&before, module)?;
    let mut command = Command::new(wasm_opt);
    command.args([
        "-O3",
        "--low-memory-unused",
        "--enable-bulk-memory",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-sign-ext",
    ]);
    command.arg(&before).arg("-o").arg(&after);
    proc::captured(&mut command).context("cannot optimize the filter of noise")?;
    Ok(fs::read(&after)?)
}

impl Files {
    /// What the page reads while it is compiled (src/session/capture_session/noise.rs).
    pub(super) fn variables(&self) -> [(&'static str, &str); 2] {
        [
            ("WIMPEX_NOISE_SCRIPT", &self.script.0),
            ("WIMPEX_NOISE_MODULE", &self.module.0),
        ]
    }

    /// Writes them beside the page.
    pub(super) fn write(&self, dist: &Path) -> Result<()> {
        fs::write(dist.join(&self.script.0), &self.script.1)?;
        fs::write(dist.join(&self.module.0), &self.module.1)?;
        Ok(())
    }
}
