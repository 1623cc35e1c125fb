//! The certificate of a connection, the deadline that begins with it, and what comes over
//! its data channel.

use wimpex_protocol::{CallConfirm, CallId, CallType, Sdp, Signal};
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
    verifier.handle(Input::CurrentCalls(Vec::new()), alice.now);
    assert_eq!(outputs(&mut *verifier).count(), 0);
    let call = CallKey::new(alice.id, call_id());
    assert_eq!(verifier.assurance(&call), Assurance::Unverified);
}

/// The description of another connection of the same page: its session is another one, its
/// certificate is not.
fn of_connection(peer: &Peer, connection: u32, version: u32) -> Sdp {
    let sdp = peer.sdp(version).0;
    Sdp(sdp.replace("o=- 1 ", &format!("o=- {connection} ")))
}

#[test]
fn another_connection_needs_no_other_handshake() {
    for has_key in [true, false] {
        let (mut alice, mut bob) = (Peer::new(1, has_key), Peer::new(2, has_key));
        call(&mut alice, &mut bob, &mut honest());
        let assurance = alice.assurance(&bob);
        let sdp = of_connection(&bob, 2, 1);
        bob.send(&alice.id.clone(), offer(sdp, CallType::Video));
        carry(&mut bob, &mut alice, &mut honest());
        let sdp = of_connection(&alice, 2, 1);
        alice.send(&bob.id.clone(), answer(sdp));
        carry(&mut alice, &mut bob, &mut honest());
        alice.connected(&bob.id.clone(), bob.certificate);
        bob.connected(&alice.id.clone(), alice.certificate);
        for peer in [&alice, &bob] {
            assert!(peer.rejected.is_empty(), "{:?}", peer.rejected);
        }
        assert_eq!(alice.assurance(&bob), assurance);
        assert_eq!(bob.assurance(&alice), assurance);
        assert_eq!((alice.delivered.len(), bob.delivered.len()), (2, 2));
    }
}

#[test]
fn the_certificate_of_each_connection_counts() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    bob.connected(&alice.id, 77);
    assert_eq!(bob.rejected.len(), 1);
    assert!(!matches!(bob.assurance(&alice), Assurance::KeyProved(_)));
}

#[test]
fn the_answer_to_an_offer_of_the_connection_before_is_no_attack() {
    for has_key in [true, false] {
        let (mut alice, mut bob) = (Peer::new(1, has_key), Peer::new(2, has_key));
        call(&mut alice, &mut bob, &mut honest());
        let before = alice.delivered.len();
        // A restart of ICE, whose answer is on its way when another connection is offered.
        alice.send(&bob.id.clone(), offer(alice.sdp(2), CallType::Video));
        carry(&mut alice, &mut bob, &mut honest());
        bob.send(&alice.id.clone(), answer(bob.sdp(2)));
        let sdp = of_connection(&alice, 2, 1);
        alice.send(&bob.id.clone(), offer(sdp, CallType::Video));
        carry(&mut bob, &mut alice, &mut honest());
        assert_eq!(alice.delivered.len(), before);
        carry(&mut alice, &mut bob, &mut honest());
        let sdp = of_connection(&bob, 2, 1);
        bob.send(&alice.id.clone(), answer(sdp));
        carry(&mut bob, &mut alice, &mut honest());
        assert_eq!(alice.delivered.len(), before + 1);
        assert!(alice.rejected.is_empty(), "{:?}", alice.rejected);
    }
}

#[test]
fn the_answer_to_an_offer_that_gave_way_is_no_attack() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    let before = alice.delivered.len();
    // Another connection, whose answer is on its way, from another one of the peer's, when yet
    // another is offered.
    let sdp = of_connection(&alice, 2, 1);
    alice.send(&bob.id.clone(), offer(sdp, CallType::Video));
    carry(&mut alice, &mut bob, &mut honest());
    let sdp = of_connection(&bob, 2, 1);
    bob.send(&alice.id.clone(), answer(sdp));
    let sdp = of_connection(&alice, 3, 1);
    alice.send(&bob.id.clone(), offer(sdp, CallType::Video));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!(alice.delivered.len(), before);
    carry(&mut alice, &mut bob, &mut honest());
    let sdp = of_connection(&bob, 3, 1);
    bob.send(&alice.id.clone(), answer(sdp));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!(alice.delivered.len(), before + 1);
    assert!(alice.rejected.is_empty(), "{:?}", alice.rejected);
}
