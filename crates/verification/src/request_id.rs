//! Which asynchronous operation an answer belongs to.

/// Names one request of a `Verifier` to sign or to check a signature, and comes back with
/// its result. Unique among the requests of one verifier; results that nobody waits for
/// any more are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// The request with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, for a driver that has to carry it elsewhere.
    pub const fn get(self) -> u64 {
        self.0
    }
}
