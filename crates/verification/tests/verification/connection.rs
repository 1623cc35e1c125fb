//! The certificate of a connection, the deadline that begins with it, and what comes over
//! its data channel.

use wimpex_protocol::{CallConfirm, CallId, CallType, Signal};
use wimpex_sansio::{Machine, outputs};
use wimpex_verification::{
    Assurance, CallKey, HANDSHAKE_TIMEOUT, Input, RemoteCertificate, Verifier, Verify,
};

use crate::peer::{Peer, answer, call_id, offer};
use crate::relay::{call, carry, honest};

/// A call whose confirmation does not arrive.
fn without_confirmation(alice: &mut Peer, bob: &mut Peer) -> Vec<CallConfirm> {
    let mut confirms = Vec::new();
    call(alice, bob, &mut |signal| match signal {
        Signal::CallConfirm(confirm) => {
            confirms.push(confirm);
            None
        }
        signal => Some(signal),
    });
    confirms
}

#[test]
fn deadline_is_ten_seconds_after_connected() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    assert_eq!(bob.verifier.poll_timeout(), None);
    let connected_at = bob.now;
    without_confirmation(&mut alice, &mut bob);
    let deadline = connected_at + HANDSHAKE_TIMEOUT;
    assert_eq!(bob.verifier.poll_timeout(), Some(deadline));
    // A connection that is repaired does not extend it.
    bob.now = connected_at + 9_000;
    bob.connected(&alice.id, alice.certificate);
    assert_eq!(bob.verifier.poll_timeout(), Some(deadline));
    // A timer that fires early does no harm.
    bob.now = connected_at + 9_999;
    bob.input(Input::Timeout);
    assert!(bob.rejected.is_empty());
    bob.now = deadline;
    bob.input(Input::Timeout);
    bob.input(Input::Timeout);
    assert_eq!(bob.rejected.len(), 1);
    assert_eq!(bob.verifier.poll_timeout(), None);
}

#[test]
fn complete_handshake_has_no_deadline() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    for peer in [&alice, &bob] {
        assert_eq!(peer.verifier.poll_timeout(), None);
    }
    // Nor has a call that is over.
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    without_confirmation(&mut alice, &mut bob);
    bob.set_current(None);
    assert_eq!(bob.verifier.poll_timeout(), None);
}

/// Where the browser gives no certificate (Firefox), its description counts; where it
/// gives nothing, nothing is proved.
#[test]
fn certificate_by_description() {
    let certificates: [fn(&Peer) -> Option<RemoteCertificate>; 3] = [
        |other| Some(RemoteCertificate::Description(other.sdp(1).0)),
        |_| Some(RemoteCertificate::Description("v=0\r\n".to_owned())),
        |_| None,
    ];
    for (i, certificate) in certificates.into_iter().enumerate() {
        let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
        without_connection(&mut alice, &mut bob);
        let connected = Input::Connected {
            call: CallKey::new(alice.id.clone(), call_id()),
            certificate: certificate(&alice),
        };
        bob.input(connected);
        let is_proved = matches!(bob.assurance(&alice), Assurance::KeyProved(_));
        assert_eq!(is_proved, i == 0);
        assert!(bob.rejected.is_empty());
    }
}

/// A whole handshake, before its connection is up.
fn without_connection(alice: &mut Peer, bob: &mut Peer) {
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    carry(alice, bob, &mut honest());
    bob.send(&to_alice, answer(bob.sdp(1)));
    carry(bob, alice, &mut honest());
    carry(alice, bob, &mut honest());
}

#[test]
fn direct_confirm_of_another_call_is_ignored() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let confirms = without_confirmation(&mut alice, &mut bob);
    let another = CallId::parse("another-call").expect("an id");
    let wall = bob.wall();
    bob.input(Input::ReceiveDirect {
        call: CallKey::new(alice.id.clone(), another),
        confirm: confirms[0].clone(),
        wall,
    });
    assert_eq!(bob.assurance(&alice), Assurance::Pending);
    assert!(bob.rejected.is_empty());
}

/// As the page holds it.
#[test]
fn verifier_is_a_trait_object() {
    let mut verifier: Box<dyn Verify + Send> = Box::new(Verifier::default());
    let alice = Peer::new(1, true);
    verifier.handle(Input::CurrentCall(None), alice.now);
    assert_eq!(outputs(&mut *verifier).count(), 0);
    let call = CallKey::new(alice.id, call_id());
    assert_eq!(verifier.assurance(&call), Assurance::Unverified);
}
