//! A page that comes back to a call, with the handshake of the page before.

use wimpex_identity::VerifyError;
use wimpex_protocol::CallType;
use wimpex_verification::{Assurance, CallKey, Input, KeptHandshake, Verifier, Verify};

use crate::peer::{Peer, answer, call_id, offer};
use crate::relay::{call, carry, honest};

/// The page is loaded anew; what was kept went through the browser's database.
fn reload(peer: &mut Peer, other: &Peer) {
    let key = CallKey::new(other.id.clone(), call_id());
    let kept = peer.verifier.keep(&key).expect("a complete handshake");
    let kept = KeptHandshake::parse(&kept.encode()).expect("it was kept");
    assert_eq!(kept.key(), key);
    let local = peer.identity();
    peer.verifier = Verifier::default();
    peer.input(Input::LoggedIn(local));
    peer.input(Input::CurrentCalls(vec![key]));
    peer.input(Input::Restore(Box::new(kept)));
    peer.wall += 5_000;
}

#[test]
fn report_11_a_page_that_comes_back_is_verified_as_before() {
    for (alice_key, bob_key) in [(true, true), (true, false), (false, true), (false, false)] {
        for returns in [0, 1] {
            let mut peers = [Peer::new(1, alice_key), Peer::new(2, bob_key)];
            let [alice, bob] = &mut peers;
            call(alice, bob, &mut honest());
            let before = alice.assurance(bob);
            let [alice, bob] = peers;
            let (mut one, mut two) = if returns == 0 {
                (alice, bob)
            } else {
                (bob, alice)
            };
            reload(&mut one, &two);
            assert_eq!(one.assurance(&two), Assurance::Pending);
            let (to_two, to_one) = (two.id.clone(), one.id.clone());
            one.send(&to_two, offer(one.sdp(2), CallType::Audio));
            carry(&mut one, &mut two, &mut honest());
            two.send(&to_one, answer(two.sdp(2)));
            carry(&mut two, &mut one, &mut honest());
            one.connected(&to_two, two.certificate);
            two.connected(&to_one, one.certificate);
            for (side, other) in [(&one, &two), (&two, &one)] {
                assert_eq!(side.rejected, []);
                let sas = |assurance| match assurance {
                    Assurance::SasOnly(sas) | Assurance::KeyProved(sas) => Some(sas),
                    Assurance::Unverified | Assurance::Pending => None,
                };
                assert_eq!(sas(side.assurance(other)), sas(before));
                assert!(sas(before).is_some());
            }
        }
    }
}

#[test]
fn another_certificate_is_refused_after_the_return_too() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    reload(&mut alice, &bob);
    alice.connected(&bob.id.clone(), 77);
    assert_eq!(alice.rejected, [VerifyError::OtherCertificate]);
    // And so is a description with one, of whoever has got at what was kept.
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    reload(&mut alice, &bob);
    let to_bob = bob.id.clone();
    alice.certificate = 78;
    alice.send(&to_bob, offer(alice.sdp(2), CallType::Audio));
    assert!(alice.wire.is_empty());
}

#[test]
fn a_handshake_that_is_not_complete_is_not_kept() {
    let (mut alice, bob) = (Peer::new(1, true), Peer::new(2, true));
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    let key = CallKey::new(bob.id.clone(), call_id());
    assert_eq!(alice.verifier.keep(&key), None);
    assert_eq!(KeptHandshake::parse("device - something else"), None);
}
