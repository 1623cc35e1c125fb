//! The public address of our own STUN and TURN, where it is not the host who says it: a line at home
//! gets another one every night, a host another prefix of IPv6, and temporary addresses of IPv6
//! (RFC 8981) expire.

use std::net::SocketAddr;

use tokio::time::sleep;
use tracing::{debug, info};
use wimpex_relay::config::RelayAddress;

use crate::app::App;
use crate::config::Config;
use crate::turn;

/// See the module. What was found last, and what clients are told by.
pub(crate) struct OwnAddress {
    relay: wimpex_relay::Config,
    /// Where it listens, also where the system has chosen the ports.
    listen: Vec<SocketAddr>,
    tls: Vec<SocketAddr>,
}

impl OwnAddress {
    pub(crate) fn new(
        relay: wimpex_relay::Config,
        listen: Vec<SocketAddr>,
        tls: Vec<SocketAddr>,
    ) -> Self {
        Self { relay, listen, tls }
    }

    /// What clients are told now.
    pub(crate) fn told(&self, config: &Config) -> turn::Own {
        turn::own(config, &self.relay, &self.listen, &self.tls)
    }

    /// Follows it, for ever: those who come are told of the address of now, and so are those who are
    /// here and were told of another. Calls that were relayed by way of the old one repair
    /// themselves, as after any loss of a path.
    pub(crate) async fn follow(
        mut self,
        config: &Config,
        relay: Option<&wimpex_relay::Handle>,
        app: Option<&App>,
    ) {
        if !is_found(config, &self.relay.listen) {
            return std::future::pending().await;
        }
        loop {
            sleep(config.timing.own_address).await;
            let found = match turn::relays(&config.turn, &self.relay.listen) {
                Ok(found) => found,
                Err(reason) => {
                    // It was there before, so that it comes back.
                    debug!(reason, "looking for the public address");
                    continue;
                }
            };
            if found == self.relay.relays {
                continue;
            }
            let public = |relays: &[RelayAddress]| -> Vec<_> {
                relays.iter().map(|relay| relay.public).collect()
            };
            info!(
                before = ?public(&self.relay.relays), now = ?public(&found),
                "this host has another address: STUN and TURN are there from now on"
            );
            self.relay.relays.clone_from(&found);
            if let Some(relay) = relay {
                relay.move_to(found);
            }
            if let Some(app) = app {
                app.ice.move_own(self.told(config));
                app.registry.tell_relay_moved();
            }
        }
    }
}

/// Whether it is found out, and not said.
fn is_found(config: &Config, listen: &[SocketAddr]) -> bool {
    let is_everywhere = |address: &SocketAddr| address.ip().is_unspecified();
    config.turn.turn_public_ip.is_empty() && listen.iter().any(is_everywhere)
}
