//! The public address of our own STUN and TURN, where it is not the host who says it: a line at home
//! gets another one every night, a host another prefix of IPv6, and temporary addresses of IPv6
//! (RFC 8981) expire. Behind a router that passes the ports on, a STUN server that the host has
//! named sees it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::{Instant, sleep};
use tracing::{debug, info};
use wimpex_relay::config::RelayAddress;

use crate::config::Config;
use crate::private_address::is_private;
use crate::turn;
use crate::turn_client::TurnClient;

/// How often a STUN server is asked, while this host's own address stays the same.
const STUN_EVERY: Duration = Duration::from_secs(60);
/// Of `stun:` (RFC 7064, section 3.2).
const STUN_PORT: u16 = 3478;

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
        tell: impl Fn(turn::Own),
    ) {
        if !is_found(config, &self.relay.listen) {
            return std::future::pending().await;
        }
        let mut seen = Seen::default();
        let mut is_first = true;
        loop {
            // What is found before is this host's own address, without waiting for anybody.
            if !std::mem::take(&mut is_first) {
                sleep(config.timing.own_address).await;
            }
            let mut found = match turn::relays(&config.turn, &self.relay.listen) {
                Ok(found) => found,
                Err(reason) => {
                    // It was there before, so that it comes back.
                    debug!(reason, "looking for the public address");
                    continue;
                }
            };
            for relay in &mut found {
                if is_private(relay.public) {
                    relay.public = seen.as_seen(relay.public, &config.ice.stun_url).await;
                }
            }
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
            tell(self.told(config));
        }
    }
}

/// What a STUN server has said last.
#[derive(Default)]
struct Seen {
    answers: Vec<SeenAddress>,
}

struct SeenAddress {
    own: IpAddr,
    public: IpAddr,
    asked: Instant,
}

impl Seen {
    /// This address of ours, as the first of these servers that answers sees it; the address
    /// itself, if none has ever answered.
    async fn as_seen(&mut self, own: IpAddr, urls: &[String]) -> IpAddr {
        let known = self.answers.iter().find(|answer| answer.own == own);
        let public = known.map_or(own, |answer| answer.public);
        if known.is_some_and(|answer| answer.asked.elapsed() < STUN_EVERY) {
            return public;
        }
        let mut answer = None;
        for url in urls {
            answer = ask(url, own.is_ipv4()).await;
            if answer.is_some() {
                break;
            }
        }
        let public = answer.unwrap_or(public);
        self.answers.retain(|answer| {
            // Of the same family: another line.
            answer.own.is_ipv4() != own.is_ipv4()
        });
        self.answers.push(SeenAddress {
            own,
            public,
            asked: Instant::now(),
        });
        public
    }
}

/// Where a server sees us, by a `stun:` URL (RFC 7064); `stuns:` is not asked.
async fn ask(url: &str, v4: bool) -> Option<IpAddr> {
    let host = url.strip_prefix("stun:")?.split('?').next()?;
    let has_port = host.rsplit_once(':').is_some_and(|(before, port)| {
        port.parse::<u16>().is_ok() && (!before.contains(':') || before.ends_with(']'))
    });
    let host = if has_port {
        host.to_owned()
    } else {
        format!("{host}:{STUN_PORT}")
    };
    let mut addresses = lookup_host(host).await.ok()?;
    let server = addresses.find(|address| address.is_ipv4() == v4)?;
    let client = TurnClient::connect(server).await.ok()?;
    match client.binding().await {
        Ok(mapped) => Some(mapped.ip().to_canonical()),
        Err(reason) => {
            debug!(%server, reason, "asking for the public address");
            None
        }
    }
}

/// Whether it is found out, and not said.
fn is_found(config: &Config, listen: &[SocketAddr]) -> bool {
    let is_everywhere = |address: &SocketAddr| address.ip().is_unspecified();
    config.turn.turn_public_ip.is_empty() && listen.iter().any(is_everywhere)
}

#[cfg(test)]
mod tests {
    use stun_types::attribute::XorMappedAddress;
    use stun_types::message::{Message, MessageWriteVec};
    use stun_types::prelude::{MessageWrite, MessageWriteExt};
    use tokio::net::UdpSocket;

    use super::*;

    /// A STUN server that sees everybody at this address, and counts who asks.
    async fn stun_server(public: SocketAddr) -> String {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let url = format!("stun:{}", socket.local_addr().unwrap());
        tokio::spawn(async move {
            let mut buffer = [0; 1500];
            loop {
                let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
                let request = Message::from_bytes(&buffer[..length]).unwrap();
                let mut answer = Message::builder_success(&request, MessageWriteVec::new());
                let mapped = XorMappedAddress::new(public, request.transaction_id());
                answer.add_attribute(&mapped).unwrap();
                socket.send_to(&answer.finish(), client).await.unwrap();
            }
        });
        url
    }

    #[tokio::test]
    async fn a_stun_server_sees_what_a_router_hides() {
        let own = IpAddr::from([192, 168, 1, 2]);
        let public = IpAddr::from([203, 0, 113, 9]);
        let url = stun_server(SocketAddr::new(public, 40_000)).await;
        // Nobody answers at the first, and the second is none.
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let gone = format!("stun:{}", silent.local_addr().unwrap());
        drop(silent);
        let urls = [gone, "stuns:127.0.0.1".to_owned(), url];
        let mut seen = Seen::default();
        assert_eq!(seen.as_seen(own, &urls).await, public);
        // It is not asked again so soon, and what it said counts until then.
        assert_eq!(seen.as_seen(own, &[]).await, public);
        // Another line is another question.
        let another = IpAddr::from([192, 168, 1, 3]);
        assert_eq!(seen.as_seen(another, &[]).await, another);
    }
}
