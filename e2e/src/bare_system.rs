//! A Debian with nothing on it but systemd, which runs there (`systemd-nspawn --boot`): the server is
//! installed into it by its host's own words, and runs there by its unit.
//!
//! What stands for the world is a network of our own, and a certificate authority of tests.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::net_lab::{Namespace, PUBLIC_V4};
use crate::process::Process;
use crate::wait::wait_until;

/// What the host has in DNS.
pub const NAME: &str = "call.example.test";
const UNIT: &str = "wimpex-server";

/// A system of its own, running.
pub struct BareSystem {
    manager: Process,
    root: TempDir,
}

impl BareSystem {
    /// A copy of the system that debootstrap has made in `WIMPEX_BARE_ROOT`, started in that network;
    /// `None` where there is none.
    pub async fn boot(namespace: &Namespace) -> Option<Self> {
        let made = env::var_os("WIMPEX_BARE_ROOT")?;
        let root = TempDir::with_prefix("wimpex-e2e-root-").expect("a temporary directory");
        run(Command::new("cp")
            .arg("--archive")
            .arg(Path::new(&made).join("."))
            .arg(root.path()));
        let mut command = Command::new("systemd-nspawn");
        command
            .args(["--boot", "--register=no", "--keep-unit", "--console=pipe"])
            .args(["--resolv-conf=off", "--directory"])
            .arg(root.path())
            .arg(format!(
                "--network-namespace-path=/run/netns/{}",
                namespace.name()
            ));
        // As systems of today have it, whatever this one has: with the older ones a systemd in a container
        // does not wait for those whom it stops.
        command.env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1");
        let manager = Process::start("the bare system", &mut command);
        let system = Self { manager, root };
        let hosts = format!("127.0.0.1 localhost\n{PUBLIC_V4} {NAME}\n");
        fs::write(system.path("/etc/hosts"), hosts).expect("our own root");
        wait_until("systemd", async || {
            let mut asked = system.command("systemctl is-system-running --wait")?;
            let said = asked.output().map_err(|error| error.to_string())?;
            match String::from_utf8_lossy(&said.stdout).trim() {
                "running" | "degraded" => Ok(()),
                state => Err(format!("{state}: {:#?}", system.manager.log_tail(25))),
            }
        })
        .await;
        Some(system)
    }

    /// A line that root types there.
    fn command(&self, line: &str) -> Result<Command, String> {
        let supervisor = self.manager.id();
        let children = format!("/proc/{supervisor}/task/{supervisor}/children");
        let children = fs::read_to_string(children).unwrap_or_default();
        let init = children.split_ascii_whitespace().next();
        let init = init.ok_or_else(|| format!("it is gone: {:#?}", self.manager.log_tail(25)))?;
        let mut command = Command::new("nsenter");
        command
            .args(["--target", init, "--all", "env", "--ignore-environment"])
            .args([
                "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/root",
            ])
            .args(["sh", "-c", &format!("cd && {line}")])
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Types a line there as root; what it prints.
    pub fn types(&self, line: &str) -> String {
        run(&mut self.command(line).unwrap_or_else(|why| panic!("{why}")))
    }

    /// Types a line there as root, and answers what it asks; what it prints.
    pub fn types_and_answers(&self, line: &str, answers: &str) -> String {
        let mut command = self.command(line).unwrap_or_else(|why| panic!("{why}"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("nsenter is there");
        let mut typed = child.stdin.take().expect("it was asked for");
        typed.write_all(answers.as_bytes()).expect("it reads");
        drop(typed);
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{line}: {said}{:#?}", self.log());
        said
    }

    /// A file or folder of it, as seen from here.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.path().join(inside.trim_start_matches('/'))
    }

    /// Puts a file of ours there.
    pub fn receives(&self, file: &Path, inside: &str) {
        fs::copy(file, self.path(inside)).expect("the file can be copied");
    }

    /// A property of the server's unit.
    pub fn unit(&self, property: &str) -> String {
        let said = self.types(&format!(
            "systemctl show --value --property={property} {UNIT}"
        ));
        said.trim().to_owned()
    }

    /// The last lines of the server's log.
    pub fn log(&self) -> Vec<String> {
        let line = format!("journalctl --no-pager --output=cat --lines=25 --unit={UNIT}");
        let said = self.command(&line).and_then(|mut command| {
            let output = command.output().map_err(|error| error.to_string())?;
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        });
        let said = said.unwrap_or_else(|why| why);
        said.lines().map(str::to_owned).collect()
    }
}

impl Drop for BareSystem {
    /// The report of a scene has the log of the server that the harness runs only.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the installed server:");
            for line in self.log() {
                eprintln!("  {line}");
            }
        }
    }
}

/// What a command prints that must succeed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}
