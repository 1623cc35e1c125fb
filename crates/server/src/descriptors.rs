//! Whether the system allows as many file descriptors as the limits let be used.
//!
//! Found out at the start: what is found out at the limit is found out by people.

use crate::config::{Config, Role};
use crate::listener::SPARE_CONNECTIONS;

/// Listeners, logs, the runtime, and files that are read now and then.
const OWN: u64 = 128;
/// With fewer the server could not do its work at all.
const LEAST: u64 = 32;

/// The system allows fewer than any server needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system allows {0} file descriptors, and {LEAST} are needed at least; see ulimit -n")]
pub struct TooFewDescriptors(u64);

/// Shrinks the limits until they fit into so many descriptors. Says how many they
/// wanted, if that was more. A limit of 0 is none, and cannot be kept: it becomes
/// what fits.
///
/// # Errors
/// [`TooFewDescriptors`] if nothing sensible is left.
pub fn fit_limits(config: &mut Config, allowed: u64) -> Result<Option<u64>, TooFewDescriptors> {
    if allowed < LEAST {
        return Err(TooFewDescriptors(allowed));
    }
    let wanted = wanted(config);
    if wanted <= allowed {
        return Ok(None);
    }
    // In proportion, so that none of them starves.
    let spare = if config.role == Role::Turn {
        0
    } else {
        SPARE_CONNECTIONS as u64
    };
    let fixed = OWN.min(allowed / 2) + spare.min(allowed / 4);
    let share = (allowed - fixed) as f64 / (wanted - OWN - spare).max(1) as f64;
    let shrink = |limit: &mut usize| *limit = ((or_many(*limit) as f64 * share) as usize).max(1);
    shrink(&mut config.limits.max_connections);
    if config.role != Role::Signaling {
        shrink(&mut config.turn.limits.connections);
        shrink(&mut config.turn.limits.allocations);
    }
    Ok(Some(wanted))
}

/// A limit of 0 is none.
fn or_many(limit: usize) -> usize {
    const MANY: usize = 1_000_000;
    if limit == 0 { MANY } else { limit.min(MANY) }
}

fn wanted(config: &Config) -> u64 {
    let http = if config.role == Role::Turn {
        0
    } else {
        or_many(config.limits.max_connections) + SPARE_CONNECTIONS
    };
    let relay = if config.role == Role::Signaling || !crate::turn::is_wanted(config) {
        0
    } else {
        // An allocation may have a socket of each family.
        let limits = &config.turn.limits;
        or_many(limits.connections) + 2 * or_many(limits.allocations)
    };
    OWN + (http + relay) as u64
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn config(flags: &[&str]) -> Config {
        Config::parse_from([&["wimpex-server"], flags].concat())
    }

    #[test]
    fn limits_that_fit_stay() {
        let mut config = config(&["--turn=false"]);
        assert_eq!(fit_limits(&mut config, 20_000), Ok(None));
        assert_eq!(config.limits.max_connections, 10_000);
    }

    #[test]
    fn limits_that_do_not_fit_shrink_in_proportion() {
        for flags in [
            &["--turn"][..],
            &["--turn=false"],
            &["--turn", "--max-connections=0", "--turn-allocations=0"],
            &["--role=turn"],
        ] {
            let mut config = config(flags);
            assert!(fit_limits(&mut config, 8_192).unwrap().is_some());
            assert!(wanted(&config) <= 8_192, "{flags:?}");
            assert!(config.limits.max_connections > 0, "{flags:?}");
        }
    }

    #[test]
    fn too_few_are_refused() {
        assert!(fit_limits(&mut config(&[]), 16).is_err());
    }
}
