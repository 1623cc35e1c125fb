//! What a host sees of the running server, on a port of its own: measurements for
//! Prometheus, and whether it lives and is ready.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};

use wimpex_store::{Store, Table};

use crate::app::App;
use crate::page;
use crate::tls::CertificateStore;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// See the module.
#[derive(Clone)]
pub(crate) struct Observer {
    pub(crate) app: Arc<App>,
    pub(crate) relay: Option<wimpex_relay::Handle>,
    pub(crate) certificates: Option<Arc<CertificateStore>>,
}

pub(crate) fn router(observer: Observer) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(observer)
}

/// That it answers is all there is to say.
async fn livez() -> Response {
    page::text(StatusCode::OK, "ok\n")
}

/// Whether people can be sent here. Nothing of it depends on anybody else's service.
async fn readyz(State(observer): State<Observer>) -> Response {
    match observer.obstacle() {
        None => page::text(StatusCode::OK, "ok\n"),
        Some(obstacle) => page::text(StatusCode::SERVICE_UNAVAILABLE, obstacle),
    }
}

/// Prometheus asks for OpenMetrics; other programs, and curl, get the older format.
async fn metrics(State(observer): State<Observer>, headers: HeaderMap) -> Response {
    let accepted = headers.get_all(ACCEPT).iter();
    let takes_open_metrics = accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("application/openmetrics-text"));
    let mut text = String::new();
    if encode(&mut text, &observer.registry()).is_err() {
        return page::text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Cannot be written down.\n",
        );
    }
    let (text, kind) = if takes_open_metrics {
        (text, OPEN_METRICS)
    } else {
        (older_format(&text), TEXT)
    };
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Prometheus' text format 0.0.4, in which a counter's name ends in `_total` where it is
/// described too, and which has neither units nor an end.
fn older_format(open_metrics: &str) -> String {
    let counters: HashSet<&str> = open_metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("UNIT" | "EOF"), ..) => continue,
            (Some("#"), Some(what), Some(name), Some(rest)) if counters.contains(name) => {
                text.extend(["# ", what, " ", name, "_total ", rest]);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

impl Observer {
    /// The first thing that is in people's way.
    fn obstacle(&self) -> Option<&'static str> {
        if !self.app.shown().page.is_there() {
            return Some("There is no page to serve.\n");
        }
        if self.app.is_draining() {
            return Some("It is drained: nobody new is let in.\n");
        }
        let store = self
            .certificates
            .as_ref()
            .filter(|_| self.app.config.serves_https())?;
        match store.current() {
            None => Some("There is no certificate for https yet.\n"),
            Some(certificate) if certificate.until < SystemTime::now() => {
                Some("The certificate for https has ended.\n")
            }
            Some(_) => None,
        }
    }

    /// All measurements as they are now.
    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("wimpex");
        // A gauge, as everybody has it: the type "info" is one of OpenMetrics only.
        let build = Family::<[(&str, &str); 1], Gauge>::default();
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        build.get_or_create(&version).set(1);
        registry.register("build_info", "Which version it is", build);
        self.app.metrics.register(&mut registry);

        let mut gauge = |name: &str, help: &str, value: usize| {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            registry.register(name, help, ConstGauge::new(value));
        };
        let hub = self.app.registry.counts();
        let (queued_messages, queued_bytes) = self.app.registry.queued();
        gauge(
            "sockets",
            "Open WebSockets",
            self.app.registry.connections(),
        );
        gauge(
            "sessions",
            "Logins that count, those included whose WebSocket is lost and may come back",
            hub.sessions,
        );
        gauge("users", "Users with at least one session", hub.users);
        gauge(
            "watched_users",
            "Users whose presence somebody watches",
            hub.watched,
        );
        gauge(
            "client_networks",
            "Client networks with at least one WebSocket",
            self.app.connections.networks(),
        );
        gauge(
            "tasks",
            "Tasks that serve a connection",
            self.app.tasks.len(),
        );
        gauge(
            "queued_messages",
            "Messages that wait to be written to a WebSocket",
            queued_messages,
        );
        gauge(
            "queued_bytes",
            "Bytes that wait to be written to a WebSocket",
            queued_bytes,
        );
        gauge(
            "absent_bytes",
            "Bytes that wait for sessions whose WebSocket is lost",
            self.app.registry.absent_bytes(),
        );
        if let Some(cluster) = self.app.registry.cluster_counts() {
            gauge(
                "cluster_up",
                "Whether NATS is there, for servers that are one",
                usize::from(cluster.is_up),
            );
            gauge("cluster_nodes", "Other servers that live", cluster.nodes);
            gauge(
                "cluster_routes",
                "People of whom it is known which servers have them",
                cluster.routes,
            );
            gauge(
                "cluster_pending_messages",
                "Messages on their way to other servers",
                cluster.pending,
            );
            gauge(
                "cluster_unacknowledged_frames",
                "Frames that other servers have not acknowledged",
                cluster.unacknowledged,
            );
            gauge(
                "cluster_observers",
                "Sessions of other servers that watch somebody here",
                cluster.observers,
            );
        }
        let access = self.app.access.record();
        gauge(
            "invitations",
            "Invitations that are kept",
            access.invitations.len(),
        );
        gauge(
            "admitted_users",
            "People who came by an invitation",
            access.admitted.len(),
        );
        gauge(
            "blocked_users",
            "People who are shut out",
            access.blocked.len(),
        );
        gauge(
            "ready",
            "Whether /readyz says so",
            usize::from(self.obstacle().is_none()),
        );
        if let Some(relay) = &self.relay {
            let counts = relay.counts();
            gauge("turn_allocations", "TURN allocations", counts.allocations);
            gauge("turn_permissions", "TURN permissions", counts.permissions);
            gauge("turn_channels", "TURN channels", counts.channels);
            gauge(
                "turn_users",
                "Users with an allocation, or with one lately",
                counts.users,
            );
            gauge(
                "turn_connections",
                "TCP and TLS connections to TURN",
                counts.connections,
            );
            registry.register(
                "turn_packets_to_peers",
                "Packets sent out of relay sockets",
                ConstCounter::new(relay.packets_to_peers()),
            );
            registry.register_with_unit(
                "turn_to_peers",
                "Sent out of relay sockets",
                Unit::Bytes,
                ConstCounter::new(relay.bytes_to_peers()),
            );
        }
        // Looking would open it otherwise.
        if self.app.store.is_open() {
            let entries = Family::<[(&str, &str); 1], Gauge>::default();
            for table in Table::ALL {
                let count = i64::try_from(self.app.store.len(table).unwrap_or(0));
                let label = [("table", table.name())];
                entries.get_or_create(&label).set(count.unwrap_or(i64::MAX));
            }
            registry.register("store_entries", "What is kept over restarts", entries);
        }
        if let Some(certificate) = self.certificates.as_ref().and_then(|store| store.current()) {
            let since = certificate.until.duration_since(UNIX_EPOCH);
            let until = since.map_or(0, |since| since.as_secs());
            registry.register(
                "certificate_end_timestamp_seconds",
                "When the certificate that new connections are shown ends",
                ConstGauge::new(i64::try_from(until).unwrap_or(i64::MAX)),
            );
        }
        registry
    }
}
