//! Whatever carries the messages of two verifiers.

use wimpex_protocol::{CallType, Signal};

use crate::peer::{Peer, answer, offer};

/// Whoever carries it: gives back what arrives, or nothing.
pub(crate) type Relay<'a> = &'a mut dyn FnMut(Signal) -> Option<Signal>;

pub(crate) fn carry(from: &mut Peer, to: &mut Peer, relay: Relay<'_>) {
    while let Some(relayed) = from.wire.pop_front() {
        if let Some(signal) = relay(relayed.signal) {
            to.receive(from, signal);
        }
    }
}

/// A whole call, all of whose messages the relay may change.
pub(crate) fn call(alice: &mut Peer, bob: &mut Peer, relay: Relay<'_>) {
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    carry(alice, bob, relay);
    if bob.delivered.is_empty() {
        return;
    }
    bob.send(&to_alice, answer(bob.sdp(1)));
    carry(bob, alice, relay);
    carry(alice, bob, relay);
    alice.connected(&to_bob, bob.certificate);
    bob.connected(&to_alice, alice.certificate);
}

pub(crate) fn honest() -> impl FnMut(Signal) -> Option<Signal> {
    Some
}
