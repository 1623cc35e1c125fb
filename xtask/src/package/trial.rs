//! Whether a program that was built for a processor runs on it: it says which version it is, and serves
//! the page. Where it is another processor than this machine's, qemu stands for that.

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
use crate::tools::emulator;
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
