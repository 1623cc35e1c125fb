//! Which kinds of candidates the two sides of a call have gathered: what a failed call is
//! explained by.

/// The candidates of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CandidateSummary {
    /// There was at least one.
    pub any: bool,
    /// There was at least one of type `relay` (RFC 8445, section 5.1.1).
    pub relayed: bool,
}

impl CandidateSummary {
    /// Takes one more, as its `candidate-attribute` (RFC 8839, section 5.1).
    pub(super) fn add(&mut self, candidate: &str) {
        self.any = true;
        self.relayed |= candidate.contains(" typ relay");
    }
}

/// Those of both sides, in one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CandidateSummaries {
    /// Gathered here.
    pub local: CandidateSummary,
    /// Received from the peer.
    pub remote: CandidateSummary,
}
