//! `cargo xtask dev`: the server, and Trunk with live reload in front of it.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::proc::{self, Group};
use crate::report;
use crate::tools::ensure_trunk;
use crate::workspace::Workspace;

/// Where Trunk.toml has `/ws` forwarded to.
const SERVER: &str = "127.0.0.1:8080";
/// Pages that Trunk serves may log in (`addresses` and `port` there): a page signs its login for its
/// own origin, which is not the server's then.
pub(crate) const FROM_TRUNK: [&str; 4] = [
    "--allow-origin",
    "http://127.0.0.1:8081",
    "--allow-origin",
    "http://localhost:8081",
];
const POLL: Duration = Duration::from_millis(200);

/// Runs both until one of them ends or a signal ends xtask.
pub(crate) fn dev(workspace: &Workspace, flags: &[String]) -> Result<ExitCode> {
    let path = ensure_trunk(workspace)?;
    // Trunk is told to stay offline, and tells cargo the same.
    report::step("fetching the crates (about a minute, once)", || {
        proc::check(&mut workspace.cargo(["fetch"]))
    })?;
    report::step(
        "building the server (about a minute at first, then seconds)",
        || proc::check(&mut workspace.cargo(["build", "--quiet", "--package", "wimpex-server"])),
    )?;

    let binary = workspace.target.join("debug").join("wimpex-server");
    let mut command = workspace.command(binary);
    command.args(["--listen", SERVER]);
    command.args(FROM_TRUNK).args(flags);
    let mut server = Group::spawn(&mut command)?;

    report::note("the page is served on http://127.0.0.1:8081 once it is built; Ctrl-C ends all");
    let mut command = workspace.command("trunk");
    command
        .env("PATH", path)
        // Trunk takes it for a flag with the values true and false, and
        // refuses the usual NO_COLOR=1.
        .env_remove("NO_COLOR")
        .args(["serve", "--offline", "--dist"])
        // The release page stays what it is.
        .arg(workspace.state().join("dev-page"));
    std::fs::create_dir_all(workspace.state())?;
    let mut trunk = Group::spawn(&mut command)?;

    loop {
        if let Some(status) = server.try_wait()? {
            bail!("the server has ended ({status}); Trunk was ended too");
        }
        if let Some(status) = trunk.try_wait()? {
            bail!("Trunk has ended ({status}); the server was ended too");
        }
        thread::sleep(POLL);
    }
}
