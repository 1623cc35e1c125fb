//! Who may ring, what was missed, and of what the user is warned.

use wimpex_identity::VerifyError;
use wimpex_protocol::{CallId, CallType, Signal, UserId};
use wimpex_sansio::Machine;
use wimpex_verification::{CallKey, Input, Output, PeerPolicy};

use crate::peer::{Peer, answer, call_id, offer};
use crate::relay::{call, carry, honest};

fn policy(change: impl FnOnce(&mut PeerPolicy)) -> Input {
    let mut policy = PeerPolicy::default();
    change(&mut policy);
    Input::PeerPolicy(policy)
}

fn offer_with(peer: &Peer, call_id: &str) -> Signal {
    let Signal::CallOffer(mut offer) = offer(peer.sdp(1), CallType::Audio) else {
        panic!("not an offer");
    };
    offer.call_id = CallId::parse(call_id).expect("an id");
    Signal::CallOffer(offer)
}

#[test]
fn may_ring() {
    let [contact, blocked, opened, stranger] =
        ["contact", "blocked", "opened", "stranger"].map(|id| UserId::parse(id).expect("an id"));
    let mut policy = PeerPolicy {
        contacts: vec![contact.clone()],
        blocked: vec![blocked.clone()],
        opened: vec![opened.clone()],
        contacts_only: false,
        ..PeerPolicy::default()
    };
    let all = [&contact, &blocked, &opened, &stranger];
    assert_eq!(all.map(|it| policy.may_ring(it)), [true, false, true, true]);
    assert_eq!(
        all.map(|it| policy.is_pinned(it)),
        [true, false, true, false]
    );
    policy.contacts_only = true;
    assert_eq!(
        all.map(|it| policy.may_ring(it)),
        [true, false, false, false]
    );
}

#[test]
fn peer_that_may_not_ring_gets_no_reaction() {
    for has_key in [true, false] {
        let (mut alice, mut bob) = (Peer::new(1, has_key), Peer::new(2, true));
        bob.input(policy(|it| it.blocked.push(alice.id.clone())));
        call(&mut alice, &mut bob, &mut honest());
        assert!(bob.delivered.is_empty() && bob.wire.is_empty());
        assert!(bob.rejected.is_empty());
        // Nor is the offer used up: it rings when it may.
        bob.input(policy(|it| it.contacts.push(alice.id.clone())));
        alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
        carry(&mut alice, &mut bob, &mut honest());
        assert_eq!(bob.delivered.len(), 1);
    }
}

#[test]
fn renegotiation_needs_no_permission() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    bob.set_current(Some(&alice.id));
    bob.input(policy(|it| it.contacts_only = true));
    alice.send(&bob.id, offer(alice.sdp(2), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!(bob.delivered.len(), 2);
    // Anything but an offer does not ring.
    bob.set_current(None);
    bob.receive(&alice, answer(alice.sdp(3)));
    assert_eq!(bob.delivered.len(), 3);
}

#[test]
fn offer_during_another_call_is_missed() {
    let mut bob = Peer::new(2, true);
    let (mut alice, mut carol) = (Peer::new(1, true), Peer::new(3, false));
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!((bob.delivered.len(), bob.missed), (1, 0));
    bob.set_current(Some(&alice.id));
    // Again, as a retransmission.
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!((bob.delivered.len(), bob.missed), (2, 0));
    carol.send(&bob.id, offer_with(&carol, "carols-call"));
    carry(&mut carol, &mut bob, &mut honest());
    assert_eq!((bob.delivered.len(), bob.missed), (3, 1));
}

/// Two offers become valid at once: the first one rings, and so the second is missed.
#[test]
fn missed_is_decided_on_delivery() {
    let mut bob = Peer::new(2, true);
    let (mut alice, carol) = (Peer::new(1, true), Peer::new(3, false));
    bob.held = Some(Vec::new());
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    bob.receive(&carol, offer_with(&carol, "carols-call"));
    assert!(bob.delivered.is_empty());
    let held = bob.held.take().into_iter().flatten().next();
    let Some(Output::CheckSignature { request, claim }) = held else {
        panic!("{held:?}");
    };
    let (valid, wall) = (claim.verify(), bob.wall());
    let checked = Input::SignatureChecked {
        request,
        valid,
        wall,
    };
    bob.verifier.handle(checked, bob.now);
    let first = bob.verifier.poll_output();
    assert!(matches!(first, Some(Output::Deliver { missed: false, .. })));
    let current = CallKey::new(alice.id.clone(), call_id());
    bob.verifier
        .handle(Input::CurrentCalls(vec![current]), bob.now);
    let second = bob.verifier.poll_output();
    assert!(matches!(second, Some(Output::Deliver { missed: true, .. })));
}

/// Bob receives an offer in Alice's name that Mallory has signed.
fn receive_forged_offer(bob: &mut Peer) {
    let (alice, mut mallory) = (Peer::new(1, true), Peer::new(9, true));
    mallory.send(&bob.id, offer_with(&mallory, "forged"));
    let forged = mallory.wire.pop_front().expect("an offer").signal;
    bob.receive(&alice, forged);
}

/// Tells the policy of a peer.
type Pin = fn(&mut PeerPolicy, UserId);

#[test]
fn forgery_of_a_pinned_peer_alerts() {
    let alice = Peer::new(1, true).id;
    let pins: [(&str, Pin, bool); 4] = [
        ("nobody", |_, _| (), false),
        ("a contact", |it, id| it.contacts.push(id), true),
        ("an opened link", |it, id| it.opened.push(id), true),
        (
            "somebody else",
            |it, _| it.opened.push(Peer::new(4, true).id),
            false,
        ),
    ];
    for (what, pin, is_alert) in pins {
        let mut bob = Peer::new(2, true);
        bob.input(policy(|it| pin(it, alice.clone())));
        receive_forged_offer(&mut bob);
        assert_eq!(bob.rejected, [VerifyError::OtherKey], "{what}");
        assert_eq!(!bob.alerts.is_empty(), is_alert, "{what}");
    }
}

#[test]
fn offer_that_was_held_up_is_missed_and_no_attack() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    bob.input(policy(|it| it.contacts.push(alice.id.clone())));
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    bob.wall += 60_001;
    let held = alice.wire.front().cloned().expect("an offer").signal;
    carry(&mut alice, &mut bob, &mut honest());
    assert!(bob.delivered.is_empty(), "it must not ring");
    assert_eq!(bob.held_offers, [alice.wall()]);
    assert!(bob.rejected.is_empty() && bob.alerts.is_empty());
    // That it was held is nobody's excuse for having forged it.
    let mut mallory = Peer::new(9, true);
    mallory.send(&bob.id, offer_with(&mallory, "forged"));
    let forged = mallory.wire.pop_front().expect("an offer").signal;
    bob.receive(&alice, forged);
    assert_eq!(bob.alerts, [VerifyError::OtherKey]);
    let Signal::CallOffer(mut changed) = held else {
        panic!("not an offer");
    };
    changed.offer.sdp.0.push_str("a=changed\r\n");
    bob.receive(&alice, Signal::CallOffer(changed));
    assert_eq!(
        bob.alerts,
        [VerifyError::OtherKey, VerifyError::BadSignature]
    );
    assert_eq!(bob.held_offers.len(), 1);
}

#[test]
fn offer_from_the_future_of_a_pinned_peer_alerts() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    bob.input(policy(|it| it.contacts.push(alice.id.clone())));
    alice.wall += 60_001;
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!(bob.alerts, [VerifyError::Stale]);
    assert!(bob.held_offers.is_empty());
}

#[test]
fn rejection_in_the_current_call_alerts() {
    let (mut alice, bob) = (Peer::new(1, true), Peer::new(2, true));
    alice.set_current(Some(&bob.id));
    alice.receive(&bob, answer(bob.sdp(1)));
    assert_eq!(alice.alerts, [VerifyError::OutOfOrder]);
}

#[test]
fn late_proof_alerts_in_the_current_call_only() {
    for is_current in [false, true] {
        let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
        bob.input(policy(|it| it.contacts.push(alice.id.clone())));
        call(&mut alice, &mut bob, &mut |signal| {
            (!matches!(signal, Signal::CallConfirm(_))).then_some(signal)
        });
        if is_current {
            bob.set_current(Some(&alice.id));
        }
        bob.time_out();
        assert_eq!(bob.rejected, [VerifyError::Late]);
        assert_eq!(!bob.alerts.is_empty(), is_current);
    }
}
