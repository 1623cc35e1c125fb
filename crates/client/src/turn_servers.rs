//! The TURN servers that the server gives, and when they must be there: credentials for
//! them expire, and a guest's come with a call (docs/protocol.md, "ice-servers").

use std::time::Duration;

use wimpex_call::Role;
use wimpex_protocol::IceServer;
use wimpex_sansio::{Now, UnixTime};

/// For how long credentials that have come are as good as new ones; the server's last an
/// hour.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// How long a call waits for them. Without them it may do all the same.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a callee leaves it to the caller to restart ICE.
const PEER_FIRST: Duration = Duration::from_secs(30);

/// What waits for TURN servers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Postponed {
    /// A call that is about to begin.
    pub(crate) start_call: Option<wimpex_call::Command>,
    /// The connection check.
    pub(crate) check: bool,
    until: Now,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct TurnServers {
    /// They come on request.
    on_request: bool,
    /// When some came last, if they come on request.
    received: Option<Now>,
    waiting: Option<Postponed>,
    /// When the credentials expire that the call's connection uses.
    in_use: Option<UnixTime>,
    /// When to restart ICE for new ones, unless the peer does so before.
    restart_at: Option<Now>,
}

impl TurnServers {
    /// Whether the server gives them on request.
    pub(crate) fn on_request(&self) -> bool {
        self.on_request
    }

    pub(crate) fn set_on_request(&mut self, on_request: bool) {
        self.on_request = on_request;
    }

    /// Whether those that are there are good enough for what begins now.
    pub(crate) fn are_ready(&self, now: Now) -> bool {
        let is_fresh = |at: Now| now.since(at) < FRESH;
        !self.on_request || self.received.is_some_and(is_fresh)
    }

    /// Holds a call or the check until they have come.
    pub(crate) fn wait(&mut self, start_call: Option<wimpex_call::Command>, now: Now) {
        let waiting = self.waiting.get_or_insert(Postponed {
            start_call: None,
            check: false,
            until: now + PATIENCE,
        });
        match start_call {
            // Of two calls, the user means the later one.
            Some(start) => waiting.start_call = Some(start),
            None => waiting.check = true,
        }
    }

    /// What has waited long enough: they have come, or will not.
    pub(crate) fn take_waiting(&mut self) -> Option<Postponed> {
        self.waiting.take()
    }

    /// Whether something waits for them.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// When there is something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Now> {
        let waiting = self.waiting.as_ref().map(|waiting| waiting.until);
        waiting.into_iter().chain(self.restart_at).min()
    }

    /// Whether something has waited for long enough.
    pub(crate) fn is_waiting_over(&self, now: Now) -> bool {
        self.waiting.as_ref().is_some_and(|it| it.until <= now)
    }

    /// Whether it is time to restart ICE; once.
    pub(crate) fn take_restart(&mut self, now: Now) -> bool {
        self.restart_at.take_if(|at| *at <= now).is_some()
    }

    /// The peer has made an offer: the answer brings what these servers give.
    pub(crate) fn peer_offers(&mut self) {
        self.restart_at = None;
    }

    /// These have come.
    pub(crate) fn receive(&mut self, servers: &[IceServer], now: Now) {
        self.received = has_relay(servers).then_some(now);
    }

    /// A connection is made with these; `is_second` if there is another one beside it, whose
    /// credentials may expire sooner.
    pub(crate) fn connect(&mut self, servers: &[IceServer], is_second: bool) {
        let before = self.in_use.filter(|_| is_second);
        self.in_use = before.into_iter().chain(expiry(servers)).min();
        self.restart_at.take_if(|_| !is_second);
    }

    /// The connection has new ones, for which ICE is to be restarted before those that it
    /// uses expire: they come when a quarter of the time is left. Both sides get theirs at
    /// the same time, and not both should restart: the caller does so at once, the callee
    /// when nothing has come of that.
    pub(crate) fn replace(&mut self, servers: &[IceServer], role: Role, wall: UnixTime, now: Now) {
        let (Some(in_use), Some(new)) = (self.in_use, expiry(servers)) else {
            return;
        };
        let left = |until: UnixTime| until.as_millis().saturating_sub(wall.as_millis());
        if new > in_use && left(in_use) < left(new) / 3 {
            self.in_use = Some(new);
            let patience = match role {
                Role::Caller => Duration::ZERO,
                Role::Callee => Duration::from_millis(left(in_use) / 3).min(PEER_FIRST),
            };
            self.restart_at = Some(now + patience);
        }
    }
}

/// Whether there is a relay among these.
pub(crate) fn has_relay(servers: &[IceServer]) -> bool {
    let is_relay = |url: &String| url.starts_with("turn");
    servers
        .iter()
        .any(|server| server.urls.iter().any(is_relay))
}

/// When the first credentials among these expire: their user names begin with that, in
/// seconds since 1970.
fn expiry(servers: &[IceServer]) -> Option<UnixTime> {
    let names = servers.iter().filter_map(|it| it.username.as_deref());
    let seconds = names.filter_map(|name| name.split(':').next()?.parse::<u64>().ok());
    let first = seconds.min()?;
    Some(UnixTime::from_millis(first.saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(expiry: &str) -> Vec<IceServer> {
        vec![IceServer {
            urls: vec!["turn:t".to_owned()],
            username: Some([expiry, ":somebody"].concat()),
            credential: None,
        }]
    }

    /// When ICE is restarted in a connection made with the first, once the second have come.
    fn restart(first: &str, second: &str, role: Role, wall: u64) -> Option<Now> {
        let mut servers = TurnServers::default();
        servers.connect(&turn(first), false);
        let wall = UnixTime::from_millis(wall * 1000);
        servers.replace(&turn(second), role, wall, Now::ZERO);
        servers.poll_timeout()
    }

    #[test]
    fn credentials_are_replaced_before_they_expire() {
        let caller = |first, second, wall| restart(first, second, Role::Caller, wall);
        // An hour's, when three quarters of it are over.
        assert_eq!(caller("4600", "7300", 3_700), Some(Now::ZERO));
        assert_eq!(caller("4600", "5000", 1_400), None, "long before");
        assert_eq!(caller("4600", "4600", 4_600), None, "the same");
        assert_eq!(caller("4600", "a static name", 4_600), None);
    }

    #[test]
    fn a_callee_leaves_it_to_the_caller_first() {
        let callee = |second, wall| restart("4600", second, Role::Callee, wall);
        assert_eq!(callee("7300", 3_700), Some(Now::ZERO + PEER_FIRST));
        // Within what is left of them, however short they are.
        assert_eq!(callee("4612", 4_597), Some(Now::from_millis(1_000)));
        let mut servers = TurnServers::default();
        servers.connect(&turn("4600"), false);
        let wall = UnixTime::from_millis(3_700_000);
        servers.replace(&turn("7300"), Role::Callee, wall, Now::ZERO);
        servers.peer_offers();
        assert!(!servers.take_restart(Now::ZERO + PEER_FIRST));
    }

    #[test]
    fn what_waits_waits_for_a_moment() {
        let mut servers = TurnServers::default();
        assert!(servers.are_ready(Now::ZERO), "they come with the login");
        servers.set_on_request(true);
        assert!(!servers.are_ready(Now::ZERO));
        servers.wait(None, Now::ZERO);
        assert_eq!(servers.poll_timeout(), Some(Now::ZERO + PATIENCE));
        servers.receive(&turn("7300"), Now::ZERO);
        assert!(servers.are_ready(Now::ZERO) && !servers.are_ready(Now::ZERO + FRESH));
        // A login without any has taken them away.
        servers.receive(&[], Now::ZERO);
        assert!(!servers.are_ready(Now::ZERO));
        assert!(servers.take_waiting().is_some_and(|waiting| waiting.check));
    }
}
