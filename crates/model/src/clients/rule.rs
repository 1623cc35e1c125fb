//! What must hold of whole clients.

use std::time::Duration;

/// After the last thing that a person did or that went wrong, everything is decided
/// within this: longer than a call rings, connects or reconnects, and than a socket can
/// be dead without being found out.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// What must hold. The names are those of the properties in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientsRule {
    /// Two clients are never connected to each other in different calls.
    OneCallBetweenTwo,
    /// A browser is asked nothing that [`crate::Rule`] forbids, and without a call it has
    /// no connection and no live track.
    BrowsersAreAskedRight,
    /// Among honest people no message fails verification.
    NoAlert,
    /// A connected call with a key is proved before the handshake's deadline, and never
    /// counts as that of a guest.
    ProvedByTheDeadline,
    /// With sockets that work every client is online within ninety seconds.
    OnlineInTheEnd,
    /// A call is connected and proved, or over, within that time.
    DecidedInTheEnd,
    /// With working sockets and nothing on its way, whoever calls rings at the other, and
    /// the other way round; unless a page, a session or a single frame may be gone, which
    /// is found out later.
    NobodyWaitsForNobody,
    /// At rest both are connected in one call and have the same SAS, or neither is.
    ConnectedTogether,
    /// What one client shows as connected the other can end.
    EitherCanEnd,
}

impl ClientsRule {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::OneCallBetweenTwo,
        Self::BrowsersAreAskedRight,
        Self::NoAlert,
        Self::ProvedByTheDeadline,
        Self::OnlineInTheEnd,
        Self::DecidedInTheEnd,
        Self::NobodyWaitsForNobody,
        Self::ConnectedTogether,
        Self::EitherCanEnd,
    ];

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneCallBetweenTwo => "two clients are never connected in different calls",
            Self::BrowsersAreAskedRight => "a client asks its browser for what it may",
            Self::NoAlert => "no alert among honest people",
            Self::ProvedByTheDeadline => "a connected call is proved by the deadline",
            Self::OnlineInTheEnd => "with working sockets every client is online in the end",
            Self::DecidedInTheEnd => "in the end a call is connected and proved, or over",
            Self::NobodyWaitsForNobody => "whoever calls rings, and the other way round",
            Self::ConnectedTogether => "at rest two are connected together, or neither is",
            Self::EitherCanEnd => "what one shows as connected the other can end",
        }
    }
}
