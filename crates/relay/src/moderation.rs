//! Letting packets gather before a thread asks for them, where there are many: to sleep and wake
//! costs some times what a packet costs, and what has gathered leaves in runs.
//!
//! Network cards do the same with their interrupts. It is worth at most a millisecond: browsers
//! take what comes within five for one burst (libwebrtc, `kBurstDeltaThreshold`), and a picture
//! lasts for sixteen at least. A call or two are not many, and wait for nothing.

use std::cell::RefCell;
use std::thread;
use std::time::{Duration, Instant};

/// The longest that packets wait for others.
const LONGEST: Duration = Duration::from_millis(1);
/// So many are worth the wait.
const ENOUGH: f64 = 24.0;
/// Over so long it is measured how many come.
const PERIOD: Duration = Duration::from_millis(10);
/// With fewer packets a second than this, each leaves as soon as it comes.
const MANY_PER_SECOND: f64 = 2_000.0;
/// After a wait that gathered nothing, it is not tried again for so long: whoever sends is waiting
/// for an answer.
const USELESS_FOR: Duration = Duration::from_millis(50);

/// Of one thread.
#[derive(Debug)]
struct Moderation {
    /// When the period began, and how many packets have come in it.
    period: Option<Instant>,
    in_period: usize,
    /// In the last whole one.
    per_second: f64,
    /// Since the last sleep.
    since_sleep: usize,
    has_waited: bool,
    not_before: Option<Instant>,
}

thread_local! {
    static OF_THREAD: RefCell<Moderation> = const { RefCell::new(Moderation::new()) };
}

/// So many packets came.
pub(crate) fn received(packets: usize) {
    OF_THREAD.with_borrow_mut(|it| it.received(packets));
}

/// To be called before a thread waits for packets; it lets them gather.
pub(crate) fn before_sleep() {
    let wait = OF_THREAD.with_borrow_mut(|it| it.wait(Instant::now()));
    if !wait.is_zero() {
        thread::sleep(wait);
    }
}

impl Moderation {
    const fn new() -> Self {
        Self {
            period: None,
            in_period: 0,
            per_second: 0.0,
            since_sleep: 0,
            has_waited: false,
            not_before: None,
        }
    }

    fn received(&mut self, packets: usize) {
        self.in_period += packets;
        self.since_sleep += packets;
    }

    /// For how long the thread is to leave packets alone before it waits for them.
    fn wait(&mut self, now: Instant) -> Duration {
        self.measure(now);
        let gathered = std::mem::take(&mut self.since_sleep);
        if std::mem::take(&mut self.has_waited) && gathered < 2 {
            self.not_before = Some(now + USELESS_FOR);
        }
        if self.per_second < MANY_PER_SECOND || self.not_before.is_some_and(|at| now < at) {
            return Duration::ZERO;
        }
        self.has_waited = true;
        Duration::from_secs_f64(ENOUGH / self.per_second).min(LONGEST)
    }

    fn measure(&mut self, now: Instant) {
        let elapsed = match self.period {
            Some(period) => now.saturating_duration_since(period),
            None => Duration::ZERO,
        };
        if self.period.is_none() || elapsed >= PERIOD {
            self.per_second = match self.period {
                Some(_) => self.in_period as f64 / elapsed.as_secs_f64(),
                None => 0.0,
            };
            self.period = Some(now);
            self.in_period = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets a second, so many each time that the thread wakes; the waits of a second.
    fn waits(per_second: usize, each_time: usize, after_wait: usize) -> Vec<Duration> {
        let mut moderation = Moderation::new();
        let start = Instant::now();
        let mut waits = Vec::new();
        let step = Duration::from_secs_f64(each_time as f64 / per_second as f64);
        let mut now = start;
        while now < start + Duration::from_secs(1) {
            let waited = waits.last().is_some_and(|wait: &Duration| !wait.is_zero());
            moderation.received(if waited { after_wait } else { each_time });
            waits.push(moderation.wait(now));
            now += step;
        }
        waits
    }

    fn longest(waits: &[Duration]) -> Duration {
        waits.iter().copied().max().unwrap()
    }

    #[test]
    fn few_packets_wait_for_nothing() {
        assert_eq!(longest(&waits(50, 1, 1)), Duration::ZERO);
        assert_eq!(longest(&waits(1_900, 1, 1)), Duration::ZERO);
        // A picture now and then is not many, either.
        assert_eq!(longest(&waits(900, 15, 15)), Duration::ZERO);
    }

    #[test]
    fn many_packets_gather_and_never_for_long() {
        let many = waits(20_000, 10, 10);
        assert_eq!(longest(&many), LONGEST);
        let waited = many.iter().filter(|wait| !wait.is_zero()).count();
        assert!(waited * 10 > many.len() * 9, "{waited} of {}", many.len());
        // The more come, the less it takes.
        let most = longest(&waits(200_000, 32, 32));
        assert!(most < LONGEST && !most.is_zero(), "{most:?}");
    }

    #[test]
    fn whoever_waits_for_an_answer_is_not_kept_waiting() {
        // One packet at a time, each after the answer to the one before.
        let waits = waits(50_000, 1, 1);
        let waited = waits.iter().filter(|wait| !wait.is_zero()).count();
        assert!(waited <= 21, "{waited} of {}", waits.len());
    }
}
