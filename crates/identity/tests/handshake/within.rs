//! Offers and answers within a call: ICE restarts, and more to see.

use wimpex_identity::{MessageKind, RemoteDescription, Secured, VerifyError};

use crate::people::{Both, Person, Scene, VARIANTS, Wire, at, handshake};

fn connected(scene: &mut Scene) -> Both {
    handshake(scene, |_, _, _| {}).expect("nobody interferes")
}

fn resolve(
    scene: &mut Scene,
    side: &mut Secured,
    wire: &Wire,
    kind: MessageKind,
) -> Result<RemoteDescription, VerifyError> {
    let unverified = match kind {
        MessageKind::Offer => side.receive_offer(&wire.incoming(), at(scene.now))?,
        _ => side.receive_answer(&wire.incoming(), at(scene.now))?,
    };
    let heard = unverified.verify(&mut scene.bob.replay_cache, at(scene.now))?;
    side.accept(&heard)?;
    Ok(heard)
}

/// Bob restarts ICE; `between` may change the offer and the answer.
fn restart(
    scene: &mut Scene,
    both: &mut Both,
    mut between: impl FnMut(&mut Scene, MessageKind, &mut Wire),
) -> Result<(), VerifyError> {
    let sdp = scene.bob.sdp(&mut scene.dice);
    let unsigned = both.bob.offer(&sdp, at(scene.now)).unwrap();
    let mut offer = scene.wire(&scene.bob, &unsigned, Some(&sdp));
    between(scene, MessageKind::Offer, &mut offer);
    let heard = resolve(scene, &mut both.alice, &offer, MessageKind::Offer)?;
    let sdp = scene.alice.sdp(&mut scene.dice);
    let unsigned = both.alice.answer(&heard, &sdp, at(scene.now)).unwrap();
    let mut answer = scene.wire(&scene.alice, &unsigned, Some(&sdp));
    between(scene, MessageKind::Answer, &mut answer);
    resolve(scene, &mut both.bob, &answer, MessageKind::Answer).map(|_| ())
}

#[test]
fn a_restart_goes_through_as_often_as_it_must() {
    for seed in 0..VARIANTS {
        let scene = if seed % 2 == 0 {
            Scene::of_keys
        } else {
            Scene::of_guests
        };
        let mut scene = scene(seed);
        let mut both = connected(&mut scene);
        for _ in 0..3 {
            restart(&mut scene, &mut both, |_, _, _| {}).expect("nobody interferes");
        }
        // Hours later it goes on, and also with a clock that was put back a little.
        scene.now += 10_000_000;
        restart(&mut scene, &mut both, |_, _, _| {}).expect("hours later");
        scene.now -= 5_000;
        restart(&mut scene, &mut both, |_, _, _| {}).expect("with the clock put back");
    }
}

#[test]
fn what_is_changed_on_the_way_is_refused() {
    for seed in 0..VARIANTS {
        let turn = [MessageKind::Offer, MessageKind::Answer][(seed % 2) as usize];
        let mut scene = Scene::of_keys(seed);
        let mut both = connected(&mut scene);
        let result = restart(&mut scene, &mut both, |scene, kind, wire| {
            if kind == turn {
                let sdp = wire.sdp.take().unwrap();
                wire.sdp = Some(sdp.replacen("a=ice-ufrag:", "a=ice-ufrag:x", 1));
                scene.now += 1;
            }
        });
        assert_eq!(result, Err(VerifyError::BadSignature));

        let mallory = Person::guest(&mut scene.dice);
        let mut both = connected(&mut Scene::of_keys(seed));
        let result = restart(&mut scene, &mut both, |scene, kind, wire| {
            if kind == turn {
                wire.sdp = Some(mallory.sdp(&mut scene.dice));
            }
        });
        assert_eq!(result, Err(VerifyError::ChangedFingerprint));

        let mut both = connected(&mut Scene::of_keys(seed));
        let result = restart(&mut scene, &mut both, |_, kind, wire| {
            if kind == turn {
                wire.with_sec(|proof| proof.signed = None);
            }
        });
        assert_eq!(result, Err(VerifyError::Unsigned));
    }
}

#[test]
fn an_old_restart_of_this_call_or_another_is_refused() {
    for seed in 0..VARIANTS {
        let mut scene = Scene::of_keys(seed);
        let mut both = connected(&mut scene);
        let mut old = None;
        restart(&mut scene, &mut both, |_, kind, wire| {
            if kind == MessageKind::Offer {
                old = Some(wire.clone());
            }
        })
        .expect("the control");
        let old = old.unwrap();
        let again = resolve(&mut scene, &mut both.alice, &old, MessageKind::Offer);
        assert_eq!(again.err(), Some(VerifyError::OutOfOrder));
        // The same two have another call with the same id.
        let mut another = connected(&mut scene);
        scene.now += 1;
        let again = resolve(&mut scene, &mut another.alice, &old, MessageKind::Offer);
        let expected = [VerifyError::BadSignature, VerifyError::OutOfOrder];
        assert!(expected.contains(&again.err().unwrap()));
        // Nobody has asked for an answer.
        let unasked = both.bob.receive_answer(&old.incoming(), at(scene.now));
        assert_eq!(unasked.err(), Some(VerifyError::Unasked));
        // A first offer is none within a call, nor the other way round.
        let (_, first) = scene.offer();
        let heard = both.bob.receive_offer(&first.incoming(), at(scene.now));
        assert_eq!(heard.err(), Some(VerifyError::Malformed));
        let heard = scene.receive_offer(&mut scene.bob.clone(), &old);
        assert_eq!(heard.err(), Some(VerifyError::Malformed));
    }
}
