//! A child process whose output is kept, and that never outlives its owner.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const START: Duration = Duration::from_secs(30);
const LINES_KEPT: usize = 4000;

/// A running child. Dropping it kills it and all its descendants.
pub(crate) struct Process {
    name: String,
    child: Child,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    grown: Condvar,
}

impl Process {
    /// Starts `command` with its output captured.
    pub(crate) fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name} ({command:?}): {error}"));
        let log = Arc::new(Log::default());
        if let Some(out) = child.stdout.take() {
            log.follow(out);
        }
        if let Some(err) = child.stderr.take() {
            log.follow(err);
        }
        Self {
            name: name.to_owned(),
            child,
            log,
        }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line in which `find` finds something.
    pub(crate) fn wait_for_line<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        let start = Instant::now();
        let mut lines = self
            .log
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = lines.iter().find_map(|line| find(line)) {
                return found;
            }
            let gone = matches!(self.child.try_wait(), Ok(Some(_)));
            if gone || start.elapsed() > START {
                let state = if gone { "ended" } else { "is silent" };
                panic!("{} {state} before it was ready: {:#?}", self.name, &*lines);
            }
            lines = self
                .log
                .grown
                .wait_timeout(lines, Duration::from_millis(100))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// How many of its lines are such; of a long output, of the last ones only.
    pub(crate) fn count_lines(&self, is_such: impl Fn(&str) -> bool) -> usize {
        let lines = self
            .log
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        lines.iter().filter(|line| is_such(line)).count()
    }

    /// Processor time that it has taken so far, in seconds: fields 14 and 15 of
    /// `/proc/PID/stat`, in hundredths.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_default();
        let (_, after_name) = stat.rsplit_once(')').unwrap_or_default();
        let ticks = after_name.split_whitespace().skip(11).take(2);
        ticks.filter_map(|n| n.parse::<f64>().ok()).sum::<f64>() / 100.0
    }

    /// Bytes of memory that it and everything it started hold, each shared page counted in parts
    /// (`Pss` of `/proc/PID/smaps_rollup`): pages of files that are cached are not among them.
    pub(crate) fn memory(&self) -> u64 {
        let all = i32::try_from(self.child.id()).map_or(Vec::new(), descendants);
        let of = |pid: Pid| {
            let path = format!("/proc/{}/smaps_rollup", pid.as_raw_nonzero());
            // One may end meanwhile.
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
            let kilobytes =
                line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            kilobytes.unwrap_or_default() * 1024
        };
        all.into_iter().map(of).sum()
    }

    /// The last lines of its output.
    pub(crate) fn log_tail(&self, count: usize) -> Vec<String> {
        let lines = self
            .log
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        lines[lines.len().saturating_sub(count)..].to_vec()
    }

    /// Stops everything that it started (SIGSTOP), or lets it go on (SIGCONT).
    pub(crate) fn set_stopped(&self, is_stopped: bool) {
        let signal = if is_stopped {
            Signal::STOP
        } else {
            Signal::CONT
        };
        for pid in i32::try_from(self.child.id()).map_or(Vec::new(), descendants) {
            // Already gone is as good.
            let _ = kill_process(pid, signal);
        }
    }

    /// Kills it (SIGKILL) with everything that it started, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        let Ok(root) = i32::try_from(self.child.id()) else {
            return;
        };
        if matches!(self.child.try_wait(), Ok(None)) {
            for pid in descendants(root) {
                // Already gone is as good.
                let _ = kill_process(pid, Signal::KILL);
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Log {
    fn follow(self: &Arc<Self>, stream: impl Read + Send + 'static) {
        let log = Arc::clone(self);
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let mut lines = log.lines.lock().unwrap_or_else(PoisonError::into_inner);
                if lines.len() >= LINES_KEPT {
                    lines.drain(..LINES_KEPT / 2);
                }
                lines.push(line);
                log.grown.notify_all();
            }
        });
    }
}

/// All processes below `root` by their parents in `/proc`, nearest first.
fn descendants(root: i32) -> Vec<Pid> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        if let Some(parent) = parent_of(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let below = children.remove(&found[next]).unwrap_or_default();
        found.extend(below);
        next += 1;
    }
    found[1..]
        .iter()
        .filter_map(|pid| Pid::from_raw(*pid))
        .collect()
}

/// Field 4 of `/proc/PID/stat`, counted after the name, which may hold anything.
fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}
