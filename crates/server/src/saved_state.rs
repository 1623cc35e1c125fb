//! What one process knows of its sessions, written down for the one that takes its place.
//!
//! Times are what is left or past of them: no two processes count from the same moment. What is
//! new in a later version has a default, so that both can read each other; what could not be
//! understood gets another [`VERSION`]. It goes from process to process and never to a disk.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Of what is written.
const VERSION: u32 = 1;
/// What sessions are owed at most, all together, if they are to be handed over. Beyond it those
/// that are owed most are left behind, and begin anew.
pub(crate) const OWED_BYTES: usize = 64 << 20;
/// What is read at most: what is owed, in JSON, and who it is that is owed it.
pub(crate) const MOST_BYTES: usize = 4 * OWED_BYTES;

/// See the module.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedState {
    version: u32,
    /// What session ids begin with.
    pub(crate) run: String,
    pub(crate) last_session: u64,
    /// In the order of their logins.
    pub(crate) sessions: Vec<SavedSession>,
    /// Who takes part in a call with whom, and for how many more milliseconds that counts.
    pub(crate) talks: Vec<(String, String, u64)>,
    /// Calls that may still be heard.
    #[serde(default)]
    pub(crate) wakes: Vec<SavedWake>,
}

/// A call to somebody of whom no device was there.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedWake {
    pub(crate) user: String,
    pub(crate) caller: String,
    pub(crate) call: String,
    /// The caller's.
    pub(crate) session: u64,
    /// For how many milliseconds it has rung.
    pub(crate) age: u64,
    pub(crate) video: bool,
    /// When it began, in milliseconds since 1970.
    pub(crate) at: u64,
    /// Devices are being woken for it.
    pub(crate) wakes: bool,
    /// A device has come for it.
    pub(crate) has_rung: bool,
}

/// One that can be resumed.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedSession {
    pub(crate) id: u64,
    pub(crate) user: String,
    pub(crate) device: String,
    pub(crate) name: String,
    /// Those who watch have been told that it does not answer.
    pub(crate) away: bool,
    /// Whom it watches, with a digest of what it was told.
    pub(crate) watching: Vec<(String, u64)>,
    /// Who may learn that it is there; `None`: everybody.
    pub(crate) visible_to: Option<Vec<String>>,
    /// To whom it is shown for a call, for how many more milliseconds, and for which.
    pub(crate) shown_to: Vec<(String, u64, Option<String>)>,
    /// An address of the network that its connection came from.
    pub(crate) network: IpAddr,
    /// For how many milliseconds nothing has been heard of it; `None` if it was connected.
    pub(crate) silent: Option<u64>,
    /// For how many milliseconds it has had credentials for TURN.
    pub(crate) credentials_age: Option<u64>,
    pub(crate) call: Option<String>,
    /// The numbers of the last frame to it and from it.
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// The last frames to it, which it has not acknowledged, oldest first and without numbers.
    pub(crate) owed: Vec<String>,
}

/// A state that this version cannot take up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnreadableState {
    #[error("it is none: {0}")]
    Format(#[from] serde_json::Error),
    #[error("it is of version {0}, and this program knows {VERSION}")]
    Version(u32),
}

impl SavedState {
    pub(crate) fn new(run: String, last_session: u64) -> Self {
        Self {
            version: VERSION,
            run,
            last_session,
            sessions: Vec::new(),
            talks: Vec::new(),
            wakes: Vec::new(),
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers, texts and lists of them are JSON")
    }

    /// # Errors
    /// [`UnreadableState`]
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableState> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_slice(bytes)?;
        if version != VERSION {
            return Err(UnreadableState::Version(version));
        }
        Ok(serde_json::from_slice(bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_told_from_nonsense() {
        let state = SavedState::new("s-run".to_owned(), 7);
        let read = SavedState::from_bytes(&state.to_bytes()).unwrap();
        assert_eq!((read.run.as_str(), read.last_session), ("s-run", 7));
        let other = SavedState::from_bytes(br#"{"version":2,"people":[]}"#);
        assert!(matches!(other, Err(UnreadableState::Version(2))));
        for wrong in [&b""[..], b"{}", br#"{"version":1}"#, b"\xff"] {
            let read = SavedState::from_bytes(wrong);
            assert!(matches!(read, Err(UnreadableState::Format(_))));
        }
    }
}
