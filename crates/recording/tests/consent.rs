//! Two pages, and what one may make of the other.

use wimpex_recording::{Consent, DECLINES, Input, Kind, Output, Request, State};
use wimpex_sansio::{Machine, Now};

/// What a page was told to do, but for telling the other.
fn give(from: &mut Consent, to: &mut Consent, input: Input) -> (Vec<Output>, Vec<Output>) {
    from.handle(input, Now::ZERO);
    let (mut ours, mut theirs) = (vec![], vec![]);
    loop {
        let (ours_before, theirs_before) = (ours.len(), theirs.len());
        let mut was_told = false;
        while let Some(output) = from.poll_output() {
            match output {
                Output::Tell(state) => {
                    to.handle(Input::Told(state), Now::ZERO);
                    was_told = true;
                }
                other => ours.push(other),
            }
        }
        while let Some(output) = to.poll_output() {
            match output {
                Output::Tell(state) => {
                    from.handle(Input::Told(state), Now::ZERO);
                    was_told = true;
                }
                other => theirs.push(other),
            }
        }
        if !was_told && (ours.len(), theirs.len()) == (ours_before, theirs_before) {
            return (ours, theirs);
        }
    }
}

fn pair() -> (Consent, Consent) {
    (Consent::new(), Consent::new())
}

#[test]
fn nothing_starts_before_the_peer_agrees() {
    let (mut alice, mut bob) = pair();
    let (ours, theirs) = give(&mut alice, &mut bob, Input::Ask(Kind::Recording));
    assert_eq!((ours, theirs), (vec![], vec![Output::Changed]));
    assert_eq!(alice.waits_for(), Some(Kind::Recording));
    assert_eq!(bob.peer_asks(), Some(Kind::Recording));
    assert_eq!(bob.peer_records(), None);

    let (_, ours) = give(&mut bob, &mut alice, Input::Answer(true));
    assert!(ours.contains(&Output::Start(Kind::Recording)));
    // The sign is there before the first picture is taken.
    assert_eq!(bob.peer_records(), Some(Kind::Recording));
    give(&mut alice, &mut bob, Input::Started);
    assert_eq!(bob.peer_records(), Some(Kind::Recording));
    let (ours, _) = give(&mut alice, &mut bob, Input::End);
    assert_eq!(ours, [Output::Stop]);
    assert_eq!(bob.peer_records(), None);
}

#[test]
fn a_no_starts_nothing_and_stands() {
    let (mut alice, mut bob) = pair();
    give(&mut alice, &mut bob, Input::Ask(Kind::Photo));
    let (_, ours) = give(&mut bob, &mut alice, Input::Answer(false));
    assert!(ours.contains(&Output::Declined(Kind::Photo)));
    let (_, ours) = give(&mut bob, &mut alice, Input::Answer(true));
    assert!(ours.is_empty());
    assert_eq!(bob.peer_records(), None);
    assert!(alice.can_ask());
}

#[test]
fn consent_that_is_withdrawn_stops_it() {
    let (mut alice, mut bob) = pair();
    give(&mut alice, &mut bob, Input::Ask(Kind::Recording));
    give(&mut bob, &mut alice, Input::Answer(true));
    give(&mut alice, &mut bob, Input::Started);
    let (_, ours) = give(&mut bob, &mut alice, Input::Answer(false));
    assert!(ours.contains(&Output::Stop));
    assert_eq!(bob.peer_records(), None);
    // It was agreed to once: that is no one who is worn down.
    assert!(alice.can_ask());
}

#[test]
fn the_end_of_the_call_stops_it() {
    let (mut alice, mut bob) = pair();
    give(&mut alice, &mut bob, Input::Ask(Kind::Recording));
    give(&mut bob, &mut alice, Input::Answer(true));
    alice.handle(Input::CallOver, Now::ZERO);
    assert_eq!(alice.poll_output(), Some(Output::Stop));
}

#[test]
fn a_new_connection_goes_on_as_before() {
    let (mut alice, mut bob) = pair();
    give(&mut alice, &mut bob, Input::Ask(Kind::Recording));
    give(&mut bob, &mut alice, Input::Answer(true));
    give(&mut alice, &mut bob, Input::Started);
    let (ours, theirs) = give(&mut alice, &mut bob, Input::Connected);
    assert_eq!((ours, theirs), (vec![], vec![]));
    let (ours, theirs) = give(&mut bob, &mut alice, Input::Connected);
    assert_eq!((ours, theirs), (vec![], vec![]));
    assert_eq!(bob.peer_records(), Some(Kind::Recording));
}

#[test]
fn a_no_that_was_lost_arrives_with_the_next() {
    let (mut alice, mut bob) = pair();
    give(&mut alice, &mut bob, Input::Ask(Kind::Recording));
    give(&mut bob, &mut alice, Input::Answer(true));
    // Withdrawn while there was no connection.
    bob.handle(Input::Answer(false), Now::ZERO);
    while bob.poll_output().is_some() {}
    let (_, ours) = give(&mut bob, &mut alice, Input::Connected);
    assert!(ours.contains(&Output::Stop));
}

#[test]
fn an_answer_to_an_earlier_request_starts_nothing() {
    let (mut alice, mut bob) = pair();
    give(&mut alice, &mut bob, Input::Ask(Kind::Photo));
    give(&mut bob, &mut alice, Input::Answer(true));
    give(&mut alice, &mut bob, Input::End);
    let (ours, _) = give(&mut alice, &mut bob, Input::Ask(Kind::Recording));
    assert!(!ours.contains(&Output::Start(Kind::Recording)));
    assert_eq!(alice.waits_for(), Some(Kind::Recording));
}

#[test]
fn nobody_is_asked_for_ever() {
    let (mut alice, mut bob) = pair();
    for _ in 0..DECLINES {
        assert!(alice.can_ask());
        give(&mut alice, &mut bob, Input::Ask(Kind::Recording));
        give(&mut bob, &mut alice, Input::Answer(false));
    }
    assert!(!alice.can_ask());

    // A page that asks all the same is not heard.
    let request = Request {
        id: 99,
        kind: Kind::Recording,
    };
    let asks = State {
        request: Some(request),
        ..State::default()
    };
    bob.handle(Input::Told(asks), Now::ZERO);
    assert_eq!(bob.peer_asks(), None);
    assert_eq!(bob.peer_records(), None);
}

#[test]
fn one_that_runs_without_consent_is_told_of() {
    let mut bob = Consent::new();
    let request = Request {
        id: 1,
        kind: Kind::Recording,
    };
    let runs = State {
        request: Some(request),
        is_running: true,
        answer: None,
    };
    bob.handle(Input::Told(runs), Now::ZERO);
    assert_eq!(bob.peer_records(), Some(Kind::Recording));
}

#[test]
fn both_may_record_each_other() {
    let (mut alice, mut bob) = pair();
    give(&mut alice, &mut bob, Input::Ask(Kind::Recording));
    give(&mut bob, &mut alice, Input::Answer(true));
    give(&mut bob, &mut alice, Input::Ask(Kind::Recording));
    let (_, theirs) = give(&mut alice, &mut bob, Input::Answer(true));
    assert!(theirs.contains(&Output::Start(Kind::Recording)));
    assert_eq!(alice.peer_records(), Some(Kind::Recording));
    assert_eq!(bob.peer_records(), Some(Kind::Recording));
}
