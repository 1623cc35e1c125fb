//! Offers and answers within a call: ICE restarts, and further media.

use wimpex_identity::{MessageKind, RemoteDescription, Secured, VerifyError};

use crate::scenario::{Both, Scenario, User, VARIANTS, WireMessage, at, handshake};

fn connected(scenario: &mut Scenario) -> Both {
    handshake(scenario, |_, _, _| {}).expect("nobody interferes")
}

fn resolve(
    scenario: &mut Scenario,
    side: &mut Secured,
    wire: &WireMessage,
    kind: MessageKind,
) -> Result<RemoteDescription, VerifyError> {
    let unverified = match kind {
        MessageKind::Offer => side.receive_offer(&wire.received(), at(scenario.now))?,
        _ => side.receive_answer(&wire.received(), at(scenario.now))?,
    };
    let heard = unverified.verify(&mut scenario.bob.replay_cache, at(scenario.now))?;
    side.accept(&heard)?;
    Ok(heard)
}

/// Bob restarts ICE; `between` may change the offer and the answer.
fn restart(
    scenario: &mut Scenario,
    both: &mut Both,
    mut between: impl FnMut(&mut Scenario, MessageKind, &mut WireMessage),
) -> Result<(), VerifyError> {
    let sdp = scenario.bob.sdp(&mut scenario.rng);
    let unsigned = both.bob.offer(&sdp, at(scenario.now)).unwrap();
    let mut offer = scenario.wire(&scenario.bob, &unsigned, Some(&sdp));
    between(scenario, MessageKind::Offer, &mut offer);
    let heard = resolve(scenario, &mut both.alice, &offer, MessageKind::Offer)?;
    let sdp = scenario.alice.sdp(&mut scenario.rng);
    let unsigned = both.alice.answer(&heard, &sdp, at(scenario.now)).unwrap();
    let mut answer = scenario.wire(&scenario.alice, &unsigned, Some(&sdp));
    between(scenario, MessageKind::Answer, &mut answer);
    resolve(scenario, &mut both.bob, &answer, MessageKind::Answer).map(|_| ())
}

#[test]
fn ice_restarts_are_accepted() {
    for seed in 0..VARIANTS {
        let scenario = if seed % 2 == 0 {
            Scenario::of_keys
        } else {
            Scenario::of_guests
        };
        let mut scenario = scenario(seed);
        let mut both = connected(&mut scenario);
        for _ in 0..3 {
            restart(&mut scenario, &mut both, |_, _, _| {}).expect("nobody interferes");
        }
        // Hours later it goes on, and also with a clock that was put back a little.
        scenario.now += 10_000_000;
        restart(&mut scenario, &mut both, |_, _, _| {}).expect("hours later");
        scenario.now -= 5_000;
        restart(&mut scenario, &mut both, |_, _, _| {}).expect("with the clock put back");
    }
}

#[test]
fn tampered_renegotiation_is_rejected() {
    for seed in 0..VARIANTS {
        let turn = [MessageKind::Offer, MessageKind::Answer][(seed % 2) as usize];
        let mut scenario = Scenario::of_keys(seed);
        let mut both = connected(&mut scenario);
        let result = restart(&mut scenario, &mut both, |scenario, kind, wire| {
            if kind == turn {
                let sdp = wire.sdp.take().unwrap();
                wire.sdp = Some(sdp.replacen("a=ice-ufrag:", "a=ice-ufrag:x", 1));
                scenario.now += 1;
            }
        });
        assert_eq!(result, Err(VerifyError::BadSignature));

        let mallory = User::guest(&mut scenario.rng);
        let mut both = connected(&mut Scenario::of_keys(seed));
        let result = restart(&mut scenario, &mut both, |scenario, kind, wire| {
            if kind == turn {
                wire.sdp = Some(mallory.sdp(&mut scenario.rng));
            }
        });
        assert_eq!(result, Err(VerifyError::ChangedFingerprint));

        let mut both = connected(&mut Scenario::of_keys(seed));
        let result = restart(&mut scenario, &mut both, |_, kind, wire| {
            if kind == turn {
                wire.with_proof(|proof| proof.signed = None);
            }
        });
        assert_eq!(result, Err(VerifyError::Unsigned));
    }
}

#[test]
fn replayed_ice_restart_is_rejected() {
    for seed in 0..VARIANTS {
        let mut scenario = Scenario::of_keys(seed);
        let mut both = connected(&mut scenario);
        let mut old = None;
        restart(&mut scenario, &mut both, |_, kind, wire| {
            if kind == MessageKind::Offer {
                old = Some(wire.clone());
            }
        })
        .expect("the control");
        let old = old.unwrap();
        let again = resolve(&mut scenario, &mut both.alice, &old, MessageKind::Offer);
        assert_eq!(again.err(), Some(VerifyError::OutOfOrder));
        // The same two have another call with the same id.
        let mut another = connected(&mut scenario);
        scenario.now += 1;
        let again = resolve(&mut scenario, &mut another.alice, &old, MessageKind::Offer);
        let expected = [VerifyError::BadSignature, VerifyError::OutOfOrder];
        assert!(expected.contains(&again.err().unwrap()));
        // Nobody has asked for an answer.
        let unasked = both.bob.receive_answer(&old.received(), at(scenario.now));
        assert_eq!(unasked.err(), Some(VerifyError::Unasked));
        // A first offer is none within a call, nor the other way round.
        let (_, first) = scenario.offer();
        let heard = both.bob.receive_offer(&first.received(), at(scenario.now));
        assert_eq!(heard.err(), Some(VerifyError::OutOfOrder));
        let heard = scenario.receive_offer(&mut scenario.bob.clone(), &old);
        assert_eq!(heard.err(), Some(VerifyError::OutOfOrder));
    }
}
