//! What the address of the page asks for.

use wimpex_call::limits;

/// How the page is to behave; read from its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Show and log what the call machine and the browser do.
    pub debug: bool,
    /// How long a call rings; for debugging only.
    pub ring: std::time::Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            debug: false,
            ring: limits::RING,
        }
    }
}

impl Options {
    /// From the query: `?debug`, and with it `debug-ring-seconds=N`.
    pub fn from_query(query: &str) -> Self {
        let fields = || query.trim_start_matches('?').split('&');
        let debug = fields().any(|field| field == "debug" || field.starts_with("debug="));
        let ring = fields()
            .find_map(|field| field.strip_prefix("debug-ring-seconds=")?.parse().ok())
            .filter(|_| debug)
            .map(|seconds: u16| std::time::Duration::from_secs(seconds.into()));
        Self {
            debug,
            ring: ring.unwrap_or(limits::RING),
        }
    }
}
