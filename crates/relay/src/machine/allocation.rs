//! One allocation: its relayed addresses, permissions and channels, and until
//! when each counts.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use stun_types::message::TransactionId;
use wimpex_limits::Network;
use wimpex_sansio::Now;

use crate::addr::{Family, PeerAddr, RelayPort};

/// See the module. `S` is a relay socket, `C` a way to send to the client.
pub(super) struct Allocation<S, C> {
    /// Leads back to the client.
    pub(super) sink: C,
    /// The whole user name; every later request must have the same.
    pub(super) username: String,
    /// Whose quota and budget this counts against.
    pub(super) user: Arc<str>,
    /// The client's, which it counts against too.
    pub(super) network: Network,
    /// Of the request that made it, to know that again.
    pub(super) transaction: TransactionId,
    pub(super) expires: Now,
    /// At most one of each family.
    relays: Vec<(S, RelayPort)>,
    permissions: HashMap<IpAddr, Now>,
    channels: HashMap<u16, Channel>,
    numbers: HashMap<PeerAddr, u16>,
}

struct Channel {
    peer: PeerAddr,
    expires: Now,
}

/// A channel and a peer do not go together: one of them is bound otherwise.
pub(super) struct BoundOtherwise;

impl<S, C> Allocation<S, C> {
    pub(super) fn new(
        sink: C,
        username: String,
        (user, network): (Arc<str>, Network),
        transaction: TransactionId,
        relays: Vec<(S, RelayPort)>,
        expires: Now,
    ) -> Self {
        Self {
            sink,
            username,
            user,
            network,
            transaction,
            expires,
            relays,
            permissions: HashMap::new(),
            channels: HashMap::new(),
            numbers: HashMap::new(),
        }
    }

    pub(super) fn is_alive(&self, now: Now) -> bool {
        now < self.expires
    }

    pub(super) fn relays(&self) -> &[(S, RelayPort)] {
        &self.relays
    }

    /// The relay of one family.
    pub(super) fn relay(&self, family: Family) -> Option<&(S, RelayPort)> {
        self.relays.iter().find(|(_, port)| port.family() == family)
    }

    /// Gives up the relay of one family.
    pub(super) fn drop_relay(&mut self, family: Family) {
        self.relays.retain(|(_, port)| port.family() != family);
    }

    pub(super) fn permits(&self, ip: IpAddr, now: Now) -> bool {
        self.permissions
            .get(&ip)
            .is_some_and(|expires| now < *expires)
    }

    /// How many permissions there would be with these too.
    pub(super) fn permissions_with(&self, ips: &[IpAddr]) -> usize {
        let new: HashSet<&IpAddr> = ips
            .iter()
            .filter(|ip| !self.permissions.contains_key(ip))
            .collect();
        self.permissions.len() + new.len()
    }

    pub(super) fn permit(&mut self, ip: IpAddr, until: Now) {
        self.permissions.insert(ip, until);
    }

    /// Whether the channel could be bound to the peer (RFC 8656, section 12.2):
    /// Ok(true) if it already is.
    pub(super) fn check_channel(
        &self,
        number: u16,
        peer: PeerAddr,
        now: Now,
    ) -> Result<bool, BoundOtherwise> {
        let alive = |number: &u16| {
            self.channels
                .get(number)
                .filter(|channel| now < channel.expires)
        };
        let by_number = alive(&number).map(|channel| channel.peer);
        let by_peer = self
            .numbers
            .get(&peer)
            .filter(|number| alive(number).is_some());
        match (by_number, by_peer) {
            (None, None) => Ok(false),
            (Some(bound), Some(&other)) if bound == peer && other == number => Ok(true),
            _ => Err(BoundOtherwise),
        }
    }

    /// After [`Self::check_channel`] said that it can be.
    pub(super) fn bind(&mut self, number: u16, peer: PeerAddr, expires: Now) {
        // Either may have belonged to a channel that has run out.
        if let Some(old) = self.channels.insert(number, Channel { peer, expires }) {
            self.numbers.remove(&old.peer);
        }
        if let Some(old) = self
            .numbers
            .insert(peer, number)
            .filter(|&old| old != number)
        {
            self.channels.remove(&old);
        }
    }

    pub(super) fn peer_of(&self, number: u16, now: Now) -> Option<PeerAddr> {
        let channel = self.channels.get(&number)?;
        (now < channel.expires).then_some(channel.peer)
    }

    pub(super) fn channel_of(&self, peer: PeerAddr, now: Now) -> Option<u16> {
        let number = *self.numbers.get(&peer)?;
        self.peer_of(number, now).map(|_| number)
    }

    pub(super) fn sweep(&mut self, now: Now) {
        self.permissions.retain(|_, expires| now < *expires);
        self.channels.retain(|_, channel| now < channel.expires);
        let channels = &self.channels;
        self.numbers
            .retain(|_, number| channels.contains_key(number));
    }

    pub(super) fn permissions(&self) -> usize {
        self.permissions.len()
    }

    pub(super) fn channels(&self) -> usize {
        self.channels.len()
    }
}
