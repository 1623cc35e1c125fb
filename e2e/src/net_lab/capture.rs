//! What really leaves a machine: a packet capture.

use crate::process::Process;

use super::Namespace;
use super::command_in;

/// A capture that runs until it is dropped.
pub struct Capture {
    process: Process,
}

impl Capture {
    /// Of the packets that leave this machine, those that match an expression of
    /// tcpdump's.
    pub fn start(machine: &Namespace, expression: &str) -> Self {
        let mut command = command_in(Some(machine.name()), "tcpdump");
        command
            .args([
                "--immediate-mode",
                "-l",
                "-n",
                "-q",
                "-i",
                "any",
                "-Q",
                "out",
            ])
            .arg(expression);
        let mut process = Process::start("tcpdump", &mut command);
        process.wait_for_line(|line| line.contains("listening on").then_some(()));
        Self { process }
    }

    /// How many packets it has seen; of many, of the last thousands only.
    pub fn packets(&self) -> usize {
        self.process.count_lines(is_packet)
    }

    /// The packets themselves, in words.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.process.log_tail(usize::MAX);
        lines.retain(|line| is_packet(line));
        lines
    }
}

/// Lines of packets begin with the time.
fn is_packet(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(" IP")
}
