//! SIGUSR2: starts the program anew, as it is on the disk by now, to take this process's place.
//!
//! What is started starts itself once more and ends, so that the process that stays is a child of the
//! system's manager: when it is to stop, systemd waits for its own children, and kills others at once
//! (`main_pid_alien` in its service.c).

use std::ffi::OsString;
use std::io::pipe;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, io, process, thread};

use rustix::process::getppid;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info, warn};

/// Empty for the process in between; for the one that it starts, who that was. Those that begin with
/// `WIMPEX_` are settings.
const BETWEEN: &str = "BETWEEN_WIMPEX_SERVERS";

/// Starts it at every such signal.
///
/// # Errors
/// If signals cannot be waited for.
pub(crate) fn on_signal() -> io::Result<()> {
    let mut signals = signal(SignalKind::user_defined2())?;
    // Before the file can be replaced: then the system names what is gone. Without /proc it is what was
    // typed; that is no reason not to serve.
    let typed = || env::args_os().next().unwrap_or_default().into();
    let program: PathBuf = env::current_exe().unwrap_or_else(|_| typed());
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    tokio::spawn(async move {
        while signals.recv().await.is_some() {
            start(&program, &arguments);
        }
    });
    Ok(())
}

/// What a process in between has to do, and how it ended; `None` for any other, which is nobody's child
/// but the manager's when this returns.
pub(crate) fn pass_on() -> Option<ExitCode> {
    let between = env::var(BETWEEN).ok()?;
    if let Ok(parent) = between.parse::<i32>() {
        while getppid().is_some_and(|process| process.as_raw_nonzero().get() == parent) {
            thread::sleep(Duration::from_millis(1));
        }
        return None;
    }
    let started = env::current_exe().and_then(|program| {
        process::Command::new(program)
            .args(env::args_os().skip(1))
            .env(BETWEEN, process::id().to_string())
            .spawn()
    });
    Some(match started {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot start the new program: {error}");
            ExitCode::FAILURE
        }
    })
}

fn start(program: &Path, arguments: &[OsString]) {
    if process::id() == 1 {
        // A container ends with its first process.
        return error!(
            "the first process of a container cannot be replaced; restart the container"
        );
    }
    info!(program = %program.display(), "starting the program that is to take this one's place");
    match spawn(program, arguments) {
        Ok((mut between, mut lives)) => {
            tokio::spawn(async move {
                // It tells by itself what is wrong.
                let _ = between.wait().await;
                // Nobody writes: this is its end. If it has taken this one's place, nobody waits for it
                // here any more.
                let _ = lives.read_u8().await;
                warn!("the new program has ended; this one goes on");
            });
        }
        Err(error) => error!(%error, "cannot start the new program; this one goes on"),
    }
}

/// The process in between, and a pipe that is open for as long as that or the next one lives.
fn spawn(program: &Path, arguments: &[OsString]) -> io::Result<(Child, Receiver)> {
    let (lives, held) = pipe()?;
    let between = Command::new(program)
        .args(arguments)
        .env("WIMPEX_TAKE_OVER", "true")
        .env(BETWEEN, "")
        // What systemd has opened comes from this process.
        .env_remove("LISTEN_FDS")
        .env_remove("LISTEN_PID")
        // The watchdog waits for whoever is the main process, which is that one soon.
        .env_remove("WATCHDOG_PID")
        .stdin(held)
        .spawn()?;
    Ok((between, Receiver::from_owned_fd(OwnedFd::from(lives))?))
}
