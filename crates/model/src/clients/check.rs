//! Whether the rules hold in a state of whole clients.

use std::collections::BTreeSet;

use wimpex_call::State as Phase;
use wimpex_sansio::Machine;
use wimpex_verification::{Assurance, HANDSHAKE_TIMEOUT};

use super::action::ClientsAction;
use super::bounds::ClientsBounds;
use super::rule::{ClientsRule, PATIENCE};
use super::state::ClientsState;
use super::tab::Tab;

impl ClientsState {
    pub(crate) fn check(&mut self, bounds: &ClientsBounds) {
        if self.broken.is_none() {
            self.broken = self.first_broken(bounds);
        }
    }

    fn first_broken(&self, bounds: &ClientsBounds) -> Option<ClientsRule> {
        self.broken_alone()
            .or_else(|| self.broken_between())
            .or_else(|| {
                let is_quiet = self.progress().is_empty();
                is_quiet.then(|| self.broken_when_quiet(bounds)).flatten()
            })
    }

    /// What one client shows by itself.
    fn broken_alone(&self) -> Option<ClientsRule> {
        for tab in &self.tabs {
            let trust = &tab.client.view().trust;
            if trust.alert.is_some() || trust.stopped.is_some() {
                return Some(ClientsRule::NoAlert);
            }
            let is_open = !tab.browser.connections.is_empty() || !tab.browser.live.is_empty();
            if tab.call().is_none() && is_open {
                return Some(ClientsRule::BrowsersAreAskedRight);
            }
            let Some(connected_at) = tab.connected_at else {
                continue;
            };
            let is_in_time = self.now.since(connected_at) <= HANDSHAKE_TIMEOUT;
            let is_fine = match trust.assurance {
                Assurance::KeyProved(_) => true,
                Assurance::Pending => is_in_time,
                Assurance::Unverified | Assurance::SasOnly(_) => false,
            };
            if !is_fine {
                return Some(ClientsRule::ProvedByTheDeadline);
            }
        }
        None
    }

    fn broken_between(&self) -> Option<ClientsRule> {
        let calls = self.tabs.iter().filter_map(|tab| {
            let call = tab.call()?;
            (tab.phase() == Phase::Connected).then_some(call)
        });
        let calls: BTreeSet<_> = calls.collect();
        (calls.len() > 1).then_some(ClientsRule::OneCallBetweenTwo)
    }

    fn broken_when_quiet(&self, bounds: &ClientsBounds) -> Option<ClientsRule> {
        if self.waits_for_nobody(bounds) {
            return Some(ClientsRule::NobodyWaitsForNobody);
        }
        if self.is_undecided() {
            let mut tabs = self.tabs.iter();
            let has_timer = tabs.any(|tab| tab.client.poll_timeout().is_some());
            let is_patient = self.now.since(self.disturbed_at) <= PATIENCE;
            return match (has_timer && is_patient, self.is_online()) {
                (true, _) => None,
                (false, false) => Some(ClientsRule::OnlineInTheEnd),
                (false, true) => Some(ClientsRule::DecidedInTheEnd),
            };
        }
        let connected = |tab: &Tab| {
            let assurance = tab.client.view().trust.assurance;
            (tab.phase() == Phase::Connected).then_some((tab.call().cloned(), assurance))
        };
        let first = connected(&self.tabs[0]);
        if self.tabs.iter().any(|tab| connected(tab) != first) {
            return Some(ClientsRule::ConnectedTogether);
        }
        let can_end = |who| {
            let mut next = self.clone();
            next.step(bounds, ClientsAction::HangUp(who));
            next.run_to_rest(bounds);
            next.tabs.iter().all(|tab| tab.phase() != Phase::Connected)
        };
        let all_can_end = first.is_none() || (0..self.tabs.len()).all(can_end);
        (!all_can_end).then_some(ClientsRule::EitherCanEnd)
    }

    /// Somebody calls or is called, and the other does not know of it.
    fn waits_for_nobody(&self, bounds: &ClientsBounds) -> bool {
        let is_excused = bounds.reloads + bounds.forgotten + bounds.silences + bounds.lost > 0;
        let call_in = |phase: Phase| {
            let mut tabs = self.tabs.iter().filter(move |tab| tab.phase() == phase);
            tabs.next().and_then(|tab| tab.call())
        };
        !is_excused && self.is_online() && call_in(Phase::Calling) != call_in(Phase::Ringing)
    }
}
