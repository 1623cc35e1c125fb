//! One page: a machine, its browser, and what the user has said.

use std::collections::BTreeSet;

use wimpex_call::{CallMachine, CallSnapshot, KeptCall, State as Phase};
use wimpex_hub::SessionId;
use wimpex_protocol::{CallId, DeviceId, Envelope, UserId};

use crate::browser::Browser;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) user: UserId,
    pub(crate) device: DeviceId,
    /// Whether the page is open.
    pub(crate) alive: bool,
    pub(crate) machine: CallMachine,
    pub(crate) browser: Browser,
    /// What the server knows the page as. A page that was killed keeps its
    /// session until the server notices.
    pub(crate) session: Option<SessionId>,
    /// Whose presence the page watches.
    pub(crate) watching: Vec<UserId>,
    /// What waits to be sent until the page is logged in again.
    pub(crate) outbox: Vec<Envelope>,
    /// Calls that the user has accepted here, or started.
    pub(crate) wanted: BTreeSet<CallId>,
    /// What the browser has kept of a call whose page was left.
    pub(crate) kept: Option<KeptCall>,
    /// Calls that have ended here, or whose end was heard here.
    pub(crate) over: BTreeSet<CallId>,
}

impl Client {
    #[expect(clippy::expect_used, reason = "the bounds are written by hand")]
    pub(crate) fn new(user: &str, device: &str) -> Self {
        Self {
            user: UserId::parse(user).expect("a user"),
            device: DeviceId::parse(device).expect("a device"),
            alive: true,
            machine: CallMachine::new(),
            browser: Browser::default(),
            session: None,
            watching: Vec::new(),
            outbox: Vec::new(),
            wanted: BTreeSet::new(),
            kept: None,
            over: BTreeSet::new(),
        }
    }

    /// The page is gone, with all that it knew.
    pub(crate) fn die(&mut self) {
        self.alive = false;
        self.machine = CallMachine::new();
        self.browser = Browser::default();
        self.outbox = Vec::new();
        self.wanted = BTreeSet::new();
        self.over = BTreeSet::new();
    }

    pub(crate) fn is_logged_in(&self) -> bool {
        self.alive && self.session.is_some()
    }

    /// Every call that is not over, and where it stands.
    pub(crate) fn calls(&self) -> Vec<(CallId, Phase)> {
        let CallSnapshot {
            state,
            call,
            waiting,
            held,
            ..
        } = self.snapshot();
        let all = [
            (call, state),
            (waiting, Phase::Ringing),
            (held, Phase::Connected),
        ];
        let all = all
            .into_iter()
            .filter_map(|(call, phase)| Some((call?.call_id, phase)));
        all.collect()
    }

    pub(crate) fn snapshot(&self) -> CallSnapshot {
        self.machine.snapshot()
    }
}
