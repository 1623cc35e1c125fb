//! Child processes. Each is the leader of a process group of its own, so that
//! a whole tree (cargo, its tests, their browsers) ends together: when its
//! owner drops it, and when xtask itself gets a signal.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long a process group has to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How long output may still come from descendants of an ended child.
const LATE_OUTPUT: Duration = Duration::from_secs(2);

static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Which stream a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// From now on Ctrl-C and SIGTERM end xtask's children before xtask.
pub(crate) fn end_children_on_signals() -> Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // The lock is kept until exit, so that no new child slips through.
            let groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
            end_groups(&groups);
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// A child and all its descendants; dropped, they end.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    id: Pid,
}

impl Group {
    /// Starts a command as leader of a new process group, with no stdin.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        command.process_group(0).stdin(Stdio::null());
        let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", name(command)))?;
        let id = Pid::from_child(&child);
        groups.push(id);
        Ok(Self { child, id })
    }

    /// Its exit status, if the leader has ended.
    pub(crate) fn try_wait(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// What it says, for who has asked for a pipe.
    pub(crate) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    fn wait(mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        end_groups(&[self.id]);
        // Reaps it; what it returned no longer matters.
        let _ = self.child.wait();
        GROUPS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|id| *id != self.id);
    }
}

/// Runs a command to its end with our output; fails if it does.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let status = Group::spawn(command)?.wait()?;
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Runs a command to its end and returns its stdout; if it fails, the error
/// carries the end of its output.
pub(crate) fn captured(command: &mut Command) -> Result<String> {
    let mut out = String::new();
    let mut all = Vec::new();
    let status = lines(command, |stream, line| {
        if stream == Stream::Out {
            out.push_str(line);
            out.push('\n');
        }
        all.push(line.to_owned());
    })?;
    if !status.success() {
        let tail = all[all.len().saturating_sub(20)..].join("\n    ");
        bail!("{} failed ({status}):\n    {tail}", name(command));
    }
    Ok(out)
}

/// Runs a command to its end and hands over its output line by line.
pub(crate) fn lines(
    command: &mut Command,
    mut on_line: impl FnMut(Stream, &str),
) -> Result<ExitStatus> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = Group::spawn(command)?;
    let (sender, receiver) = channel();
    if let Some(out) = group.child.stdout.take() {
        forward(out, Stream::Out, sender.clone());
    }
    if let Some(err) = group.child.stderr.take() {
        forward(err, Stream::Err, sender);
    }
    loop {
        match receiver.recv_timeout(LATE_OUTPUT) {
            Ok((stream, line)) => on_line(stream, &line),
            Err(RecvTimeoutError::Disconnected) => break,
            // A descendant that outlives the child keeps the pipe open; its
            // silence must not be waited for.
            Err(RecvTimeoutError::Timeout) => {
                if group.try_wait()?.is_some() {
                    break;
                }
            }
        }
    }
    group.wait()
}

/// Whether a command can be run and succeeds; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn forward(from: impl Read + Send + 'static, stream: Stream, to: Sender<(Stream, String)>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line);
            if to.send((stream, text.trim_end().to_owned())).is_err() {
                return;
            }
            line.clear();
        }
    });
}

fn end_groups(groups: &[Pid]) {
    // An error means that nobody is left in the group.
    let mut left: Vec<Pid> = groups
        .iter()
        .copied()
        .filter(|id| kill_process_group(*id, Signal::TERM).is_ok())
        .collect();
    let deadline = Instant::now() + GRACE;
    while !left.is_empty() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
        left.retain(|id| is_running(*id));
    }
    for id in left {
        let _ = kill_process_group(id, Signal::KILL);
    }
}

/// Whether a group has a member that has not ended yet. An ended leader that
/// nobody has waited for still counts for kill(2), so /proc is asked.
fn is_running(group: Pid) -> bool {
    if test_kill_process_group(group).is_err() {
        return false;
    }
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return true;
    };
    processes.flatten().any(|process| {
        std::fs::read_to_string(process.path().join("stat"))
            .is_ok_and(|stat| is_live_member(&stat, group))
    })
}

/// `PID (NAME) STATE PARENT GROUP …`, where NAME may contain anything.
fn is_live_member(stat: &str, group: Pid) -> bool {
    let Some((_, rest)) = stat.rsplit_once(')') else {
        return false;
    };
    let mut fields = rest.split_whitespace();
    let state = fields.next();
    let of = fields.nth(1).and_then(|field| field.parse().ok());
    of == Some(group.as_raw_nonzero().get()) && !matches!(state, Some("Z" | "X"))
}

fn name(command: &Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    command.get_args().take(3).fold(program, |all, argument| {
        all + " " + &argument.to_string_lossy()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn lines_come_from_both_streams() {
        let mut seen = Vec::new();
        let status = lines(&mut sh("echo a; echo b >&2; exit 3"), |stream, line| {
            seen.push((stream, line.to_owned()));
        })
        .unwrap();
        seen.sort_by_key(|(_, line)| line.clone());
        assert_eq!(
            seen,
            [(Stream::Out, "a".to_owned()), (Stream::Err, "b".to_owned())]
        );
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn a_descendant_that_keeps_the_pipe_open_is_not_waited_for() {
        let start = Instant::now();
        let status = lines(&mut sh("sleep 600 & echo started"), |_, _| {}).unwrap();
        assert!(status.success());
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_dropped_group_takes_its_descendants_along() {
        let mut command = sh("sleep 600 & echo $!; wait");
        command.stdout(Stdio::piped());
        let mut group = Group::spawn(&mut command).unwrap();
        let mut first = String::new();
        BufReader::new(group.child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        let stat = format!("/proc/{}/stat", first.trim());
        assert!(std::fs::exists(&stat).unwrap());
        let id = group.id;
        drop(group);
        assert!(!is_running(id));
    }

    #[test]
    fn a_failed_command_shows_the_end_of_its_output() {
        let error = captured(&mut sh("echo why >&2; false")).unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
    }

    #[test]
    fn ended_processes_and_strange_names_are_told_apart() {
        let group = Pid::from_raw(7).unwrap();
        assert!(is_live_member("9 (a) b) S 1 7 7 0", group));
        assert!(!is_live_member("9 (a) Z 1 7 7 0", group));
        assert!(!is_live_member("9 (a) S 7 8 7 0", group));
        assert!(!is_live_member("", group));
    }
}
