//! Strangers by the thousand, and somebody whom the user means among them.

use wimpex_identity::VerifyError;
use wimpex_protocol::{CallId, CallType, IceCandidate, Signal, UserId};
use wimpex_verification::{Assurance, Input, Output, PeerPolicy};

use crate::peer::{Peer, offer};
use crate::relay::{carry, honest};

/// Bob, whose contact Alice is.
fn alice_and_bob() -> (Peer, Peer) {
    let (alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let contacts = vec![alice.id.clone()];
    bob.input(Input::PeerPolicy(PeerPolicy {
        contacts,
        ..PeerPolicy::default()
    }));
    (alice, bob)
}

fn offer_of(peer: &Peer, n: usize) -> Signal {
    let Signal::CallOffer(mut offer) = offer(peer.sdp(1), CallType::Audio) else {
        panic!("not an offer");
    };
    offer.call_id = CallId::parse(format!("call-{n}")).expect("an id");
    Signal::CallOffer(offer)
}

/// An offer of a guest whom nobody has seen before.
fn guest_rings(bob: &mut Peer, n: usize) {
    let mut guest = Peer::new(3, false);
    guest.id = UserId::parse(format!("guest-{n}")).expect("an id");
    bob.receive(&guest, offer_of(&guest, n));
}

#[test]
fn offers_of_strangers_leave_room_for_a_contacts() {
    let (mut alice, mut bob) = alice_and_bob();
    // The call machine is slow to say that it has taken none of them.
    for n in 0..20_000 {
        guest_rings(&mut bob, n);
    }
    let strangers = bob.delivered.len();
    assert!(strangers < 20_000);
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!(bob.delivered.len(), strangers + 1);
    assert_eq!(bob.assurance(&alice), Assurance::Pending);
}

#[test]
fn a_contacts_offer_waits_for_no_strangers_signature() {
    let (mut alice, mut bob) = alice_and_bob();
    let mut stranger = Peer::new(3, true);
    bob.held = Some(Vec::new());
    // Signed ones, of which the first is being checked, and unsigned ones.
    for n in 0..300 {
        stranger.send(&bob.id, offer_of(&stranger, n));
        let signed = stranger.wire.pop_front().expect("an offer").signal;
        bob.receive(&stranger, signed);
    }
    for n in 0..20_000 {
        guest_rings(&mut bob, n);
    }
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    let first = bob.held.replace(Vec::new()).unwrap_or_default();
    let [Output::CheckSignature { request, claim }] = &first[..] else {
        panic!("{first:?}");
    };
    let (request, valid, wall) = (*request, claim.verify(), bob.wall());
    bob.input(Input::SignatureChecked {
        request,
        valid,
        wall,
    });
    // The very next one is Alice's.
    let next = bob.held.clone().unwrap_or_default();
    let [Output::CheckSignature { claim, .. }] = &next[..] else {
        panic!("{next:?}");
    };
    assert_eq!(claim.key.user_id(), alice.id);
    bob.answer_all();
    let is_alices =
        |it: &Signal| matches!(it, Signal::CallOffer(it) if it.call_id.as_str() == "a-call-of-two");
    assert!(bob.delivered.iter().any(is_alices));
}

#[test]
fn one_stranger_does_not_fill_the_places_of_all() {
    let (_, mut bob) = alice_and_bob();
    let mut stranger = Peer::new(3, true);
    bob.held = Some(Vec::new());
    stranger.send(&bob.id, offer_of(&stranger, 0));
    let signed = stranger.wire.pop_front().expect("an offer").signal;
    bob.receive(&stranger, signed);
    for _ in 0..20_000 {
        let candidate = IceCandidate {
            call_id: None,
            candidate: wimpex_protocol::IceCandidateInit {
                candidate: String::new(),
                sdp_m_line_index: None,
                sdp_mid: None,
                username_fragment: None,
            },
        };
        bob.receive(&stranger, Signal::IceCandidate(candidate));
    }
    guest_rings(&mut bob, 1);
    bob.answer_all();
    let offers = bob.delivered.iter();
    let offers = offers.filter(|it| matches!(it, Signal::CallOffer(_)));
    assert_eq!(offers.count(), 2);
}

#[test]
fn strangers_do_not_make_a_contacts_offer_count_twice() {
    let (mut alice, mut bob) = alice_and_bob();
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    let genuine = alice.wire.front().cloned().expect("an offer").signal;
    carry(&mut alice, &mut bob, &mut honest());
    bob.set_current(None);
    let mut stranger = Peer::new(3, false);
    for n in 0..1_100_u32 {
        // With a commitment, as only a page that does its part sends it.
        stranger.id = UserId::parse(format!("guest-{n}")).expect("an id");
        stranger.nonce = n;
        stranger.send(&bob.id, offer_of(&stranger, n as usize));
        carry(&mut stranger, &mut bob, &mut honest());
        bob.set_current(None);
    }
    let before = bob.delivered.len();
    assert_eq!(before, 1_101);
    bob.receive(&alice, genuine);
    assert_eq!((bob.delivered.len(), bob.repeated_offers), (before, 1));
}

#[test]
fn who_becomes_a_contact_cannot_ring_twice_with_one_offer() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    let genuine = alice.wire.front().cloned().expect("an offer").signal;
    carry(&mut alice, &mut bob, &mut honest());
    bob.set_current(None);
    bob.input(Input::PeerPolicy(PeerPolicy {
        contacts: vec![alice.id.clone()],
        ..PeerPolicy::default()
    }));
    bob.receive(&alice, genuine);
    assert_eq!((bob.delivered.len(), bob.repeated_offers), (1, 1));
    assert_eq!(bob.rejected, Vec::<VerifyError>::new());
}
