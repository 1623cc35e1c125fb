//! The TURN servers that the server gives, and when they must be there: credentials for
//! them expire, and a guest's come with a call (docs/protocol.md, "ice-servers").

use std::time::Duration;

use wimpex_protocol::IceServer;
use wimpex_sansio::{Now, UnixTime};

/// For how long credentials that have come are as good as new ones; the server's last an
/// hour.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// How long a call waits for them. Without them it may do all the same.
const PATIENCE: Duration = Duration::from_secs(2);

/// What waits for TURN servers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Waiting {
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
    waiting: Option<Waiting>,
    /// When the credentials expire that the call's connection uses.
    in_use: Option<UnixTime>,
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
        let waiting = self.waiting.get_or_insert(Waiting {
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
    pub(crate) fn take_waiting(&mut self) -> Option<Waiting> {
        self.waiting.take()
    }

    /// Until when something waits.
    pub(crate) fn poll_timeout(&self) -> Option<Now> {
        self.waiting.as_ref().map(|waiting| waiting.until)
    }

    /// These have come.
    pub(crate) fn receive(&mut self, servers: &[IceServer], now: Now) {
        self.received = has_relay(servers).then_some(now);
    }

    /// The call's connection uses these from now on.
    pub(crate) fn use_for_call(&mut self, servers: &[IceServer]) {
        self.in_use = expiry(servers);
    }

    /// Whether the connection needs these in place of its own before those expire: they
    /// come when a quarter of the time is left.
    pub(crate) fn must_replace(&self, servers: &[IceServer], wall: UnixTime) -> bool {
        let (Some(in_use), Some(new)) = (self.in_use, expiry(servers)) else {
            return false;
        };
        let left = |until: UnixTime| until.as_millis().saturating_sub(wall.as_millis());
        new > in_use && left(in_use) < left(new) / 3
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

    #[test]
    fn credentials_are_replaced_before_they_expire() {
        let mut servers = TurnServers::default();
        let at = |seconds: u64| UnixTime::from_millis(seconds * 1000);
        assert!(!servers.must_replace(&turn("7600"), at(4_000)), "no call");
        servers.use_for_call(&turn("4600"));
        // An hour's, when three quarters of it are over.
        assert!(servers.must_replace(&turn("7300"), at(3_700)));
        assert!(
            !servers.must_replace(&turn("5000"), at(1_400)),
            "long before"
        );
        assert!(!servers.must_replace(&turn("4600"), at(4_600)), "the same");
        assert!(!servers.must_replace(&turn("a static name"), at(4_600)));
        servers.use_for_call(&turn("7300"));
        assert!(!servers.must_replace(&turn("7400"), at(3_800)));
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
