//! What must hold in every state.

/// What must hold. The names are those of the properties in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A page has at most one connection, and it is that of its call.
    OneCallAtOnce,
    /// No microphone, camera, or callee's connection before Accept, and no
    /// candidate from either side.
    NoMediaBeforeAccept,
    /// A call that has ended on a page, or whose end it has heard, never rings there.
    NoRingingAfterTheEnd,
    /// At rest, a page rings only for somebody who calls, or whom it misses already.
    RingingIsMeant,
    /// A description or candidate is only applied to a connection of its call.
    NothingReachesAnotherCall,
    /// An answer is only applied to an offer that waits for it.
    AnswersMeetOffers,
    /// Two connections that have found each other are of one call.
    BothSidesNameOneCall,
    /// Of one user's devices, one at most is connected in a call.
    OneOfTwoAcceptsWins,
    /// Without a call there is no connection and no live track.
    NothingLeftOpen,
    /// At rest, whoever calls or connects does so with somebody, or misses them already.
    NobodyWaitsForNobody,
    /// With nothing left to happen, a call is connected on both sides, or over on both.
    ConnectedOrEnded,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::OneCallAtOnce,
        Self::NoMediaBeforeAccept,
        Self::NoRingingAfterTheEnd,
        Self::RingingIsMeant,
        Self::NothingReachesAnotherCall,
        Self::AnswersMeetOffers,
        Self::BothSidesNameOneCall,
        Self::OneOfTwoAcceptsWins,
        Self::NothingLeftOpen,
        Self::NobodyWaitsForNobody,
        Self::ConnectedOrEnded,
    ];

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneCallAtOnce => "never two calls at once on a device",
            Self::NoMediaBeforeAccept => "never media or candidates before Accept",
            Self::NoRingingAfterTheEnd => "no ringing after the end",
            Self::RingingIsMeant => "at rest a page rings only while somebody calls",
            Self::NothingReachesAnotherCall => "nothing reaches another call's connection",
            Self::AnswersMeetOffers => "an answer meets an offer that waits for it",
            Self::BothSidesNameOneCall => "both sides of a live call name the same callId",
            Self::OneOfTwoAcceptsWins => "of two Accepts one wins",
            Self::NothingLeftOpen => "without a call nothing is left open",
            Self::NobodyWaitsForNobody => "at rest nobody waits for nobody",
            Self::ConnectedOrEnded => "in the end a call is connected or over on both sides",
        }
    }
}
