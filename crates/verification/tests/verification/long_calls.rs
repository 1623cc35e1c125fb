//! Calls that take long, and what changes around them.

use wimpex_identity::{Nonce, VerifyError};
use wimpex_protocol::{CallType, Envelope, Sec, Signal};
use wimpex_sansio::{Machine, outputs};
use wimpex_verification::{Assurance, Input, LocalIdentity, Output, PeerPolicy, Verifier};

use crate::peer::{Peer, START, answer, offer};
use crate::relay::{call, carry, honest};

fn sec(relayed: &Envelope) -> Option<Sec> {
    match &relayed.signal {
        Signal::CallOffer(offer) => offer.sec.clone(),
        Signal::CallAnswer(answer) => answer.sec.clone(),
        _ => None,
    }
}

#[test]
fn retransmission_after_long_outage_is_fresh() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    // Sent, lost, and retransmitted when the server is back.
    alice.send(&to_bob, offer(alice.sdp(2), CallType::Audio));
    let lost = alice.wire.pop_front().expect("an offer");
    (alice.wall, bob.wall) = (START + 180_000, START + 180_000);
    alice.send(&to_bob, offer(alice.sdp(2), CallType::Audio));
    assert_ne!(sec(&alice.wire[0]), sec(&lost));
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!((bob.delivered.len(), &bob.rejected[..]), (2, &[][..]));
    // The old one comes after all: it is of no use, and does no harm.
    bob.receive(&alice, lost.signal);
    assert_eq!((bob.delivered.len(), &bob.rejected[..]), (2, &[][..]));
    bob.send(&to_alice, answer(bob.sdp(2)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!((alice.delivered.len(), &alice.rejected[..]), (2, &[][..]));
    assert!(matches!(alice.assurance(&bob), Assurance::KeyProved(_)));
}

#[test]
fn renewed_offer_gets_renewed_answer() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.send(&to_bob, offer(alice.sdp(2), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    bob.send(&to_alice, answer(bob.sdp(2)));
    // The answer is lost.
    bob.wire.clear();
    (alice.wall, bob.wall) = (START + 45_000, START + 45_000);
    alice.send(&to_bob, offer(alice.sdp(2), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    bob.send(&to_alice, answer(bob.sdp(2)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!((alice.delivered.len(), &alice.rejected[..]), (2, &[][..]));
    assert!(bob.rejected.is_empty());
}

#[test]
fn stale_first_offer_is_not_retransmitted() {
    let (mut alice, bob) = (Peer::new(1, true), Peer::new(2, true));
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    alice.wall += 49_000;
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    assert_eq!(alice.wire.len(), 2);
    alice.wall += 2_000;
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    assert_eq!((alice.wire.len(), alice.cannot_sign), (2, 0));
}

/// The server takes her for somebody else in the middle of a call: that makes no peer
/// with a key into one without.
#[test]
fn new_login_does_not_make_a_key_a_guest() {
    let (mut alice, mut bob) = (Peer::new(1, false), Peer::new(2, true));
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    let stranger = Peer::new(7, false);
    alice.input(Input::LoggedIn(LocalIdentity {
        id: stranger.id.clone(),
        key: None,
    }));
    bob.certificate = 9;
    let forged = answer(bob.sdp(1));
    alice.receive(&bob, forged);
    assert_eq!(
        (alice.delivered.len(), &alice.rejected[..]),
        (0, &[VerifyError::Unsigned][..])
    );
}

#[test]
fn answer_without_handshake_is_rejected() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    alice.set_current(Some(&bob.id));
    bob.certificate = 9;
    let forged = answer(bob.sdp(1));
    alice.receive(&bob, forged.clone());
    assert_eq!((alice.delivered.len(), alice.rejected.len()), (0, 1));
    // That to a call that is over is: whoever waits is told so.
    alice.set_current(None);
    alice.receive(&bob, forged);
    assert_eq!(alice.delivered.len(), 1);
}

/// The one who restarts ICE, or comes back after a restart of the server, may not have
/// heard yet that the call is over.
#[test]
fn renegotiation_of_an_ended_call_alerts_nobody() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    bob.input(Input::PeerPolicy(PeerPolicy {
        contacts: vec![alice.id.clone()],
        ..PeerPolicy::default()
    }));
    call(&mut alice, &mut bob, &mut honest());
    bob.set_current(None);
    alice.send(&bob.id, offer(alice.sdp(2), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!(bob.delivered.len(), 1);
    assert!(bob.rejected.is_empty() && bob.alerts.is_empty());
    // The call machine tells them how it ended.
    assert_eq!(bob.repeated_offers, 1);
}

/// A session that begins anew sends again what the server before may not have passed on,
/// however far the call has come since.
#[test]
fn first_descriptions_within_the_call_do_no_harm() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let mut first = Vec::new();
    call(&mut alice, &mut bob, &mut |signal| {
        first.push(signal.clone());
        Some(signal)
    });
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.send(&to_bob, offer(alice.sdp(2), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    bob.send(&to_alice, answer(bob.sdp(2)));
    carry(&mut bob, &mut alice, &mut honest());
    for signal in first {
        match signal {
            Signal::CallAnswer(_) => alice.receive(&bob, signal),
            _ => bob.receive(&alice, signal),
        }
    }
    for peer in [&alice, &bob] {
        assert_eq!((peer.delivered.len(), &peer.rejected[..]), (2, &[][..]));
    }
}

/// It was sent again before it was signed, and lost a collision meanwhile: without its
/// proof it would look like a forgery.
#[test]
fn retransmission_of_a_forgotten_offer_is_not_sent_unsigned() {
    let (mut alice, bob) = (Peer::new(1, true), Peer::new(2, true));
    alice.held = Some(Vec::new());
    for _ in 0..2 {
        alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    }
    alice.set_current(None);
    alice.answer_held();
    let proofs: Vec<bool> = alice.wire.iter().map(|it| sec(it).is_some()).collect();
    assert_eq!(proofs, [true]);
}

/// The server forgot it, as it forgot that the callee is there; the callee comes back and
/// sends its answer again.
#[test]
fn retransmitted_answer_gets_the_confirmation_again() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let mut confirms = 0;
    call(&mut alice, &mut bob, &mut |signal| {
        confirms += usize::from(matches!(signal, Signal::CallConfirm(_)));
        (!matches!(signal, Signal::CallConfirm(_))).then_some(signal)
    });
    assert_eq!((confirms, bob.assurance(&alice)), (1, Assurance::Pending));
    let to_alice = alice.id.clone();
    bob.send(&to_alice, answer(bob.sdp(1)));
    carry(&mut bob, &mut alice, &mut honest());
    assert!(matches!(alice.wire[0].signal, Signal::CallConfirm(_)));
    carry(&mut alice, &mut bob, &mut honest());
    assert!(matches!(bob.assurance(&alice), Assurance::KeyProved(_)));
    // Once it is stale it is not, or it would end the call.
    alice.wall += 40_000;
    bob.wall += 40_000;
    bob.send(&to_alice, answer(bob.sdp(1)));
    carry(&mut bob, &mut alice, &mut honest());
    assert!(alice.wire.is_empty() && alice.rejected.is_empty());
}

#[test]
fn check_of_an_ended_call_is_dropped() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    bob.send(&to_alice, answer(bob.sdp(1)));
    alice.held = Some(Vec::new());
    carry(&mut bob, &mut alice, &mut honest());
    alice.set_current(None);
    for output in alice.held.take().into_iter().flatten() {
        if let Output::CheckSignature { request, .. } = output {
            alice.input(Input::SignatureChecked {
                request,
                valid: false,
                wall: alice.wall(),
            });
        }
    }
    assert!(alice.delivered.is_empty());
}

/// Nobody can tell who calls before the login: it is not sent, and the user is told.
#[test]
fn no_call_before_login() {
    let (alice, bob) = (Peer::new(1, true), Peer::new(2, true));
    let mut verifier = Verifier::default();
    let message = Envelope {
        to_id: bob.id.clone(),
        to_device: None,
        from_id: None,
        from_device: None,
        signal: offer(alice.sdp(1), CallType::Audio),
    };
    let send = Input::Send {
        message,
        nonce: Nonce::from_bytes([1; 32]),
        wall: alice.wall(),
    };
    verifier.handle(send, alice.now);
    let outputs: Vec<Output> = outputs(&mut verifier).collect();
    assert!(matches!(outputs[..], [Output::CannotSign(_)]));
}

/// A guest whose proof is kept back is not verified, and does not stay in between.
#[test]
fn guest_without_confirm_is_unverified() {
    let (mut alice, mut bob) = (Peer::new(1, false), Peer::new(2, true));
    let mut held = Vec::new();
    call(&mut alice, &mut bob, &mut |signal| match signal {
        Signal::CallConfirm(_) => {
            held.push(signal);
            None
        }
        signal => Some(signal),
    });
    assert_eq!(bob.assurance(&alice), Assurance::Pending);
    bob.time_out();
    assert_eq!(bob.assurance(&alice), Assurance::Unverified);
    assert!(bob.rejected.is_empty());
    // Late is better than never.
    for signal in held {
        bob.receive(&alice, signal);
    }
    assert!(matches!(bob.assurance(&alice), Assurance::SasOnly(_)));
}
