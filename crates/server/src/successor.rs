//! SIGUSR2: starts the program anew, as it is on the disk by now, to take this process's place.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, io, process};

use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info, warn};

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

fn start(program: &Path, arguments: &[OsString]) {
    if process::id() == 1 {
        // A container ends with its first process.
        return error!(
            "the first process of a container cannot be replaced; restart the container"
        );
    }
    info!(program = %program.display(), "starting the program that is to take this one's place");
    let started = Command::new(program)
        .args(arguments)
        .env("WIMPEX_TAKE_OVER", "true")
        // What systemd has opened comes from this process.
        .env_remove("LISTEN_FDS")
        .env_remove("LISTEN_PID")
        // The watchdog waits for whoever is the main process, which is that one soon.
        .env_remove("WATCHDOG_PID")
        .spawn();
    match started {
        Ok(mut child) => {
            tokio::spawn(async move {
                // If it has taken this one's place, nobody waits for it here any more.
                match child.wait().await {
                    Ok(status) => warn!(%status, "the new program has ended; this one goes on"),
                    Err(error) => warn!(%error, "cannot tell what became of the new program"),
                }
            });
        }
        Err(error) => error!(%error, "cannot start the new program; this one goes on"),
    }
}
