//! `cargo xtask bench`: size, cost of what the server passes on, alone and beside a bare server and
//! Node, of the filter of noise, of TURN beside coturn, time to the first frame and speed of a file
//! beside a bare page, in one run.

use std::process::ExitCode;

use anyhow::Result;

use crate::tools::{Tools, Wanted};
use crate::workspace::Workspace;
use crate::{proc, report, server, size, testing};

/// Prints the comparisons; fails when one of them could not be made, or the signaling or TURN takes
/// more of another's CPU time than it may.
pub(crate) fn bench(workspace: &Workspace) -> Result<ExitCode> {
    let wanted = Wanted {
        chromium: true,
        coturn: true,
        node_ws: true,
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
    note(report::step("measuring the signaling", || {
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
    note(report::step("measuring the filter of noise", || {
        proc::check(&mut workspace.cargo([
            "run",
            "--quiet",
            "--release",
            "--package",
            "wimpex-noise",
            "--example",
            "noise_bench",
        ]))
    }));
    note(report::step(
        "measuring the signaling beside a bare server and Node",
        || {
            let mut command = workspace.cargo([
                "run",
                "--quiet",
                "--release",
                "--package",
                "wimpex-server",
                "--example",
                "signaling_compare",
            ]);
            if let Some(folder) = &tools.node_ws {
                command.env("NODE_WS", folder);
            }
            proc::check(&mut command)
        },
    ));
    note(report::step("measuring TURN beside coturn", || {
        proc::check(&mut workspace.cargo([
            "run",
            "--quiet",
            "--release",
            "--package",
            "wimpex-relay",
            "--example",
            "relay_compare",
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
    note(report::step("measuring a file beside a bare page", || {
        let scene = "a_file_keeps_up_with_a_bare_page";
        let mut command = workspace.cargo(["test", "--package", "wimpex-e2e", "--", scene]);
        testing::tell_browsers(&mut command, &tools, &binary);
        proc::check(command.env("WIMPEX_SOAK_COMPARED_MEBIBYTES", "512"))
    }));
    Ok(code)
}
