//! How many allocations and how many bytes each user, each client network and all of them
//! together may have (RFC 8656, section 7.2: allocation quota).

use std::collections::HashMap;
use std::sync::Arc;

use stun_types::attribute::ErrorCode;
use wimpex_limits::{Network, TokenBucket};
use wimpex_sansio::Now;

use crate::config::Limits;
use crate::machine::io::Amount;
use crate::request::Code;

/// Seconds' worth of bytes that may come at once; a video begins with a burst.
const BURST_SECONDS: f64 = 1.0;
/// A slow user's burst still holds some of the largest packets.
const BURST_BYTES: f64 = 16.0 * 1024.0;

/// What users and networks have taken of what they may.
pub(super) struct Quotas {
    limits: Limits,
    allocations: usize,
    users: HashMap<Arc<str>, Usage>,
    networks: HashMap<Network, Usage>,
    /// Of all users together.
    bandwidth: TokenBucket,
}

/// Of a user or a network.
struct Usage {
    allocations: usize,
    bandwidth: TokenBucket,
}

impl Quotas {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            bandwidth: bandwidth(limits.total_kbps, Now::ZERO),
            limits,
            allocations: 0,
            users: HashMap::new(),
            networks: HashMap::new(),
        }
    }

    /// Users who have an allocation, or had one so lately that their bandwidth still counts.
    pub(super) fn users(&self) -> usize {
        self.users.len()
    }

    /// Whether the user may have one more allocation, from this network.
    ///
    /// # Errors
    /// 486 when the quota of either is reached, 508 when the relay's is, or when there is
    /// little bandwidth left: that is for the calls that are relayed already.
    pub(super) fn check(&mut self, user: &str, network: Network, now: Now) -> Result<(), Code> {
        let reached = |limit: usize, count: usize| limit != 0 && count >= limit;
        let of_user = self.users.get(user).map_or(0, |user| user.allocations);
        let of_network = self.networks.get(&network).map_or(0, |it| it.allocations);
        if reached(self.limits.allocations_per_user, of_user)
            || reached(self.limits.allocations_per_network, of_network)
        {
            return Err(ErrorCode::ALLOCATION_QUOTA_REACHED);
        }
        if reached(self.limits.allocations, self.allocations) || !self.bandwidth.is_half_full(now) {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        Ok(())
    }

    /// Counts one more allocation of this user and this network; the user's name, shared.
    pub(super) fn add(&mut self, name: &str, network: Network, now: Now) -> Arc<str> {
        let name: Arc<str> = match self.users.get_key_value(name) {
            Some((name, _)) => Arc::clone(name),
            None => name.into(),
        };
        let unused = |kbps: u64| Usage {
            allocations: 0,
            bandwidth: bandwidth(kbps, now),
        };
        let user = self.users.entry(Arc::clone(&name));
        user.or_insert_with(|| unused(self.limits.user_kbps))
            .allocations += 1;
        let network = self.networks.entry(network);
        network
            .or_insert_with(|| unused(self.limits.network_kbps))
            .allocations += 1;
        self.allocations += 1;
        name
    }

    /// Counts one less.
    pub(super) fn remove(&mut self, user: &str, network: Network) {
        self.allocations = self.allocations.saturating_sub(1);
        let usage = [self.users.get_mut(user), self.networks.get_mut(&network)];
        for usage in usage.into_iter().flatten() {
            usage.allocations = usage.allocations.saturating_sub(1);
        }
    }

    /// How many datagrams of this user and this network may pass now, the first ones, if any
    /// may; they are paid for, by all that limits them or by none.
    pub(super) fn take(
        &mut self,
        user: &str,
        network: Network,
        amount: Amount,
        now: Now,
    ) -> Option<usize> {
        let user = &mut self.users.get_mut(user)?.bandwidth;
        let network = &mut self.networks.get_mut(&network)?.bandwidth;
        let mut pay = |bytes: usize| {
            let bytes = bytes as f64;
            user.has(bytes, now)
                && network.has(bytes, now)
                && self.bandwidth.take(bytes, now)
                && user.take(bytes, now)
                && network.take(bytes, now)
        };
        if pay(amount.bytes()) {
            return Some(amount.count);
        }
        let mut passes = 0;
        while passes + 1 < amount.count && pay(amount.each) {
            passes += 1;
        }
        (passes > 0).then_some(passes)
    }

    /// Nobody has anything, or had it so lately that it counts.
    pub(super) fn are_unused(&self) -> bool {
        self.users.is_empty() && self.networks.is_empty()
    }

    /// Forgets everybody.
    pub(super) fn clear(&mut self) {
        self.allocations = 0;
        self.users.clear();
        self.networks.clear();
    }

    /// Forgets who has nothing. Bandwidth that could be had anew by leaving and coming back
    /// would be no limit.
    pub(super) fn sweep(&mut self, now: Now) {
        let counts = |usage: &mut Usage| usage.allocations > 0 || !usage.bandwidth.is_full(now);
        self.users.retain(|_, user| counts(user));
        self.networks.retain(|_, network| counts(network));
    }
}

/// A limit in kilobits a second; 0 is none.
fn bandwidth(kbps: u64, now: Now) -> TokenBucket {
    let bytes_per_second = kbps.saturating_mul(1000) as f64 / 8.0;
    let burst = (bytes_per_second * BURST_SECONDS).max(BURST_BYTES);
    TokenBucket::new(bytes_per_second, burst, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMOUNT: Amount = Amount {
        count: 64,
        each: 1_000,
        last: 200,
    };

    /// Somebody with a bucket of 16 KiB, which is what a slow one holds.
    fn slow() -> (Quotas, Arc<str>, Network) {
        let mut quotas = Quotas::new(Limits {
            user_kbps: 80,
            network_kbps: 0,
            total_kbps: 0,
            ..Limits::default()
        });
        let network = Network::of([192, 0, 2, 1].into());
        let user = quotas.add("alice", network, Now::ZERO);
        (quotas, user, network)
    }

    #[test]
    fn of_a_run_the_first_pass_as_each_by_itself_would() {
        let (mut quotas, user, network) = slow();
        assert_eq!(quotas.take(&user, network, AMOUNT, Now::ZERO), Some(16));
        assert_eq!(quotas.take(&user, network, AMOUNT, Now::ZERO), None);
        // 10,000 bytes a second, and 384 that were left.
        let later = Now::from_millis(1_000);
        assert_eq!(quotas.take(&user, network, AMOUNT, later), Some(10));
        let short = AMOUNT.first(2);
        assert_eq!((short.count, short.bytes()), (2, 2_000));
        assert_eq!(quotas.take(&user, network, short, later), None);
    }

    #[test]
    fn every_byte_of_a_run_is_paid_for() {
        let (mut quotas, user, network) = slow();
        let run = Amount {
            count: 16,
            ..AMOUNT
        };
        assert_eq!(run.bytes(), 15_200);
        assert_eq!(quotas.take(&user, network, run, Now::ZERO), Some(16));
        let one = |each| Amount {
            count: 1,
            each,
            last: each,
        };
        assert_eq!(quotas.take(&user, network, one(1_185), Now::ZERO), None);
        assert_eq!(quotas.take(&user, network, one(1_184), Now::ZERO), Some(1));
        assert_eq!(quotas.take(&user, network, one(0), Now::ZERO), Some(1));
    }
}
