//! Whether an incoming offer collides with a call that is there (glare), and how.

use crate::memory::Outcome;

/// What an offer meets when it arrives, in the words of RingRTC's
/// `ReceivedOfferCollision` where it has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collision {
    /// Nothing: there is no call.
    None,
    /// Its own call, which has ended here so.
    Ended(Outcome),
    /// Its own call: it is a renegotiation, or a repetition.
    SameCall,
    /// A call with somebody else.
    Busy,
    /// A call with somebody else that is going on, and no second one: it rings inside that
    /// (call waiting, 3GPP TS 24.615).
    CallWaiting,
    /// The prompt of a stranger, which the user has not answered. Whoever the user knows
    /// takes its place: nobody may keep a contact out by ringing.
    StrangersPrompt,
    /// An offer of ours to the same peer, which wins.
    GlareWinner,
    /// An offer of ours to the same peer, which loses.
    GlareLoser,
    /// The call for which the peer gave this one up: its answer to our offer has
    /// overtaken this offer.
    GlareSettled,
    /// A call with the same peer, who would not call if it still knew of that one.
    ReCall,
}
