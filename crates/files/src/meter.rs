//! How fast something grows, and when it will be whole.

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_sansio::Now;

/// Over so long the speed is reckoned.
const SPAN: Duration = Duration::from_secs(4);
/// Between two points that are kept.
const STEP: Duration = Duration::from_millis(200);

/// Points of the last seconds: when, and how many bytes there were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter(VecDeque<(Now, u64)>);

impl Meter {
    /// So many bytes are there now.
    pub(crate) fn push(&mut self, now: Now, bytes: u64) {
        let last = self.0.back();
        // Fewer than before: it began anew.
        if last.is_some_and(|(_, before)| *before > bytes) {
            self.0.clear();
        }
        let is_next = self.0.back().is_none_or(|(at, _)| now.since(*at) >= STEP);
        if is_next {
            self.0.push_back((now, bytes));
        }
        while self.0.len() > 2 && self.0.get(1).is_some_and(|(at, _)| now.since(*at) > SPAN) {
            self.0.pop_front();
        }
    }

    /// It stands: what was before says nothing of what comes.
    pub(crate) fn stop(&mut self) {
        self.0.clear();
    }

    /// Bytes a second; 0 while that is unknown.
    pub(crate) fn rate(&self) -> u64 {
        let (Some((from, first)), Some((to, last))) = (self.0.front(), self.0.back()) else {
            return 0;
        };
        let millis = to.since(*from).as_millis() as u64;
        (last - first)
            .saturating_mul(1000)
            .checked_div(millis)
            .unwrap_or(0)
    }
}
