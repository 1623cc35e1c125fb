//! `cargo xtask bench`: size, cost of the relay, and time to the first frame
//! beside a bare page, in one run.

use std::process::ExitCode;

use anyhow::Result;

use crate::tools::{Tools, Wanted};
use crate::workspace::Workspace;
use crate::{proc, report, server, size, testing};

/// Prints the three comparisons; fails when one of them could not be made.
pub(crate) fn bench(workspace: &Workspace) -> Result<ExitCode> {
    let wanted = Wanted {
        chromium: true,
        ..Wanted::default()
    };
    let tools = Tools::ensure(workspace, wanted)?;
    let mut code = ExitCode::SUCCESS;
    let mut note = |result: Result<()>| {
        if let Err(error) = result {
            report::error(&error);
            code = ExitCode::FAILURE;
        }
    };

    note(size::size(workspace, &tools));
    let binary = server::build(workspace)?;
    note(report::step("measuring the relay", || {
        proc::check(&mut workspace.cargo([
            "run",
            "--quiet",
            "--release",
            "--package",
            "wimpex-server",
            "--example",
            "relay_bench",
        ]))
    }));
    note(report::step(
        "measuring from Accept to the first frame",
        || {
            let mut command = workspace.cargo([
                "run",
                "--quiet",
                "--release",
                "--package",
                "wimpex-e2e",
                "--bin",
                "bench",
            ]);
            testing::tell_browsers(&mut command, &tools, &binary);
            proc::check(&mut command)
        },
    ));
    Ok(code)
}
