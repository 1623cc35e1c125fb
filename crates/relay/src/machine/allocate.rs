//! Making allocations, keeping and ending them (RFC 8656, sections 7 and 8).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stun_types::AddressFamily;
use stun_types::attribute::{ErrorCode, XorMappedAddress};
use stun_types::message::{Message, TransactionId};
use stun_types::prelude::{AttributeStaticType, AttributeWrite};
use turn_types::attribute::{
    AdditionalAddressFamily, AddressErrorCode, EvenPort, Lifetime, RequestedAddressFamily,
    RequestedTransport, ReservationToken, XorRelayedAddress,
};

use super::auth::Caller;
use super::{Allocation, ClientId, Family, Grant, Machine, Now, Ports, Refusal, User};
use crate::budget::Budget;
use crate::wire;

/// IANA's number for UDP, the only transport to peers (RFC 8656, section 18.8).
const UDP: u8 = 17;

/// What an Allocate request asks for.
struct Wish {
    families: Vec<Family>,
    even: bool,
    lifetime: Option<u32>,
}

impl<P: Ports, C: Clone> Machine<P, C> {
    pub(super) fn allocate(
        &mut self,
        client: ClientId,
        sink: &C,
        message: &Message<'_>,
        caller: &Caller,
        now: Now,
    ) -> Result<Grant<P::Socket>, Refusal> {
        let transaction = message.transaction_id();
        if let Some(old) = self.allocations.get(&client) {
            if old.is_alive(now.instant) {
                // Over UDP the answer may have been lost (RFC 8656, section 7.2).
                if old.transaction != transaction || old.username != caller.username {
                    return Err(ErrorCode::ALLOCATION_MISMATCH.into());
                }
                let relayed = old.relays().iter().map(|(_, address)| *address);
                let left = old.expires.saturating_duration_since(now.instant);
                return Ok(Grant::with(granted(transaction, client, relayed, left)));
            }
            self.remove(client);
        }
        let wish = wish(message)?;
        self.check_quota(&caller.user)?;
        let (sockets, failures) = self.open(&wish)?;
        let lifetime = self.lifetime(wish.lifetime, caller, now);
        let user = self.user(&caller.user, now.instant);
        for (_, address) in &sockets {
            self.relayed.insert(*address, client);
        }
        let relayed = sockets.iter().map(|(_, address)| *address);
        let mut attributes = granted(transaction, client, relayed, lifetime);
        attributes.extend(failures);
        self.allocations.insert(
            client,
            Allocation::new(
                sink.clone(),
                caller.username.clone(),
                user,
                transaction,
                sockets.clone(),
                now.instant + lifetime,
            ),
        );
        Ok(Grant {
            attributes,
            sockets,
        })
    }

    pub(super) fn refresh(
        &mut self,
        client: ClientId,
        message: &Message<'_>,
        caller: &Caller,
        now: Now,
    ) -> Result<Grant<P::Socket>, Refusal> {
        let asked = wire::attribute::<Lifetime>(message).map(|lifetime| lifetime.seconds());
        let lifetime = self.lifetime(asked, caller, now);
        let allocation = self.own_allocation(client, caller, now)?;
        let family = match message.has_attribute(RequestedAddressFamily::TYPE) {
            true => Some(requested_family(message)?),
            false => None,
        };
        if family.is_some_and(|family| allocation.relay(family).is_none()) {
            return Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH.into());
        }
        if asked != Some(0) {
            allocation.expires = now.instant + lifetime;
            return Ok(Grant::with(vec![lifetime_attribute(lifetime)]));
        }
        // Of two families one may go and the other stay.
        let gone = family.and_then(|family| Some(allocation.relay(family)?.1));
        if let (Some(family), 2..) = (family, allocation.relays().len()) {
            allocation.drop_relay(family);
            self.relayed.retain(|address, _| Some(*address) != gone);
        } else {
            self.remove(client);
        }
        Ok(Grant::with(vec![lifetime_attribute(Duration::ZERO)]))
    }

    /// The allocation of this client, if these are the credentials it was made
    /// with.
    pub(super) fn own_allocation(
        &mut self,
        client: ClientId,
        caller: &Caller,
        now: Now,
    ) -> Result<&mut Allocation<P::Socket, C>, Refusal> {
        let allocation = self
            .allocations
            .get_mut(&client)
            .filter(|allocation| allocation.is_alive(now.instant))
            .ok_or(ErrorCode::ALLOCATION_MISMATCH)?;
        if allocation.username != caller.username {
            return Err(ErrorCode::WRONG_CREDENTIALS.into());
        }
        Ok(allocation)
    }

    fn check_quota(&self, user: &str) -> Result<(), Refusal> {
        let limits = &self.rules.limits;
        let reached = |limit: usize, count: usize| limit != 0 && count >= limit;
        let users = self.users.get(user).map_or(0, |user| user.allocations);
        if reached(limits.allocations_per_user, users) {
            return Err(ErrorCode::ALLOCATION_QUOTA_REACHED.into());
        }
        if reached(limits.allocations, self.allocations.len()) {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY.into());
        }
        Ok(())
    }

    /// One relay socket of each family, or of the one that can be had, and then
    /// a word on the other.
    #[allow(clippy::type_complexity, reason = "named by the sentence above")]
    fn open(
        &mut self,
        wish: &Wish,
    ) -> Result<(Vec<(P::Socket, SocketAddr)>, Vec<Box<dyn AttributeWrite>>), Refusal> {
        let mut sockets = Vec::new();
        let mut failures: Vec<Box<dyn AttributeWrite>> = Vec::new();
        let mut failed = ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED;
        for &family in &wish.families {
            let code = if !self.ports.has(family) {
                ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED
            } else if let Some(socket) = self.ports.open(family, wish.even) {
                sockets.push(socket);
                continue;
            } else {
                ErrorCode::INSUFFICIENT_CAPACITY
            };
            failed = code;
            if let Ok(error) = ErrorCode::builder(code).build() {
                let family = match family {
                    Family::V4 => AddressFamily::IPV4,
                    Family::V6 => AddressFamily::IPV6,
                };
                failures.push(Box::new(AddressErrorCode::new(family, error)));
            }
        }
        if sockets.is_empty() {
            return Err(failed.into());
        }
        Ok((sockets, failures))
    }

    /// As long as asked, within bounds, and never longer than the credentials
    /// count.
    fn lifetime(&self, asked: Option<u32>, caller: &Caller, now: Now) -> Duration {
        let timing = &self.rules.timing;
        let asked = asked.map_or(timing.lifetime, |seconds| {
            Duration::from_secs(seconds.into())
        });
        let left = Duration::from_secs(caller.expiry).saturating_sub(now.since_1970);
        asked
            .max(timing.lifetime)
            .min(timing.max_lifetime)
            .min(left)
    }

    /// Counts one more allocation of this user.
    fn user(&mut self, name: &str, now: Instant) -> Arc<str> {
        let name: Arc<str> = match self.users.get_key_value(name) {
            Some((name, _)) => Arc::clone(name),
            None => name.into(),
        };
        let rate = self.rules.limits.user_bytes_per_second;
        let user = self.users.entry(Arc::clone(&name)).or_insert_with(|| User {
            allocations: 0,
            budget: Budget::new(rate, now),
        });
        user.allocations += 1;
        name
    }
}

fn wish(message: &Message<'_>) -> Result<Wish, Refusal> {
    let transport = wire::attribute::<RequestedTransport>(message).ok_or(ErrorCode::BAD_REQUEST)?;
    if transport.protocol() != UDP {
        return Err(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL.into());
    }
    let has_family = message.has_attribute(RequestedAddressFamily::TYPE);
    let has_both = message.has_attribute(AdditionalAddressFamily::TYPE);
    let has_token = message.has_attribute(ReservationToken::TYPE);
    let has_even = message.has_attribute(EvenPort::TYPE);
    if (has_family && has_both) || (has_token && (has_even || has_family || has_both)) {
        return Err(ErrorCode::BAD_REQUEST.into());
    }
    // No port is ever reserved for later, so no token is one of ours. WebRTC
    // has needed no pairs of ports since RTP and RTCP share one.
    let even = wire::attribute::<EvenPort>(message);
    if has_token || even.as_ref().is_some_and(EvenPort::requested) {
        return Err(ErrorCode::INSUFFICIENT_CAPACITY.into());
    }
    let families = if has_both {
        // Only IPv6 can be additional (RFC 8656, section 7.2).
        match wire::attribute::<AdditionalAddressFamily>(message) {
            Some(additional) if additional.family() == AddressFamily::IPV6 => {
                vec![Family::V4, Family::V6]
            }
            _ => return Err(ErrorCode::BAD_REQUEST.into()),
        }
    } else if has_family {
        vec![requested_family(message)?]
    } else {
        vec![Family::V4]
    };
    Ok(Wish {
        families,
        even: has_even,
        lifetime: wire::attribute::<Lifetime>(message).map(|lifetime| lifetime.seconds()),
    })
}

fn requested_family(message: &Message<'_>) -> Result<Family, Refusal> {
    match wire::attribute::<RequestedAddressFamily>(message) {
        Some(requested) if requested.family() == AddressFamily::IPV6 => Ok(Family::V6),
        Some(_) => Ok(Family::V4),
        None => Err(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED.into()),
    }
}

fn granted(
    transaction: TransactionId,
    client: ClientId,
    relayed: impl Iterator<Item = SocketAddr>,
    lifetime: Duration,
) -> Vec<Box<dyn AttributeWrite>> {
    let mut attributes: Vec<Box<dyn AttributeWrite>> = Vec::new();
    for address in relayed {
        attributes.push(Box::new(XorRelayedAddress::new(address, transaction)));
    }
    attributes.push(lifetime_attribute(lifetime));
    attributes.push(Box::new(XorMappedAddress::new(client.remote, transaction)));
    attributes
}

fn lifetime_attribute(lifetime: Duration) -> Box<dyn AttributeWrite> {
    let seconds = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
    Box::new(Lifetime::new(seconds))
}
