//! One network namespace: a machine with a network stack of its own, and nothing else.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rustix::process::{Pid, test_kill_process};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

const DIRECTORY: &str = "/run/netns";
const PREFIX: &str = "wimpex-";

/// A namespace that is deleted when it is dropped.
pub struct Namespace(String);

impl Namespace {
    /// An empty one, with a loopback interface that is up.
    pub(super) fn new(what: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}-{what}", std::process::id());
        run(Command::new("ip").args(["netns", "add", &name]));
        let made = Self(name);
        made.ip("link set lo up");
        // Nobody else is there whose address it could be. Asked first, the answer comes
        // a second later, as a change of the network under a page that just loads.
        made.set("net/ipv6/conf/default/accept_dad", "0");
        made.set("net/ipv6/conf/default/dad_transmits", "0");
        made
    }

    /// Its name, as `ip netns` knows it.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// `ip` inside of it; the words are separated by spaces.
    pub(super) fn ip(&self, words: &str) {
        let command = words.split_ascii_whitespace();
        run(Command::new("ip").args(["-n", &self.0]).args(command));
    }

    /// Sets a kernel parameter, such as `net/ipv4/ip_forward`.
    pub(super) fn set(&self, parameter: &str, value: &str) {
        let path = Path::new("/proc/sys").join(parameter);
        let value = value.to_owned();
        let done = enter(&self.0, move || fs::write(path, value));
        done.flatten()
            .unwrap_or_else(|error| panic!("{parameter} in {}: {error}", self.0));
    }

    /// What nftables says to that.
    pub(super) fn nft_says(&self, words: &str) -> String {
        let output = command_in(Some(&self.0), "nft")
            .args(words.split(' '))
            .output()
            .expect("nft starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Loads rules for nftables.
    pub(super) fn nft(&self, rules: &str) {
        let mut child = command_in(Some(&self.0), "nft")
            .args(["-f", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("nft starts");
        let mut input = child.stdin.take().expect("it was asked for");
        input.write_all(rules.as_bytes()).expect("nft reads");
        drop(input);
        let done = child.wait().expect("nft ends");
        assert!(done.success(), "nft refuses, in {}:\n{rules}", self.0);
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // What still runs inside keeps it alive, nameless, until it ends.
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

/// The command that starts a program, in a namespace or here.
pub(crate) fn command_in(namespace: Option<&str>, program: impl AsRef<Path>) -> Command {
    match namespace {
        None => Command::new(program.as_ref()),
        Some(name) => {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", name]).arg(program.as_ref());
            command
        }
    }
}

/// Runs something on a thread inside of a namespace: what it opens stays there.
pub(crate) fn enter<T: Send + 'static>(
    namespace: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let file = File::open(PathBuf::from(DIRECTORY).join(namespace))?;
    let thread = thread::spawn(move || {
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?;
        Ok(run())
    });
    thread.join().map_err(|_| io::Error::other("it panicked"))?
}

/// Deletes what runs that were killed have left behind.
pub(super) fn sweep() {
    for entry in fs::read_dir(DIRECTORY).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix(PREFIX)
            .and_then(|rest| Pid::from_raw(rest.split('-').next()?.parse().ok()?));
        if owner.is_some_and(|pid| test_kill_process(pid).is_err()) {
            drop(Namespace(name));
        }
    }
}

fn run(command: &mut Command) {
    let done = command.output().expect("iproute2 is installed");
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}
