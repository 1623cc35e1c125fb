//! `cargo xtask fuzz`: the fuzz targets, on the nightly toolchain.

use std::process::ExitCode;

use anyhow::Result;

use crate::tools::{cargo_fuzz, ensure_nightly};
use crate::workspace::Workspace;
use crate::{proc, report};

/// Runs each target for so long, beginning with the corpus of the repository.
/// What is found new goes into the target directory.
pub(crate) fn fuzz(workspace: &Workspace, seconds: u32) -> Result<ExitCode> {
    ensure_nightly(workspace)?;
    let program = cargo_fuzz(workspace)?;
    for target in ["frames", "machine", "direct", "files"] {
        let found = workspace.state().join("fuzz").join(target);
        std::fs::create_dir_all(&found)?;
        let mut command = workspace.command(&program);
        command
            // cargo-fuzz calls cargo; rust-toolchain.toml would decide otherwise.
            .env("RUSTUP_TOOLCHAIN", "nightly")
            .env("CARGO_TARGET_DIR", workspace.target.join("fuzz"))
            .args(["fuzz", "run", "--fuzz-dir", "fuzz", target])
            .arg(found)
            .arg(format!("fuzz/corpus/{target}"))
            .arg("--")
            .arg(format!("-max_total_time={seconds}"))
            .args(["-max_len=4096", "-print_final_stats=1"]);
        let what = format!("fuzzing {target} for {seconds} s");
        report::step(&what, || proc::check(&mut command))?;
    }
    Ok(ExitCode::SUCCESS)
}
