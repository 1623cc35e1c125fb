//! Which ways to each other the two sides have named.

/// Candidates of one side (RFC 8445, section 5.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// There was one at all.
    pub any: bool,
    /// There was a relayed one.
    pub relayed: bool,
}

impl Named {
    /// Counts one more, by its `candidate-attribute` (RFC 8839, section 5.1).
    pub(super) fn add(&mut self, candidate: &str) {
        self.any = true;
        self.relayed |= candidate.contains(" typ relay");
    }
}

/// Those of both sides, in one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// Ours.
    pub own: Named,
    /// The peer's.
    pub peer: Named,
}
