//! What one process knows of its sessions, written down for the one that takes its place.
//!
//! Times are what is left or past of them: no two processes count from the same moment. What is
//! new in a later version has a default, so that both can read each other; what could not be
//! understood gets another [`VERSION`]. It goes from process to process and never to a disk.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Of what is written.
const VERSION: u32 = 1;
/// What sessions are at most in JSON, all together, if they are to be handed over. Beyond it the
/// largest are left behind, and begin anew.
pub(crate) const SESSION_BYTES: usize = 192 << 20;
/// What is read at most: sessions, and who has to do with whom.
pub(crate) const MOST_BYTES: usize = 256 << 20;

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
    /// Where it began and its number there, if that was not at the server that writes this.
    #[serde(default)]
    pub(crate) home: Option<(String, u64)>,
    /// Which messages of which other servers it has had last.
    #[serde(default)]
    pub(crate) seen: Vec<(String, u64)>,
}

/// One session on its way to another server.
#[derive(Serialize, Deserialize)]
pub(crate) struct MovedSession {
    version: u32,
    pub(crate) session: SavedSession,
    /// With whom its person takes part in a call, and for how many more milliseconds that counts.
    pub(crate) talks: Vec<(String, u64)>,
    /// Its calls that may still be heard.
    #[serde(default)]
    pub(crate) wakes: Vec<SavedWake>,
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

impl MovedSession {
    pub(crate) fn new(
        session: SavedSession,
        talks: Vec<(String, u64)>,
        wakes: Vec<SavedWake>,
    ) -> Self {
        Self {
            version: VERSION,
            session,
            talks,
            wakes,
        }
    }

    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("numbers, texts and lists of them are JSON")
    }

    /// # Errors
    /// [`UnreadableState`]
    pub(crate) fn from_text(text: &str) -> Result<Self, UnreadableState> {
        let moved: Self = serde_json::from_str(text)?;
        match moved.version {
            VERSION => Ok(moved),
            other => Err(UnreadableState::Version(other)),
        }
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
