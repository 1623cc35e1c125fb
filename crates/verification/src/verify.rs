//! What the rest of the page knows of a verifier.

use wimpex_sansio::Machine;

use crate::{Assurance, CallKey, Input, KeptHandshake, Output};

/// A verifier behind a trait object, so that its code can be loaded later than the code
/// that holds it: signing, hashing and checking are only reachable through
/// [`crate::Verifier`].
pub trait Verify: Machine<Input = Input, Output = Output> {
    /// How far it is proved that this call is with the peer that it names.
    fn assurance(&self, call: &CallKey) -> Assurance;

    /// What another page needs of this call's handshake; `None` while it is not complete.
    fn keep(&self, call: &CallKey) -> Option<KeptHandshake>;
}

impl<V: Verify + ?Sized> Verify for Box<V> {
    fn assurance(&self, call: &CallKey) -> Assurance {
        (**self).assurance(call)
    }

    fn keep(&self, call: &CallKey) -> Option<KeptHandshake> {
        (**self).keep(call)
    }
}
