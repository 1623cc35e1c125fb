//! `cargo xtask natlab`: calls between homes in networks of our own, at length.

use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::tools::{Tools, Wanted};
use crate::workspace::Workspace;
use crate::{page, proc, server, testing};

/// The beginning of the names of the scenes that need networks.
const SCENES: &str = "natlab::";

/// Those of them that compare what the page measures with what the routers count.
const TRUTH: [&str; 2] = ["router_counted", "sound_goes_first"];

/// Plays every scene of the laboratory, or those with `only` in their names; with `firefox`
/// those of the truth in Firefox too. The figures are the lines that begin with `measured:`.
pub(crate) fn natlab(workspace: &Workspace, only: Option<&str>, firefox: bool) -> Result<ExitCode> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "network namespaces take root; `cargo xtask test` does without"
    );
    let wanted = Wanted {
        chromium: true,
        firefox,
        coturn: true,
        networks: true,
        ..Wanted::default()
    };
    let tools = Tools::ensure(workspace, wanted)?;
    page::build(workspace, &tools)?;
    let binary = server::build(workspace)?;
    let play = |scenes: &str, browser: Option<&str>| {
        let test = ["test", "--package", "wimpex-e2e", "--test", "calls", "--"];
        let mut command = workspace.cargo(test);
        command.args([scenes, "--test-threads=1"]);
        testing::tell_browsers(&mut command, &tools, &binary);
        if let Some(browser) = browser {
            command.env("WIMPEX_E2E_BROWSER", browser);
        }
        proc::check(command.env("WIMPEX_SOAK", "1"))
    };
    play(only.unwrap_or(SCENES), None)?;
    if firefox {
        for scenes in TRUTH {
            play(scenes, Some("firefox"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
