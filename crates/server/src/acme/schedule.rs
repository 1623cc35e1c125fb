//! When to ask for a certificate, and in which way.

use std::time::{Duration, SystemTime};

use instant_acme::ChallengeType;

use super::order::Failure;

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);
/// An authority that has refused is asked less often than one that was away: it counts what
/// it has refused (Let's Encrypt: five an hour).
const REFUSED: u32 = 30;

/// From when to when a certificate counts.
#[derive(Clone, Copy)]
pub(super) struct Validity {
    pub(super) from: SystemTime,
    pub(super) until: SystemTime,
}

/// When an authority would like it to be renewed (RFC 9773, section 4.2).
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub(super) start: SystemTime,
    pub(super) end: SystemTime,
}

/// When to renew. Within what the authority suggests, at a time of one's own, but with a tenth of the
/// time left at the latest: it would be wrong for long before anybody noticed. Where it suggests
/// nothing, with a third of the time left, and up to a thirtieth earlier, so that not everybody comes
/// at the same time.
pub(super) fn renew_at(validity: Validity, suggested: Option<Window>, jitter: f64) -> SystemTime {
    let whole = validity.until.duration_since(validity.from);
    let whole = whole.unwrap_or_default();
    let suggested = suggested.and_then(|Window { start, end }| {
        let width = end.duration_since(start).ok()?;
        Some(start + width.mul_f64(jitter))
    });
    match suggested {
        Some(at) => at.min(validity.until - whole / 10),
        None => validity.until - whole / 3 - (whole / 30).mul_f64(jitter),
    }
}

/// How to prove the names after so many failures. At first both ways: a proxy or a firewall
/// lets one of them through. Later one at a time, because failures are counted.
pub(super) fn ways(failures: u32) -> &'static [ChallengeType] {
    const BOTH: [ChallengeType; 2] = [ChallengeType::TlsAlpn01, ChallengeType::Http01];
    match failures {
        0 => &BOTH,
        odd if odd % 2 == 1 => &BOTH[..1],
        _ => &BOTH[1..],
    }
}

/// How long to wait after the last of so many failures: twice as long each time, and up to a
/// quarter less, so that those whom an authority has lost do not come back together.
pub(super) fn pause(failures: u32, first: Duration, last: &Failure, jitter: f64) -> Duration {
    let first = match last {
        Failure::Unreachable(_) | Failure::Clock(_) => first,
        Failure::Refused(_) | Failure::NoAccount(_) => first * REFUSED,
    };
    let doubled = first.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(LONGEST_PAUSE).mul_f64(1.0 - jitter / 4.0)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn it_is_renewed_with_a_third_of_its_time_left() {
        for (days, earliest, latest) in [(90, 57, 60), (6, 3, 4)] {
            let validity = Validity {
                from: UNIX_EPOCH,
                until: UNIX_EPOCH + days * DAY,
            };
            assert_eq!(renew_at(validity, None, 0.0), UNIX_EPOCH + latest * DAY);
            assert!(renew_at(validity, None, 1.0) >= UNIX_EPOCH + earliest * DAY);
            assert!(renew_at(validity, None, 1.0) < renew_at(validity, None, 0.0));
        }
    }

    #[test]
    fn what_the_authority_suggests_goes_before_but_not_too_far() {
        let validity = Validity {
            from: UNIX_EPOCH,
            until: UNIX_EPOCH + 90 * DAY,
        };
        let window = |start: u32, end: u32| {
            let (start, end) = (UNIX_EPOCH + start * DAY, UNIX_EPOCH + end * DAY);
            Some(Window { start, end })
        };
        for (suggested, jitter, day) in [
            (window(2, 4), 0.0, 2),
            (window(2, 4), 0.5, 3),
            (window(70, 72), 1.0, 72),
            // It would end before.
            (window(95, 99), 0.0, 81),
            // It ends before it begins: as if it had said nothing.
            (window(4, 2), 0.0, 60),
        ] {
            assert_eq!(
                renew_at(validity, suggested, jitter),
                UNIX_EPOCH + day * DAY
            );
        }
    }

    #[test]
    fn a_certificate_that_ends_before_it_begins_is_renewed() {
        let validity = Validity {
            from: UNIX_EPOCH + DAY,
            until: UNIX_EPOCH,
        };
        assert_eq!(renew_at(validity, None, 1.0), UNIX_EPOCH);
    }

    #[test]
    fn pauses_grow_to_hours() {
        let first = Duration::from_secs(30);
        let away = Failure::Unreachable(String::new());
        let pauses: Vec<u64> = (1..=12)
            .map(|failures| pause(failures, first, &away, 0.0).as_secs())
            .collect();
        assert_eq!(&pauses[..3], [30, 60, 120]);
        assert_eq!(pauses[11], 6 * 60 * 60);
        assert_eq!(pause(u32::MAX, first, &away, 0.0), LONGEST_PAUSE);
        assert!(pause(1, first, &away, 1.0) < first);
    }

    #[test]
    fn refusals_stay_below_five_an_hour() {
        let refused = Failure::Refused(String::new());
        let (mut at, mut asked) = (Duration::ZERO, 0);
        for failures in 1.. {
            if at >= Duration::from_secs(60 * 60) {
                break;
            }
            asked += ways(failures - 1).len();
            at += pause(failures, Duration::from_secs(30), &refused, 1.0);
        }
        assert!(asked <= 5, "{asked}");
    }

    #[test]
    fn both_ways_get_their_turn() {
        assert_eq!(ways(0).len(), 2);
        assert_ne!(ways(1), ways(2));
        assert_eq!(ways(1), ways(3));
    }
}
