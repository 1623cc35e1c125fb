//! The secret that the relay and its clients share, and how long a test waits.

use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{sleep, timeout};

/// Nothing here takes this long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const SECRET: &str = "north";

pub(crate) fn unix() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it took too long")
}

/// Looks again and again, but not forever.
pub(crate) async fn until(fits: impl Fn() -> bool) {
    let look = async {
        while !fits() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    soon(look).await;
}
