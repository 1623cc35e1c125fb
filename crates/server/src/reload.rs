//! Reading the configuration again while the server runs, on SIGHUP or `admin reload`: what can count
//! from now on does, and of everything else that has changed it is said that it needs a restart.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::{error, info, warn};

use crate::config::{Config, Given, Values};

/// What counts without a restart. The rest is in what is already open, or was told to clients.
pub const RELOADED: [&str; 9] = [
    "access",
    "access-file",
    "frame-ancestor",
    "guests",
    "page-dir",
    "site-colour",
    "site-link",
    "site-name",
    "site-notice",
];
/// Those of them that visitors see.
const SHOWN: [&str; 6] = [
    "frame-ancestor",
    "page-dir",
    "site-colour",
    "site-link",
    "site-name",
    "site-notice",
];

/// What came of it. Certificates and the list of people are read again in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// The settings that had changed and count now.
    pub changed: Vec<String>,
    /// Those that have changed since the server was started, and count after the next start.
    pub restart_needed: Vec<String>,
}

/// The values that count at this moment.
pub(crate) struct Current(Mutex<Values>);

impl Current {
    pub(crate) fn new(given: &Given<Config>) -> Self {
        Self(Mutex::new(given.values().clone()))
    }

    /// What is another value now.
    pub(crate) fn changes(&self, now: &Config) -> Reloaded {
        compared(&self.lock(), now.given.values())
    }

    /// What has been done counts from now on.
    pub(crate) fn take(&self, reloaded: &Reloaded, now: &Config) {
        let mut current = self.lock();
        for key in &reloaded.changed {
            let value = now.given.values().get(key).cloned();
            current.insert(key.clone(), value.unwrap_or_default());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Values> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reloaded {
    /// Whether it changes what visitors see.
    pub(crate) fn is_shown(&self) -> bool {
        self.changed.iter().any(|key| SHOWN.contains(&&**key))
    }

    /// Tells the log.
    pub(crate) fn tell(&self) {
        info!(
            changed = self.changed.join(", "),
            "read the configuration, certificates and the list of people again"
        );
        if !self.restart_needed.is_empty() {
            warn!("restart needed for: {}", self.restart_needed.join(", "));
        }
    }
}

/// Of a process that can change nothing: says what would need a restart.
pub(crate) fn compare(config: &Config) {
    match config.given.reread() {
        None => {}
        Some(Ok(now)) => {
            let mut changes = compared(config.given.values(), now.given.values());
            changes.restart_needed.append(&mut changes.changed);
            changes.tell();
        }
        Some(Err(faults)) => refused(&faults),
    }
}

fn compared(before: &Values, now: &Values) -> Reloaded {
    let has_changed = |key: &&String| before.get(*key) != now.get(*key);
    let keys = now.keys().filter(has_changed).cloned();
    let (changed, restart_needed) = keys.partition(|key| RELOADED.contains(&&**key));
    Reloaded {
        changed,
        restart_needed,
    }
}

/// Tells the log that nothing of it counts.
pub(crate) fn refused(faults: &[String]) {
    for fault in faults {
        error!("{fault}");
    }
    error!(
        faults = faults.len(),
        "the configuration stays as it was, but for certificates and the list of people"
    );
}
