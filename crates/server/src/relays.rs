//! Relays that run elsewhere (`--role turn` with `--nats`): they say each second where they are, and
//! clients are told two of them.
//!
//! The nearest go first, by the regions that the host has named; within one, each has a part of the
//! people that goes by how much room it has. Who is told which follows from the relay and the person
//! alone, so that somebody who asks again is told the same, and that all servers agree.

mod announcer;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wimpex_protocol::UserId;
use wimpex_sansio::Now;

use crate::url_scheme::check_schemes;

pub(crate) use announcer::Announcer;

/// How often a relay says where it is.
pub(crate) const SAY: Duration = Duration::from_secs(1);
/// One that has said nothing for so long is dead. With the second in which it is noticed, nobody is told
/// of it five seconds after its last sign of life.
const DEAD: Duration = Duration::from_millis(3_500);
/// How many a client is told.
const TOLD: usize = 2;
/// More than these are not of one host.
const MOST: usize = 1_024;
/// What one may say: addresses of two families, three ways each.
const MOST_URLS: usize = 16;
const MOST_BYTES: usize = 8 * 1024;
const URL_BYTES: usize = 300;
const NAME_BYTES: usize = 64;

/// Where relays say it.
pub(crate) fn subject(prefix: &str) -> String {
    format!("{prefix}.relay")
}

/// What a relay says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Said {
    /// The same for a process that has taken the place of another.
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) region: String,
    pub(crate) stun: Vec<String>,
    pub(crate) turn: Vec<String>,
    /// Relayed addresses that it has given out, and how many it gives out at most.
    pub(crate) allocations: u64,
    pub(crate) most: u64,
    /// It takes nobody new.
    #[serde(default)]
    pub(crate) over: bool,
}

impl Said {
    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers can be written")
    }

    /// `None` for what no relay says.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MOST_BYTES {
            return None;
        }
        let said: Self = serde_json::from_slice(bytes).ok()?;
        let urls = || said.stun.iter().chain(&said.turn);
        let is_plain =
            |url: &String| url.len() <= URL_BYTES && url.bytes().all(|b| b.is_ascii_graphic());
        let fits = said.id.len() <= URL_BYTES
            && said.region.len() <= NAME_BYTES
            && urls().count() <= MOST_URLS
            && urls().all(is_plain)
            && check_schemes(&said.stun, "", ["stun:", "stuns:"]).is_ok()
            && check_schemes(&said.turn, "", ["turn:", "turns:"]).is_ok();
        fits.then_some(said)
    }

    /// The part of it that is free, in thousandths; at least one, so that there is always one to tell.
    fn room(&self) -> u64 {
        let free = self.most.saturating_sub(self.allocations);
        let part = u128::from(free) * 1_000 / u128::from(self.most.max(1));
        u64::try_from(part).unwrap_or(1_000).max(1)
    }
}

/// What a client is told of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) stun: Vec<String>,
    pub(crate) turn: Vec<String>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Relays {
    /// The nearest first.
    regions: Vec<String>,
    known: Mutex<BTreeMap<String, (Said, Now)>>,
}

impl Relays {
    /// `regions`: the nearest first.
    pub(crate) fn new(regions: &[String]) -> Self {
        Self {
            regions: regions.to_vec(),
            known: Mutex::default(),
        }
    }

    /// A relay says where it is, or that it takes nobody new.
    pub(crate) fn hear(&self, said: Said, now: Now) {
        let mut known = self.lock();
        if !said.over && (known.len() < MOST || known.contains_key(&said.id)) {
            known.insert(said.id.clone(), (said, now));
        } else if let Some((was, _)) = known.get_mut(&said.id) {
            was.over = true;
        }
    }

    /// Nobody could be heard until now: nobody has died.
    pub(crate) fn spare(&self, now: Now) {
        for (_, heard) in self.lock().values_mut() {
            *heard = now;
        }
    }

    /// Takes leave of those that are dead or take nobody new; says whether there were any. Whom they
    /// were told to is not known: others were there then, with other loads.
    pub(crate) fn bury(&self, now: Now) -> bool {
        let mut known = self.lock();
        let before = known.len();
        known.retain(|_, (said, heard)| !said.over && now.since(*heard) <= DEAD);
        known.len() < before
    }

    /// The two for this user; none where nobody has said anything.
    pub(crate) fn told(&self, user: &UserId) -> Vec<Told> {
        let known = self.lock();
        let living = known.values().map(|(said, _)| said).filter(|it| !it.over);
        let chosen = choose(living, &self.regions, user);
        let told = |said: &&Said| Told {
            stun: said.stun.clone(),
            turn: said.turn.clone(),
        };
        chosen.iter().map(told).collect()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (Said, Now)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By region, then by weighted rendezvous: each draws a number that only it and the user decide, and
/// that grows with its room.
fn choose<'a>(
    all: impl Iterator<Item = &'a Said>,
    regions: &[String],
    user: &UserId,
) -> Vec<&'a Said> {
    let rank = |said: &Said| {
        let place = regions.iter().position(|region| *region == said.region);
        place.unwrap_or(regions.len())
    };
    let draw = |said: &Said| {
        let hash = Sha256::digest(format!("{} {user}", said.id));
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash);
        let even =
            (f64::from(u32::from_be_bytes([a, b, c, d])) + 1.0) / (f64::from(u32::MAX) + 2.0);
        // Thrown so, each wins as often as its room is a part of that of all.
        even.ln() / said.room() as f64
    };
    let mut drawn: Vec<(usize, f64, &Said)> =
        all.map(|said| (rank(said), draw(said), said)).collect();
    drawn.sort_by(|one, other| {
        let by_rank = one.0.cmp(&other.0);
        by_rank.then(other.1.total_cmp(&one.1))
    });
    drawn.truncate(TOLD);
    drawn.into_iter().map(|(.., said)| said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: &str, region: &str, allocations: u64) -> Said {
        Said {
            id: id.to_owned(),
            region: region.to_owned(),
            stun: vec![format!("stun:{id}:3478")],
            turn: vec![format!("turn:{id}:3478?transport=udp")],
            allocations,
            most: 100,
            over: false,
        }
    }

    fn after(time: Duration) -> Now {
        Now::ZERO + time.as_millis() as u64
    }

    fn user(nth: u32) -> UserId {
        UserId::parse(format!("user-{nth}")).unwrap()
    }

    fn names(relays: &Relays, nth: u32) -> Vec<String> {
        let told = relays.told(&user(nth)).into_iter();
        told.map(|it| it.stun[0].split(':').nth(1).unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_nearest_are_told_first_and_two_at_most() {
        let now = Now::ZERO;
        let relays = Relays::new(&["north".to_owned(), "west".to_owned()]);
        assert!(names(&relays, 1).is_empty());
        for (id, region) in [("a", "south"), ("b", "west"), ("c", "north")] {
            relays.hear(said(id, region, 99), now);
        }
        for nth in 0..20 {
            assert_eq!(names(&relays, nth), ["c", "b"]);
        }
        relays.hear(said("d", "north", 0), now);
        for nth in 0..20 {
            let mut told = names(&relays, nth);
            told.sort();
            assert_eq!(told, ["c", "d"]);
        }
    }

    #[test]
    fn who_has_more_room_is_told_more_often() {
        let now = Now::ZERO;
        let relays = Relays::new(&[]);
        // 90, 60 and 30 of a hundred are free.
        for (id, allocations) in [("a", 10), ("b", 40), ("c", 70)] {
            relays.hear(said(id, "", allocations), now);
        }
        let first = |id: &str| {
            (0..3_000)
                .filter(|nth| names(&relays, *nth)[0] == id)
                .count()
        };
        let [a, b, c] = ["a", "b", "c"].map(first);
        for (told, expected) in [(a, 1_500), (b, 1_000), (c, 500)] {
            assert!(told.abs_diff(expected) < 150, "{a} {b} {c}");
        }
        // Whoever asks again is told the same, though the load has changed a little.
        let before: Vec<_> = (0..100).map(|nth| names(&relays, nth)).collect();
        relays.hear(said("a", "", 11), now);
        let same = (0..100).filter(|nth| names(&relays, *nth) == before[*nth as usize]);
        assert!(same.count() >= 95);
    }

    #[test]
    fn the_dead_are_told_no_more() {
        let now = Now::ZERO;
        let relays = Relays::new(&[]);
        for id in ["a", "b", "c"] {
            relays.hear(said(id, "", 0), now);
        }
        assert!(!relays.bury(after(DEAD)));
        let later = after(DEAD + Duration::from_millis(1));
        for id in ["b", "c"] {
            relays.hear(said(id, "", 0), later);
        }
        assert!(relays.bury(later));
        for nth in 0..50 {
            assert!(!names(&relays, nth).contains(&"a".to_owned()));
        }
        // While nobody can be heard nobody dies.
        relays.spare(after(4 * DEAD));
        assert!(!relays.bury(after(4 * DEAD)));
        // One that ends says so.
        relays.hear(
            Said {
                over: true,
                ..said("b", "", 0)
            },
            later,
        );
        assert_eq!(names(&relays, 1), ["c"]);
        assert!(relays.bury(later));
        assert_eq!(relays.count(), 1);
    }

    #[test]
    fn what_no_relay_says_is_not_heard() {
        let good = said("a", "", 0);
        assert_eq!(Said::decode(&good.encode()), Some(good.clone()));
        let long = "x".repeat(URL_BYTES + 1);
        for wrong in [
            Said {
                stun: vec!["http://a".to_owned()],
                ..good.clone()
            },
            Said {
                turn: vec![format!("turn:{long}")],
                ..good.clone()
            },
            Said {
                turn: vec!["turn:a\nb".to_owned()],
                ..good.clone()
            },
            Said {
                turn: vec!["turn:a".to_owned(); MOST_URLS],
                ..good.clone()
            },
            Said {
                id: long.clone(),
                ..good.clone()
            },
            Said {
                region: long.clone(),
                ..good.clone()
            },
        ] {
            assert_eq!(Said::decode(&wrong.encode()), None, "{wrong:?}");
        }
        for bytes in [&b""[..], b"{}", b"[1]", &[255; 40], &[b'['; 5_000]] {
            assert_eq!(Said::decode(bytes), None);
        }
        // Nonsense about its load is no reason to fall.
        let odd = Said {
            most: 0,
            allocations: u64::MAX,
            ..good
        };
        assert_eq!(odd.room(), 1);
        let relays = Relays::new(&[]);
        for nth in 0..2 * MOST {
            relays.hear(said(&nth.to_string(), "", 0), Now::ZERO);
        }
        assert_eq!(relays.count(), MOST);
    }
}
