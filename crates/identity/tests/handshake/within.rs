//! Offers and answers within a call: ICE restarts, and more to see.

use wimpex_identity::{Heard, Kind, Refusal, Secured};

use crate::people::{Both, Person, Scene, VARIANTS, Wire, handshake};

fn connected(scene: &mut Scene) -> Both {
    handshake(scene, |_, _, _| {}).expect("nobody interferes")
}

fn settle(
    scene: &mut Scene,
    side: &mut Secured,
    wire: &Wire,
    kind: Kind,
) -> Result<Heard, Refusal> {
    let pending = match kind {
        Kind::Offer => side.hear_offer(&wire.incoming(), scene.now)?,
        _ => side.hear_answer(&wire.incoming(), scene.now)?,
    };
    let heard = pending.verify(&mut scene.bob.seen, scene.now)?;
    side.note(&heard)?;
    Ok(heard)
}

/// Bob restarts ICE; `between` may change the offer and the answer.
fn restart(
    scene: &mut Scene,
    both: &mut Both,
    mut between: impl FnMut(&mut Scene, Kind, &mut Wire),
) -> Result<(), Refusal> {
    let sdp = scene.bob.sdp(&mut scene.dice);
    let draft = both.bob.offer(&sdp, scene.now).unwrap();
    let mut offer = scene.wire(&scene.bob, &draft, Some(&sdp));
    between(scene, Kind::Offer, &mut offer);
    let heard = settle(scene, &mut both.alice, &offer, Kind::Offer)?;
    let sdp = scene.alice.sdp(&mut scene.dice);
    let draft = both.alice.answer(&heard, &sdp, scene.now).unwrap();
    let mut answer = scene.wire(&scene.alice, &draft, Some(&sdp));
    between(scene, Kind::Answer, &mut answer);
    settle(scene, &mut both.bob, &answer, Kind::Answer).map(|_| ())
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
        let turn = [Kind::Offer, Kind::Answer][(seed % 2) as usize];
        let mut scene = Scene::of_keys(seed);
        let mut both = connected(&mut scene);
        let result = restart(&mut scene, &mut both, |scene, kind, wire| {
            if kind == turn {
                let sdp = wire.sdp.take().unwrap();
                wire.sdp = Some(sdp.replacen("a=ice-ufrag:", "a=ice-ufrag:x", 1));
                scene.now += 1;
            }
        });
        assert_eq!(result, Err(Refusal::BadSignature));

        let mallory = Person::guest(&mut scene.dice);
        let mut both = connected(&mut Scene::of_keys(seed));
        let result = restart(&mut scene, &mut both, |scene, kind, wire| {
            if kind == turn {
                wire.sdp = Some(mallory.sdp(&mut scene.dice));
            }
        });
        assert_eq!(result, Err(Refusal::ChangedFingerprint));

        let mut both = connected(&mut Scene::of_keys(seed));
        let result = restart(&mut scene, &mut both, |_, kind, wire| {
            if kind == turn {
                wire.with_sec(|proof| proof.signed = None);
            }
        });
        assert_eq!(result, Err(Refusal::Unsigned));
    }
}

#[test]
fn an_old_restart_of_this_call_or_another_is_refused() {
    for seed in 0..VARIANTS {
        let mut scene = Scene::of_keys(seed);
        let mut both = connected(&mut scene);
        let mut old = None;
        restart(&mut scene, &mut both, |_, kind, wire| {
            if kind == Kind::Offer {
                old = Some(wire.clone());
            }
        })
        .expect("the control");
        let old = old.unwrap();
        let again = settle(&mut scene, &mut both.alice, &old, Kind::Offer);
        assert_eq!(again.err(), Some(Refusal::OutOfOrder));
        // The same two have another call with the same id.
        let mut another = connected(&mut scene);
        scene.now += 1;
        let again = settle(&mut scene, &mut another.alice, &old, Kind::Offer);
        let expected = [Refusal::BadSignature, Refusal::OutOfOrder];
        assert!(expected.contains(&again.err().unwrap()));
        // Nobody has asked for an answer.
        let unasked = both.bob.hear_answer(&old.incoming(), scene.now);
        assert_eq!(unasked.err(), Some(Refusal::Unasked));
        // A first offer is none within a call, nor the other way round.
        let (_, first) = scene.offer();
        let heard = both.bob.hear_offer(&first.incoming(), scene.now);
        assert_eq!(heard.err(), Some(Refusal::Malformed));
        let heard = scene.hear_offer(&mut scene.bob.clone(), &old);
        assert_eq!(heard.err(), Some(Refusal::Malformed));
    }
}
