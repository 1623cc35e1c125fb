//! A peer that is no browser: the minimal client with aiortc (e2e/aiortc/minimal.py).

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::process::Process;
use crate::server::repository;

/// Such a peer; it is gone when it is dropped.
pub struct AiortcPeer {
    process: Process,
}

impl AiortcPeer {
    /// The Python that has aiortc, if `WIMPEX_AIORTC` names one: `cargo xtask soak` does.
    pub fn python() -> Option<PathBuf> {
        env::var_os("WIMPEX_AIORTC").map(PathBuf::from)
    }

    /// Logs in and calls this user.
    pub fn calling(python: PathBuf, socket_url: &str, user: &str) -> Self {
        Self::start(python, &[socket_url, "call", user])
    }

    /// Logs in and takes the first call.
    pub fn answering(python: PathBuf, socket_url: &str) -> Self {
        Self::start(python, &[socket_url, "answer"])
    }

    fn start(python: PathBuf, arguments: &[&str]) -> Self {
        let mut command = Command::new(python);
        command
            .arg(repository().join("e2e/aiortc/minimal.py"))
            .args(arguments);
        Self {
            process: Process::start("aiortc", &mut command),
        }
    }

    /// Its id.
    pub fn id(&mut self) -> String {
        self.wait_for("id ")
    }

    /// Waits until its connection stands.
    pub fn is_connected(&mut self) {
        self.wait_for("state connected");
    }

    /// Waits until a picture has arrived.
    pub fn sees(&mut self) {
        self.wait_for("frame ");
    }

    /// Waits until it has closed its connection.
    pub fn is_over(&mut self) {
        self.wait_for("state closed");
    }

    fn wait_for(&mut self, words: &str) -> String {
        let rest = |line: &str| line.strip_prefix(words).map(str::to_owned);
        tokio::task::block_in_place(|| self.process.wait_for_line(rest))
    }
}
