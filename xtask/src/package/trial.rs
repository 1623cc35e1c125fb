//! Whether a program that was built for a processor runs on it: it says which version it is, and serves
//! the page. Where it is another processor than this machine's, qemu stands for that. And whether the
//! packages have in them what hosts look for, at the same places.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::architecture::Architecture;
use crate::proc::{self, Group};
use crate::report;
use crate::tools::{emulator, rpm};
use crate::workspace::Workspace;

/// For an answer: an emulator takes about thirty times as long.
const ANSWER: Duration = Duration::from_secs(60);

/// Starts it and asks for the page. Where there is no emulator, that is said.
pub(super) fn run(workspace: &Workspace, architecture: Architecture, program: &Path) -> Result<()> {
    let command = || {
        if architecture.name == std::env::consts::ARCH {
            return Some(Command::new(program));
        }
        let mut command = Command::new(emulator(architecture.name)?);
        command.arg(program);
        Some(command)
    };
    let (Some(mut version), Some(server)) = (command(), command()) else {
        report::note(&format!("not tried: the program for {}", architecture.name));
        return Ok(());
    };
    let what = format!("trying the program for {}", architecture.name);
    report::step(&what, || {
        proc::captured(version.arg("--version"))?;
        serve(workspace, server)
    })
}

/// What docs/hosting.md and a host's shell rely on.
const CONTENTS: [&str; 10] = [
    "/etc/wimpex/server.toml",
    "/usr/bin/wimpex-server",
    "/usr/lib/systemd/system/wimpex-server.service",
    "/usr/share/bash-completion/completions/wimpex-server",
    "/usr/share/doc/wimpex-server/hosting.md",
    "/usr/share/fish/vendor_completions.d/wimpex-server.fish",
    "/usr/share/man/man1/wimpex-server.1.gz",
    "/usr/share/wimpex-server/grafana-dashboard.json",
    "/usr/share/wimpex-server/prometheus-rules.yml",
    "/_wimpex-server",
];

/// Looks into the `.deb` and the `.rpm` files in `folder`, with the programs that their systems have.
pub(super) fn packages(workspace: &Workspace, folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|it| it.to_str());
        let mut list = match extension {
            Some("deb") => {
                let mut list = workspace.command("dpkg-deb");
                list.arg("--contents");
                list
            }
            Some("rpm") => {
                let Some(rpm) = rpm() else { continue };
                let mut list = workspace.command(rpm);
                list.args(["--query", "--list", "--nosignature", "--package"]);
                list
            }
            _ => continue,
        };
        let list = proc::captured(list.arg(&path))?;
        for file in CONTENTS {
            ensure!(
                list.lines().any(|line| line.ends_with(file)),
                "{} has no {file}",
                path.display()
            );
        }
    }
    Ok(())
}

fn serve(workspace: &Workspace, mut command: Command) -> Result<()> {
    let folder = workspace.state().join("trial");
    fs::create_dir_all(&folder)?;
    command
        .args(["--listen", "127.0.0.1:0", "--state-dir"])
        .arg(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut server = Group::spawn(&mut command)?;
    let said = server.take_stdout().context("its output was asked for")?;
    let mut lines = BufReader::new(said).lines().map_while(Result::ok);
    let address = lines
        .find_map(|line| Some(line.split_once("listening on http://")?.1.to_owned()))
        .context("it does not say where it listens")?;
    for (path, words) in [("/healthz", "ok"), ("/", "<title>")] {
        let answer = get(&address, path)?;
        ensure!(
            answer.starts_with("HTTP/1.1 200") && answer.contains(words),
            "{path} is answered with: {}",
            answer.lines().next().unwrap_or_default()
        );
    }
    drop(server);
    fs::remove_dir_all(&folder).context("what it kept cannot be removed")
}

fn get(address: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
