//! `cargo xtask ci`: everything that a change must pass.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::tools::{Tools, Wanted, ensure_components};
use crate::workspace::{WASM_TARGET, Workspace};
use crate::{proc, report, size, testing, tidy};

/// Runs the checks, all of them even when one fails, then the tests.
pub(crate) fn ci(workspace: &Workspace, with_tests: bool) -> Result<ExitCode> {
    let tools = Tools::ensure(workspace, Wanted::default())?;
    ensure_components(workspace)?;
    let checks = [
        report::step("formatting", || {
            proc::check(&mut workspace.cargo(["fmt", "--all", "--check"]))
                .context("`cargo fmt --all` mends it")
        }),
        report::step("tidy (half a minute at first)", || tidy::tidy(workspace)),
        // The client is code for the browser: it is checked for its own target.
        report::step("clippy, native (about 2 minutes at first)", || {
            clippy(
                workspace,
                &["--workspace", "--exclude", "wimpex", "--all-targets"],
            )
        }),
        report::step("clippy, for the browser (about 2 minutes at first)", || {
            clippy(
                workspace,
                &[
                    "--package",
                    "wimpex",
                    "--all-targets",
                    "--target",
                    WASM_TARGET,
                ],
            )
        }),
        report::step("the page as Trunk builds it (a minute at first)", || {
            proc::check(&mut workspace.cargo([
                "check",
                "--target",
                WASM_TARGET,
                "--bin",
                "wimpex-page",
            ]))
        }),
        report::step("size of the page", || size::size(workspace, &tools)),
    ];
    let mut code = ExitCode::SUCCESS;
    for error in checks.iter().filter_map(|check| check.as_ref().err()) {
        report::error(error);
        code = ExitCode::FAILURE;
    }
    if with_tests {
        let tests = testing::test(workspace, None, &[])?;
        if tests != ExitCode::SUCCESS {
            code = tests;
        }
    }
    Ok(code)
}

fn clippy(workspace: &Workspace, what: &[&str]) -> Result<()> {
    let arguments = [&["clippy"], what, &["--", "-D", "warnings"]].concat();
    proc::check(&mut workspace.cargo(arguments))
}
