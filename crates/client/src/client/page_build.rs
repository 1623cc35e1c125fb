//! A page that is older than the server gives way to the new one.

use std::time::Duration;

use wimpex_call::State;
use wimpex_sansio::Now;

use super::Client;
use crate::host::Host;
use crate::io::{LoadAnew, Output};

/// How often a page that is old looks whether nobody would notice.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl<H: Host> Client<H> {
    /// Loads the page anew if there is a newer one, and nothing here that would be lost. What
    /// only the browser knows, such as that somebody types, it looks after itself.
    pub(super) fn give_way_when_idle(&mut self, now: Now) {
        self.page_build.look_at = Some(now + LOOK_EVERY);
        let is_idle = self.call.state() == State::Idle
            && !self.turn_servers.is_waiting()
            && !self.verifier.is_loading()
            && !self.identity.is_pending()
            && self.view.trust.alert.is_none()
            && !self.view.check.iter().any(|(_, it)| it.is_pending());
        if is_idle {
            self.load_anew(true);
        }
    }

    /// A part of the page is gone with its build. Before a call nothing is worth more than that
    /// it rings: its caller offers it to the new page, too.
    pub(super) fn part_is_missing(&mut self) {
        match self.call.state() {
            State::Idle | State::Calling | State::Ended => self.load_anew(false),
            State::Ringing | State::Connecting | State::Connected | State::Reconnecting => {}
        }
    }

    fn load_anew(&mut self, when_quiet: bool) {
        if let Some(build) = self.page_build.newer().cloned() {
            let callee = self.call.peer().cloned();
            self.emit(Output::LoadAnew(LoadAnew {
                build,
                when_quiet,
                callee,
            }));
        }
    }
}
