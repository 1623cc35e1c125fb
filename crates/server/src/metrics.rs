//! What is counted while the server runs, for Prometheus. Labels are words of the
//! program's own; nobody's id, name or address is ever one.
//!
//! `prometheus-client` is the Prometheus project's own, and its counters are values that are
//! passed around. The alternative, `metrics` with an exporter, wants one recorder for the whole
//! process and brings a web server.

use std::fmt;
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use wimpex_protocol::{AccessRefusal, ClientMessage, DecodeError, ErrorCode, ServerMessage};

type Label = [(&'static str, &'static str); 1];
type Counters = Family<Label, Counter>;

/// See the module. Clones count together.
#[derive(Clone)]
pub(crate) struct Metrics {
    received: Counters,
    sent: Counters,
    refusals: Counters,
    resumptions: Counters,
    refused_connections: Counters,
    refused_logins: Counters,
    closed_connections: Counters,
    reports: Family<[(&'static str, &'static str); 2], Counter>,
    pushes: Counters,
    cluster_messages: Counters,
    cluster_errors: Counter,
    left_messages: Counters,
    login: Histogram,
    relay: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        // From 10 µs to 2.6 s.
        let seconds = || Histogram::new(exponential_buckets(0.000_01, 4.0, 10));
        Self {
            received: Counters::default(),
            sent: Counters::default(),
            refusals: Counters::default(),
            resumptions: Counters::default(),
            refused_connections: Counters::default(),
            refused_logins: Counters::default(),
            closed_connections: Counters::default(),
            reports: Family::default(),
            pushes: Counters::default(),
            cluster_messages: Counters::default(),
            cluster_errors: Counter::default(),
            left_messages: Counters::default(),
            login: seconds(),
            relay: seconds(),
        }
    }
}

impl Metrics {
    /// A message has come in; what it takes to deal with it is measured until the timer is dropped.
    pub(crate) fn received(&self, message: &Result<ClientMessage, DecodeError>) -> Timer {
        let (name, histogram) = match message {
            Ok(ClientMessage::Login(_)) => ("login", Some(self.login.clone())),
            Ok(message @ ClientMessage::Relay(_)) => {
                (message.type_name(), Some(self.relay.clone()))
            }
            Ok(
                message @ (ClientMessage::Ack(_)
                | ClientMessage::PresenceWatch(_)
                | ClientMessage::PresenceVisibility(_)
                | ClientMessage::IceServersRequest(_)
                | ClientMessage::MissedCallsErase(_)),
            ) => (message.type_name(), None),
            Err(_) => ("unreadable", None),
        };
        self.received.get_or_create(&[("type", name)]).inc();
        Timer {
            start: Instant::now(),
            histogram,
        }
    }

    /// A message goes out to so many.
    pub(crate) fn sent(&self, message: &ServerMessage, receivers: usize) {
        let label = [("type", message.type_name())];
        self.sent.get_or_create(&label).inc_by(receivers as u64);
        if let ServerMessage::Error(error) = message {
            let label = [("code", code(error.code))];
            self.refusals.get_or_create(&label).inc();
        }
    }

    /// A browser tells of a failure.
    pub(crate) fn reported(&self, kind: &'static str, detail: &'static str) {
        let labels = [("type", kind), ("detail", detail)];
        self.reports.get_or_create(&labels).inc();
    }

    /// A client wanted to go on with a session.
    pub(crate) fn resumption(&self, is_known: bool) {
        let result = if is_known { "resumed" } else { "unknown" };
        let label = [("result", result)];
        self.resumptions.get_or_create(&label).inc();
    }

    /// A WebSocket was not let in.
    pub(crate) fn refused_connection(&self, reason: &'static str) {
        let label = [("reason", reason)];
        self.refused_connections.get_or_create(&label).inc();
    }

    /// Somebody was not let in whose login was in order.
    pub(crate) fn refused_login(&self, reason: AccessRefusal) {
        let reason = match reason {
            AccessRefusal::NotInvited => "not-invited",
            AccessRefusal::InvitationOver => "invitation-over",
            AccessRefusal::NoGuests => "no-guests",
            AccessRefusal::Blocked => "blocked",
            AccessRefusal::Unknown => "unknown",
        };
        let label = [("reason", reason)];
        self.refused_logins.get_or_create(&label).inc();
    }

    /// A WebSocket has ended.
    pub(crate) fn closed_connection(&self, cause: &'static str) {
        let label = [("cause", cause)];
        self.closed_connections.get_or_create(&label).inc();
    }

    /// A message was handed to a push service, or was not.
    pub(crate) fn pushed(&self, result: &'static str) {
        let label = [("result", result)];
        self.pushes.get_or_create(&label).inc();
    }

    /// A message from other servers (`in`), to them (`out`), or one that makes no sense.
    pub(crate) fn cluster_message(&self, way: &'static str) {
        self.cluster_messages.get_or_create(&[("way", way)]).inc();
    }

    /// NATS has told of an error.
    pub(crate) fn cluster_error(&self) {
        self.cluster_errors.inc();
    }

    /// Somebody wanted to leave a message.
    pub(crate) fn left_message(&self, result: &'static str) {
        let label = [("result", result)];
        self.left_messages.get_or_create(&label).inc();
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let mut counters = |name: &str, help: &str, counters: &Counters| {
            registry.register(name, help, counters.clone());
        };
        counters("received_messages", "Messages from clients", &self.received);
        counters("sent_messages", "Messages to clients", &self.sent);
        counters("refusals", "Messages that were refused", &self.refusals);
        counters(
            "resumptions",
            "Clients that wanted to go on with a session",
            &self.resumptions,
        );
        counters(
            "refused_connections",
            "WebSockets that were not let in",
            &self.refused_connections,
        );
        counters(
            "refused_logins",
            "People whom the host does not let in",
            &self.refused_logins,
        );
        counters(
            "closed_connections",
            "WebSockets that have ended",
            &self.closed_connections,
        );
        counters("pushes", "Messages for push services", &self.pushes);
        counters(
            "left_messages",
            "Messages that were to be left for somebody",
            &self.left_messages,
        );
        counters(
            "cluster_messages",
            "Messages between servers that are one, by NATS",
            &self.cluster_messages,
        );
        registry.register(
            "cluster_errors",
            "Errors that NATS has told of",
            self.cluster_errors.clone(),
        );
        registry.register(
            "browser_reports",
            "Failures that browsers tell of, with --reports",
            self.reports.clone(),
        );
        registry.register(
            "login_seconds",
            "What it took to deal with a login",
            self.login.clone(),
        );
        registry.register(
            "relay_seconds",
            "What it took to pass a message on",
            self.relay.clone(),
        );
    }
}

/// As it is on the wire.
fn code(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadMessage => "bad-message",
        ErrorCode::UnknownType => "unknown-type",
        ErrorCode::NotLoggedIn => "not-logged-in",
        ErrorCode::LoginFailed => "login-failed",
        ErrorCode::UserOffline => "user-offline",
        ErrorCode::UserWaking => "user-waking",
        ErrorCode::RateLimited => "rate-limited",
        ErrorCode::TooManyConnections => "too-many-connections",
        ErrorCode::Unknown => "unknown",
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Measures until it is dropped.
pub(crate) struct Timer {
    start: Instant,
    histogram: Option<Histogram>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(histogram) = &self.histogram {
            histogram.observe(self.start.elapsed().as_secs_f64());
        }
    }
}
