//! Calls of two verifiers, from the first offer to renegotiation.

use wimpex_identity::VerifyError;
use wimpex_protocol::{CallType, IceCandidate, IceCandidateInit, Sdp, Sec, Signal};
use wimpex_sansio::Machine;
use wimpex_verification::{Assurance, CallKey, Input, Output};

use crate::peer::{Peer, answer, call_id, offer};
use crate::relay::{call, carry, honest};

/// What is done to a message on the way.
type Attack<'a> = (&'a str, &'a dyn Fn(&mut Signal), VerifyError);

#[test]
fn two_keys_are_proved_and_share_a_sas() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    let Assurance::KeyProved(seen) = alice.assurance(&bob) else {
        panic!("{:?}", alice.assurance(&bob));
    };
    assert_eq!(bob.assurance(&alice), Assurance::KeyProved(seen));
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (1, 1));
    assert!(alice.rejected.is_empty() && bob.rejected.is_empty());
}

#[test]
fn two_guests_can_only_compare_the_sas() {
    let (mut alice, mut bob) = (Peer::new(1, false), Peer::new(2, false));
    call(&mut alice, &mut bob, &mut honest());
    let Assurance::SasOnly(seen) = alice.assurance(&bob) else {
        panic!("{:?}", alice.assurance(&bob));
    };
    assert_eq!(bob.assurance(&alice), Assurance::SasOnly(seen));
}

#[test]
fn guest_without_handshake_can_call() {
    let strip = |mut signal: Signal| {
        match &mut signal {
            Signal::CallOffer(offer) => offer.sec = None,
            Signal::CallAnswer(answer) => answer.sec = None,
            Signal::CallConfirm(_) => return None,
            _ => {}
        }
        Some(signal)
    };
    let (mut alice, mut bob) = (Peer::new(1, false), Peer::new(2, false));
    call(&mut alice, &mut bob, &mut strip.clone());
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (1, 1));
    for assurance in [alice.assurance(&bob), bob.assurance(&alice)] {
        assert_eq!(assurance, Assurance::Unverified);
    }
    // Somebody with a key is not called by stripped messages of a key, ever.
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut strip.clone());
    assert_eq!(
        (bob.delivered.len(), &bob.rejected[..]),
        (0, &[VerifyError::Unsigned][..])
    );
}

/// What a relay may try with the messages of two keys, and how it is rejected.
#[test]
fn tampered_messages_are_not_delivered() {
    let mallory = Peer::new(9, true);
    let swapped = |sdp: &mut Sdp| sdp.0 = mallory.sdp(1).0;
    let attacks: [Attack<'_>; 5] = [
        (
            "another fingerprint in the offer",
            &|signal| {
                if let Signal::CallOffer(offer) = signal {
                    swapped(&mut offer.offer.sdp);
                }
            },
            VerifyError::BadSignature,
        ),
        (
            "another fingerprint in the answer",
            &|signal| {
                if let Signal::CallAnswer(answer) = signal {
                    swapped(&mut answer.answer.sdp);
                }
            },
            VerifyError::BadSignature,
        ),
        (
            "no proof with the answer",
            &|signal| {
                if let Signal::CallAnswer(answer) = signal {
                    answer.sec = None;
                }
            },
            VerifyError::Unsigned,
        ),
        (
            "sound turned to picture",
            &|signal| {
                if let Signal::CallOffer(offer) = signal {
                    offer.call_type = CallType::Video;
                }
            },
            VerifyError::BadSignature,
        ),
        (
            "no proof with the confirmation",
            &|signal| {
                if let Signal::CallConfirm(confirm) = signal {
                    confirm.sec = None;
                }
            },
            VerifyError::Unsigned,
        ),
    ];
    for (what, change, error) in attacks {
        let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
        call(&mut alice, &mut bob, &mut |mut signal| {
            change(&mut signal);
            Some(signal)
        });
        let rejected: Vec<_> = alice.rejected.iter().chain(&bob.rejected).collect();
        assert_eq!(rejected, [&error], "{what}");
        let both = [alice.assurance(&bob), bob.assurance(&alice)];
        assert!(
            !both.iter().all(|it| matches!(it, Assurance::KeyProved(_))),
            "{what}: {both:?}"
        );
    }
}

#[test]
fn unsigned_certificate_is_rejected() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.connected(&to_bob, 7);
    carry(&mut alice, &mut bob, &mut honest());
    let to_alice = alice.id.clone();
    bob.send(&to_alice, answer(bob.sdp(1)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!(alice.rejected, [VerifyError::OtherCertificate]);
    assert!(alice.delivered.is_empty());
}

#[test]
fn renegotiation_is_signed() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    for version in 2..5 {
        let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
        bob.send(&to_alice, offer(bob.sdp(version), CallType::Audio));
        carry(&mut bob, &mut alice, &mut honest());
        alice.send(&to_bob, answer(alice.sdp(version)));
        carry(&mut alice, &mut bob, &mut honest());
    }
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (4, 4));
    assert!(
        alice.rejected.is_empty() && bob.rejected.is_empty(),
        "{:?}",
        bob.rejected
    );
    // With another fingerprint it is rejected, however it is signed.
    let mallory = Peer::new(9, true);
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(6), CallType::Audio));
    carry(&mut alice, &mut bob, &mut |mut signal| {
        if let Signal::CallOffer(offer) = &mut signal {
            offer.offer.sdp = mallory.sdp(6);
        }
        Some(signal)
    });
    assert_eq!(bob.delivered.len(), 4);
    assert_eq!(bob.rejected.len(), 1);
}

#[test]
fn retransmission_keeps_its_proof() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    let secs: Vec<Option<Sec>> = alice
        .wire
        .iter()
        .map(|it| match &it.signal {
            Signal::CallOffer(offer) => offer.sec.clone(),
            _ => None,
        })
        .collect();
    assert_eq!(secs.len(), 2);
    assert!(secs[0].is_some() && secs[0] == secs[1]);
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!((bob.delivered.len(), bob.rejected.len()), (2, 0));
}

#[test]
fn order_is_kept_while_signing_and_checking() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let to_bob = bob.id.clone();
    let candidate = |side: &Peer| {
        Signal::IceCandidate(IceCandidate {
            call_id: Some(call_id()),
            candidate: IceCandidateInit {
                candidate: "candidate:1 1 udp 1 192.0.2.1 5 typ host".to_owned(),
                sdp_m_line_index: Some(0),
                sdp_mid: Some("0".to_owned()),
                username_fragment: Some(format!("f{}1", side.certificate)),
            },
        })
    };
    alice.held = Some(Vec::new());
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.send(&to_bob, candidate(&alice));
    assert!(alice.wire.is_empty(), "it does not wait for the signature");
    alice.answer_held();
    assert_eq!(alice.wire.len(), 2);
    bob.held = Some(Vec::new());
    carry(&mut alice, &mut bob, &mut honest());
    assert!(bob.delivered.is_empty(), "it does not wait for the check");
    bob.answer_held();
    assert!(matches!(
        bob.delivered[..],
        [Signal::CallOffer(_), Signal::IceCandidate(_)]
    ));
    // That of another ICE session is of no use.
    let stranger = Peer::new(7, true);
    bob.receive(&alice, candidate(&stranger));
    assert_eq!(bob.delivered.len(), 2);
}

#[test]
fn key_that_cannot_sign_sends_nothing() {
    let (mut alice, bob) = (Peer::new(1, true), Peer::new(2, true));
    alice.held = Some(Vec::new());
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    for output in alice.held.take().into_iter().flatten() {
        if let Output::Sign { request, .. } = output {
            let signature = None;
            alice.input(Input::Signed { request, signature });
        }
    }
    assert_eq!((alice.wire.len(), alice.cannot_sign), (0, 1));
}

#[test]
fn flood_of_calls_forgets_no_handshake() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    for seed in 10..110 {
        let stranger = Peer::new(seed, false);
        alice.receive(&stranger, offer(stranger.sdp(1), CallType::Audio));
    }
    let before = alice.delivered.len();
    // Unsigned, as from the one who was called.
    bob.certificate = 9;
    let forged = answer(bob.sdp(1));
    alice.receive(&bob, forged);
    assert_eq!(alice.delivered.len(), before);
    assert_eq!(alice.rejected, [VerifyError::Unsigned]);
}

#[test]
fn key_without_confirm_is_rejected() {
    for has_key in [true, false] {
        let (mut alice, mut bob) = (Peer::new(1, has_key), Peer::new(2, true));
        call(&mut alice, &mut bob, &mut |signal| {
            (!matches!(signal, Signal::CallConfirm(_))).then_some(signal)
        });
        assert_eq!(bob.assurance(&alice), Assurance::Pending);
        assert!(bob.rejected.is_empty());
        bob.time_out();
        let rejected: &[VerifyError] = if has_key { &[VerifyError::Late] } else { &[] };
        assert_eq!(bob.rejected, rejected);
        // To Alice all is well, and stays so.
        alice.time_out();
        assert!(alice.rejected.is_empty());
    }
}

#[test]
fn offer_before_the_handshake_ends_is_not_sent() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.send(&to_bob, offer(alice.sdp(2), CallType::Audio));
    assert_eq!(alice.wire.len(), 1);
    carry(&mut alice, &mut bob, &mut honest());
    bob.send(&to_alice, answer(bob.sdp(1)));
    bob.send(&to_alice, offer(bob.sdp(2), CallType::Audio));
    assert_eq!(bob.wire.len(), 1);
}

#[test]
fn handshake_of_a_busy_caller_is_forgotten() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    for seed in 10..110 {
        let stranger = Peer::new(seed, false);
        let call = offer(stranger.sdp(1), CallType::Audio);
        let current = || Input::CurrentCalls(vec![CallKey::new(to_bob.clone(), call_id())]);
        let message = stranger.stamped(call);
        let wall = alice.wall();
        let receive = Input::Receive { message, wall };
        alice.verifier.handle(receive, alice.now);
        // The call machine has not been given it: not yet forgotten.
        alice.verifier.handle(current(), alice.now);
        assert_eq!(alice.assurance(&stranger), Assurance::Unverified);
        alice.input(current());
        alice.set_current(Some(&to_bob));
    }
    assert_eq!(alice.delivered.len(), 100);
    // Bob's answer still holds.
    carry(&mut alice, &mut bob, &mut honest());
    bob.send(&alice.id.clone(), answer(bob.sdp(1)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!(alice.delivered.len(), 101);
}

#[test]
fn confirm_over_the_data_channel() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let mut confirms = Vec::new();
    call(&mut alice, &mut bob, &mut |signal| match signal {
        Signal::CallConfirm(confirm) => {
            confirms.push(confirm);
            None
        }
        signal => Some(signal),
    });
    assert_eq!(bob.assurance(&alice), Assurance::Pending);
    // Twice, for the server brings it too.
    for _ in 0..2 {
        let confirm = confirms[0].clone();
        let call = CallKey::new(alice.id.clone(), call_id());
        let wall = bob.wall();
        bob.input(Input::ReceiveDirect {
            call,
            confirm,
            wall,
        });
        assert!(matches!(bob.assurance(&alice), Assurance::KeyProved(_)));
    }
    assert!(bob.rejected.is_empty());
}
