//! Permissions and channels (RFC 8656, sections 9 to 12): with whom an
//! allocation may exchange data.

use std::net::{IpAddr, SocketAddr};

use stun_types::attribute::ErrorCode;
use stun_types::message::Message;
use turn_types::attribute::ChannelNumber;

use super::auth::Caller;
use super::data::Route;
use super::{ClientId, Family, Grant, Machine, Now, Ports, Refusal};
use crate::wire;

/// RFC 5766, section 11. RFC 8656 would have clients use 0x4fff at most, but
/// older ones (coturn's among them) take any of these, and no other protocol on
/// these ports wants the rest.
const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x7ffe;

impl<P: Ports, C: Clone> Machine<P, C> {
    pub(super) fn create_permission(
        &mut self,
        client: ClientId,
        message: &Message<'_>,
        caller: &Caller,
        now: Now,
    ) -> Result<Grant<P::Socket>, Refusal> {
        let peers = wire::peers(message)
            .filter(|peers| !peers.is_empty())
            .ok_or(ErrorCode::BAD_REQUEST)?;
        let ips: Vec<IpAddr> = peers.iter().map(SocketAddr::ip).collect();
        // All of them or none.
        self.check_permissions(client, caller, &ips, now)?;
        let until = now.instant + self.rules.timing.permission;
        let allocation = self.own_allocation(client, caller, now)?;
        for ip in ips {
            allocation.permit(ip, until);
        }
        Ok(Grant::with(Vec::new()))
    }

    pub(super) fn channel_bind(
        &mut self,
        client: ClientId,
        message: &Message<'_>,
        caller: &Caller,
        now: Now,
    ) -> Result<Grant<P::Socket>, Refusal> {
        let number = wire::attribute::<ChannelNumber>(message)
            .map(|number| number.channel())
            .filter(|number| CHANNELS.contains(number))
            .ok_or(ErrorCode::BAD_REQUEST)?;
        let Some([peer]) = wire::peers(message)
            .as_deref()
            .and_then(<[_]>::as_array)
            .copied()
        else {
            return Err(ErrorCode::BAD_REQUEST.into());
        };
        self.check_permissions(client, caller, &[peer.ip()], now)?;
        if matches!(self.route(peer), Route::Forbidden) {
            return Err(ErrorCode::FORBIDDEN.into());
        }
        let timing = &self.rules.timing;
        let (permission, channel) = (timing.permission, timing.channel);
        let most = self.rules.limits.channels_per_allocation;
        let allocation = self.own_allocation(client, caller, now)?;
        let Ok(is_bound) = allocation.check_channel(number, peer, now.instant) else {
            return Err(ErrorCode::BAD_REQUEST.into());
        };
        if !is_bound && allocation.channels() >= most {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY.into());
        }
        allocation.bind(number, peer, now.instant + channel);
        allocation.permit(peer.ip(), now.instant + permission);
        Ok(Grant::with(Vec::new()))
    }

    fn check_permissions(
        &mut self,
        client: ClientId,
        caller: &Caller,
        ips: &[IpAddr],
        now: Now,
    ) -> Result<(), Refusal> {
        let most = self.rules.limits.permissions_per_allocation;
        let allocation = self.own_allocation(client, caller, now)?;
        if allocation.permissions_with(ips) > most {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY.into());
        }
        let foreign = |ip: &IpAddr| allocation.relay(Family::of(*ip)).is_none();
        if ips.iter().any(foreign) {
            return Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH.into());
        }
        if !ips.iter().all(|ip| self.may_be_peer(*ip)) {
            return Err(ErrorCode::FORBIDDEN.into());
        }
        Ok(())
    }
}
