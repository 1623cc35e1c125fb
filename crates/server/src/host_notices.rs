//! What the host should hear of, said in the log as often as it helps: what goes
//! wrong with every request is not said with every request.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::warn;
use wimpex_sansio::Now;

use crate::client_address::{Gap, TrustedProxies};
use crate::private_address::is_private;

/// How often refused origins are told of.
const ORIGINS_EVERY: Duration = Duration::from_secs(60);
/// What a stranger has written is not written to the log at any length.
const QUOTED_CHARS: usize = 200;

/// See the module.
#[derive(Default)]
pub(crate) struct HostNotices {
    gap: AtomicBool,
    unannounced: AtomicBool,
    crowd: AtomicBool,
    origins: Mutex<RefusedOrigins>,
}

#[derive(Default)]
struct RefusedOrigins {
    told_at: Option<Now>,
    untold: u64,
}

impl HostNotices {
    /// A trusted proxy did not say for whom it speaks: once.
    pub(crate) fn gap(&self, proxy: IpAddr, gap: Gap, proxies: &TrustedProxies) {
        if self.gap.swap(true, Ordering::Relaxed) {
            return;
        }
        let header = proxies.header().name();
        match gap {
            Gap::NoHeader => warn!(
                %proxy, header,
                "a trusted proxy does not say for whom it speaks: its visitors count as one \
                 address and share its limits; let it send the header (see --forwarded-header)"
            ),
            Gap::Unreadable => warn!(
                %proxy, header,
                "cannot read the address that a trusted proxy speaks for: such visitors count as \
                 one address and share its limits"
            ),
        }
    }

    /// A trusted proxy did not say by the PROXY protocol for whom it speaks, and is not served:
    /// once.
    pub(crate) fn unannounced(&self, proxy: IpAddr, error: &io::Error) {
        if self.unannounced.swap(true, Ordering::Relaxed) {
            return;
        }
        warn!(
            %proxy, %error,
            "a trusted proxy does not begin its connections with the PROXY protocol, so that nobody \
             is served through it; let it, or name the header that it writes with --forwarded-header"
        );
    }

    /// One address holds as many places as it may: once, if it may be everybody's. `is_only_one`:
    /// nobody is here from another.
    pub(crate) fn full(&self, address: IpAddr, is_only_one: bool, proxies: &TrustedProxies) {
        let what = match address {
            _ if proxies.contains(address) => "it is a trusted proxy's",
            _ if address.is_loopback() => "it is this host's own",
            _ if is_private(address) => "it is a private one",
            _ if is_only_one => "everybody seems to come from it",
            _ => return,
        };
        if !self.crowd.swap(true, Ordering::Relaxed) {
            warn!(
                %address,
                "one address has all the connections that it may have, and {what}: if there \
                 is a proxy in between, name it with --trusted-proxy and let it say for whom it speaks"
            );
        }
    }

    /// A page was refused because of its origin: once a minute. Both are texts of
    /// the request or the flags.
    pub(crate) fn refused_origin(&self, now: Now, page: &str, expected: &[String]) {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let since = origins.told_at.map(|at| now.since(at));
        if since.is_some_and(|since| since < ORIGINS_EVERY) {
            origins.untold += 1;
            return;
        }
        origins.told_at = Some(now);
        let more = std::mem::take(&mut origins.untold);
        drop(origins);
        let page: String = page.chars().take(QUOTED_CHARS).collect();
        let expected: String = expected.join(" or ").chars().take(QUOTED_CHARS).collect();
        warn!(
            ?page,
            ?expected,
            more,
            "refused pages of another origin: if people should reach this server there, \
             say so with --origin or --allow-origin"
        );
    }
}
