//! What the peer says of its side of the call.

use std::time::Duration;

use wimpex_protocol::MediaState;
use wimpex_sansio::Now;

/// How many words of the peer count within [`WINDOW`]: each changes what the user sees, and
/// whoever says more than a page ever does wants to keep us busy.
const WORDS: u8 = 40;
const WINDOW: Duration = Duration::from_secs(10);

/// The peer's last word, and how many there were lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct PeerMedia {
    state: Option<MediaState>,
    since: Now,
    words: u8,
}

impl PeerMedia {
    pub(crate) fn state(&self) -> Option<&MediaState> {
        self.state.as_ref()
    }

    /// Takes the peer's word; says whether that changes anything.
    pub(crate) fn take(&mut self, state: MediaState, now: Now) -> bool {
        if now.since(self.since) >= WINDOW {
            (self.since, self.words) = (now, 0);
        }
        if self.words == WORDS {
            return false;
        }
        self.words += 1;
        let changed = self.state.as_ref() != Some(&state);
        self.state = Some(state);
        changed
    }
}
