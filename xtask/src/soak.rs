//! `cargo xtask soak`: what takes too long for the tests, run on demand.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::tools::{self, Tools, Wanted};
use crate::workspace::Workspace;
use crate::{first_call, model, package, page, proc, report, reproduce, server, stress, testing};

/// The scenes that are played at length.
const SCENES: &[&str] = &[
    "the_server_is_killed_again_and_again",
    "mutual_calls_are_one_call_each_time",
    "many_calls_leave_nothing_behind",
    "the_sign_of_an_undisturbed_call_is_good",
    "a_long_call_grows_nothing",
    "a_long_recording_grows_nothing",
    "a_large_file_takes_no_memory",
    "many_lines_arrive_once_and_in_order",
    "a_screen_of_text_is_readable_at_300_kilobits",
    "an_offer_that_was_changed_does_not_ring",
    "an_answer_that_was_changed_ends_the_call",
    "a_confirmation_with_another_nonce_ends_the_call",
    "aiortc",
];
/// Random stories: of calls, and of whole clients.
const STORIES: &str = "100000";

/// Runs every part, one after the other, and says at the end whether all held.
/// The figures are the lines that begin with `measured:`.
pub(crate) fn soak(workspace: &Workspace) -> Result<ExitCode> {
    let wanted = Wanted {
        chromium: true,
        aiortc: true,
        hosting: true,
        networks: true,
        packages: true,
        ..Wanted::default()
    };
    let tools = Tools::ensure(workspace, wanted)?;
    page::build(workspace, &tools)?;
    let binary = server::build(workspace)?;
    let mut code = ExitCode::SUCCESS;
    let mut run = |what: &str, command: &mut Command| {
        if let Err(error) = report::step(what, || proc::check(command)) {
            report::error(&error);
            code = ExitCode::FAILURE;
        }
    };
    run(
        "a hundred thousand random stories of calls",
        workspace
            .cargo(["test", "--release", "--package", "wimpex-call"])
            .args(["--test", "random"])
            .env("WIMPEX_CASES", STORIES),
    );
    run(
        "a hundred thousand random stories of whole clients",
        workspace
            .cargo(["test", "--release", "--package", "wimpex-client"])
            .args(["--test", "stories"])
            .env("WIMPEX_STORIES", STORIES),
    );
    run(
        "two hundred clients through ten restarts of the server",
        workspace
            .cargo(["test", "--package", "wimpex-server", "--test", "server"])
            .arg("restarts_lose_and_repeat_nothing")
            .env("WIMPEX_SOAK", "1"),
    );
    run(
        "two thousand clients while three nodes are replaced",
        workspace
            .cargo(["test", "--release", "--package", "wimpex-server"])
            .args(["--test", "server", "a_rolling_restart", "--", "--nocapture"])
            .env("WIMPEX_SOAK", "1"),
    );
    run(
        "the server under attack, in release",
        &mut stress::command(workspace, stress::SECONDS),
    );
    match tools::wstest() {
        Some(program) => run(
            "every case of Autobahn's test suite",
            workspace
                .cargo(["test", "--release", "--package", "wimpex-server", "--lib"])
                .args(["autobahn", "--", "--ignored", "--nocapture"])
                .env("WIMPEX_WSTEST", program),
        ),
        None => report::note(
            "without wstest on PATH (pip install autobahntestsuite, for Python 2.7) Autobahn's cases are not played",
        ),
    }
    let packages = package::package(workspace, &tools, false)?;
    let mut command = first_call::scenes(workspace, &packages)?;
    testing::tell_browsers(&mut command, &tools, &binary);
    run("what a host types, on a bare system", &mut command);
    for scene in SCENES {
        let mut command = workspace.cargo(["test", "--package", "wimpex-e2e", "--", scene]);
        testing::tell_browsers(&mut command, &tools, &binary);
        run(scene, command.env("WIMPEX_SOAK", "1"));
    }
    if model::model(workspace, &[])? != ExitCode::SUCCESS {
        code = ExitCode::FAILURE;
    }
    if reproduce::reproduce(workspace, &tools)? != ExitCode::SUCCESS {
        code = ExitCode::FAILURE;
    }
    Ok(code)
}
