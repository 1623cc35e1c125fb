//! What systemd is told, if it has started this program as `Type=notify` (sd_notify(3)): that
//! it is ready, that it reloads, that it stops; and, for `WatchdogSec=`, that it still answers.
//!
//! Elsewhere all of this does nothing.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};
use tracing::debug;

/// The ports are open, and people can come.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Somebody wants us to stop: from now on no watchdog waits for us.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// From now on that process is the one to look at. This one says so while it still is: then
/// `NotifyAccess=main`, which is the usual, will do.
pub(crate) fn successor(process: u32) {
    tell(&[NotifyState::MainPid(process)]);
}

/// Answers the watchdog with a line for `systemctl status`, for as long as there can be one; a
/// server that hangs is started anew. Never completes.
pub(crate) async fn answer_watchdog(line: impl Fn() -> String) {
    /// So often within the time that systemd waits, so that one late answer is no death.
    const ANSWERS: u32 = 3;
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    let mut due = interval((limit / ANSWERS).max(Duration::from_millis(100)));
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        // Waits for the locks that everything else waits for too.
        let line = line();
        tell(&[NotifyState::Watchdog, NotifyState::Status(&line)]);
    }
}

/// Who is there: a line for [`answer_watchdog`].
pub(crate) fn people(users: usize) -> String {
    match users {
        1 => "1 person is here".to_owned(),
        users => format!("{users} people are here"),
    }
}

/// What is relayed: a line for [`answer_watchdog`].
pub(crate) fn allocations(count: usize) -> String {
    match count {
        1 => "1 allocation is relayed".to_owned(),
        count => format!("{count} allocations are relayed"),
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "cannot tell the system's manager");
    }
}
