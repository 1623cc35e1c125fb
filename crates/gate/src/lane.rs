//! What waits for a signature, either way.

use wimpex_identity::Draft;
use wimpex_protocol::{Relayed, Sec, Signal};

use crate::Incoming;
use crate::session::Follows;

/// A signal on its way out.
#[derive(Debug)]
pub(crate) struct Leaving {
    pub(crate) relayed: Relayed,
    pub(crate) proof: Proof,
}

/// What goes with it.
#[derive(Debug)]
pub(crate) enum Proof {
    /// Nothing.
    None,
    /// That which went with the same words before.
    Again,
    /// It is being signed.
    Waiting { ticket: u64, draft: Draft },
    /// This.
    Ready(Sec),
}

/// A signal that is being checked; what came after it waits.
#[derive(Debug)]
pub(crate) struct Checking {
    pub(crate) ticket: u64,
    pub(crate) message: Incoming,
    pub(crate) follows: Follows,
}

/// Puts a proof into an offer, an answer or a confirmation.
pub(crate) fn attach(signal: &mut Signal, sec: Sec) {
    match signal {
        Signal::CallOffer(offer) => offer.sec = Some(sec),
        Signal::CallAnswer(answer) => answer.sec = Some(sec),
        Signal::CallConfirm(confirm) => confirm.sec = Some(sec),
        Signal::IceCandidate(_)
        | Signal::CallReject(_)
        | Signal::CallRinging(_)
        | Signal::CallEnd(_) => {}
    }
}
