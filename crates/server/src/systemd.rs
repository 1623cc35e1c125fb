//! What systemd is told, if it has started this program as `Type=notify` (sd_notify(3)): that
//! it is ready, that it reloads, that it stops; and, for `WatchdogSec=`, that it still answers.
//!
//! Elsewhere all of this does nothing.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};
use tracing::debug;

use crate::Handle;

/// The ports are open, and people can come.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// A short line for `systemctl status`.
pub fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// Somebody wants us to stop: from now on no watchdog waits for us.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Answers the watchdog for as long as the registry can be asked something; a server that hangs is
/// started anew. Never completes.
pub async fn answer_watchdog(handle: Handle) {
    /// So often within the time that systemd waits, so that one late answer is no death.
    const ANSWERS: u32 = 3;
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    let mut due = interval((limit / ANSWERS).max(Duration::from_millis(100)));
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        // Waits for the lock that everything else waits for too.
        let users = handle.counts().users;
        let text = match users {
            1 => "1 person is here".to_owned(),
            users => format!("{users} people are here"),
        };
        tell(&[NotifyState::Watchdog, NotifyState::Status(&text)]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "cannot tell the system's manager");
    }
}
