//! Waiting for conditions instead of for time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, sleep};

/// How long a condition may take before it counts as never. Generous: a loaded
/// machine is no failure.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

const POLL: Duration = Duration::from_millis(40);

/// Asks until the answer is `Ok`, and panics with the last `Err` after [`WAIT_TIMEOUT`].
pub async fn wait_until<T>(what: &str, check: impl AsyncFnMut() -> Result<T, String>) -> T {
    wait_until_within(WAIT_TIMEOUT, what, check).await
}

/// [`eventually`] with another deadline, where the deadline itself is promised.
pub async fn wait_until_within<T>(
    deadline: Duration,
    what: &str,
    mut check: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let start = Instant::now();
    loop {
        let last = match check().await {
            Ok(value) => return value,
            Err(why) => why,
        };
        if start.elapsed() > deadline {
            panic!("waited {deadline:?} in vain for {what}; last: {last}");
        }
        sleep(POLL).await;
    }
}

/// For what must not happen: asks for as long as `span`, and panics at the first `Err`.
pub async fn holds_for(
    span: Duration,
    what: &str,
    mut check: impl AsyncFnMut() -> Result<(), String>,
) {
    let start = Instant::now();
    while start.elapsed() < span {
        if let Err(why) = check().await {
            panic!("{what} did not hold: {why}");
        }
        sleep(POLL).await;
    }
}

/// The clock that the probe's times are of: milliseconds since 1970.
pub fn now_millis() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = now.expect("a clock after 1970").as_millis();
    u64::try_from(millis).expect("a clock before the year 500 million")
}
