//! What the commands tell the person who waits: each step before it begins,
//! how long it is expected to take, and how long it took. All of it goes to
//! stderr, so that stdout carries results only.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Announces a step, does it, and says how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {what}");
    let start = Instant::now();
    let result = work();
    let took = duration(start.elapsed());
    match result {
        Ok(_) => eprintln!("    done in {took}"),
        Err(_) => eprintln!("    failed after {took}"),
    }
    result
}

/// A remark on the running step.
pub(crate) fn note(what: &str) {
    eprintln!("    {what}");
}

/// An error with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// A duration as people say it: `840 ms`, `12.3 s`, `5 min 48 s`.
pub(crate) fn duration(d: Duration) -> String {
    let seconds = d.as_secs();
    if d < Duration::from_secs(1) {
        format!("{} ms", d.as_millis())
    } else if seconds < 60 {
        format!("{:.1} s", d.as_secs_f64())
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(duration(Duration::from_millis(840)), "840 ms");
        assert_eq!(duration(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(duration(Duration::from_secs(348)), "5 min 48 s");
    }
}
