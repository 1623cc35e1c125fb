//! Who may record whom, over the channel and its connections.

mod pair;

use proptest::prelude::*;
use wimpex_direct::{Direct, Feature, Frame, Input, Output, StreamId};
use wimpex_recording::Kind;
use wimpex_sansio::{Machine, Now};

use pair::{Pair, WALL};

const ALICE: usize = 0;
const BOB: usize = 1;

/// Alice records with Bob's consent.
fn recording() -> Pair {
    let mut pair = Pair::connected();
    pair.input(ALICE, Input::AskToRecord(Kind::Recording));
    pair.input(BOB, Input::AnswerRecording(true));
    pair.input(ALICE, Input::RecordingStarted);
    assert_eq!(
        pair.told[ALICE].drain(..).collect::<Vec<_>>(),
        [Output::StartRecording(Kind::Recording)]
    );
    pair
}

fn peer_records(pair: &Pair, who: usize) -> Option<Kind> {
    pair.pages[who].consent().peer_records()
}

fn reload(pair: &mut Pair, who: usize, stream: &str) {
    pair.pages[who] = Direct::new(StreamId::parse(stream).expect("letters are an id"));
    pair.connect();
}

#[test]
fn who_agrees_is_recorded_and_sees_it() {
    let mut pair = recording();
    assert_eq!(peer_records(&pair, BOB), Some(Kind::Recording));
    assert_eq!(peer_records(&pair, ALICE), None);
    pair.input(ALICE, Input::RecordingEnded);
    assert_eq!(pair.told[ALICE], [Output::StopRecording]);
    assert_eq!(peer_records(&pair, BOB), None);
}

#[test]
fn who_declines_is_not() {
    let mut pair = Pair::connected();
    pair.input(ALICE, Input::AskToRecord(Kind::Photo));
    assert_eq!(pair.pages[BOB].consent().peer_asks(), Some(Kind::Photo));
    pair.input(BOB, Input::AnswerRecording(false));
    assert_eq!(pair.told[ALICE], [Output::RecordingDeclined(Kind::Photo)]);
    assert_eq!(pair.pages[BOB].consent().peer_asks(), None);
    assert!(pair.pages[ALICE].consent().can_ask());
}

#[test]
fn who_takes_it_back_is_recorded_no_longer() {
    let mut pair = recording();
    pair.input(BOB, Input::AnswerRecording(false));
    assert_eq!(
        pair.told[ALICE],
        [
            Output::RecordingWithdrawn(Kind::Recording),
            Output::StopRecording
        ]
    );
    assert_eq!(peer_records(&pair, BOB), None);
}

#[test]
fn both_ask_at_once() {
    let mut pair = Pair::connected();
    // Neither has heard of the other's yet.
    for who in [ALICE, BOB] {
        pair.pages[who].handle(Input::AskToRecord(Kind::Recording), pair.now);
    }
    for who in [ALICE, BOB] {
        pair.input(who, Input::Timeout);
    }
    pair.input(ALICE, Input::AnswerRecording(true));
    pair.input(BOB, Input::AnswerRecording(false));
    assert_eq!(
        pair.told[ALICE],
        [Output::RecordingDeclined(Kind::Recording)]
    );
    assert_eq!(pair.told[BOB], [Output::StartRecording(Kind::Recording)]);
    assert_eq!(peer_records(&pair, ALICE), Some(Kind::Recording));
    assert_eq!(peer_records(&pair, BOB), None);
}

#[test]
fn it_goes_on_over_another_connection() {
    let mut pair = recording();
    pair.input(BOB, Input::Closed);
    // Nobody is recorded unseen while there is none.
    assert_eq!(peer_records(&pair, BOB), Some(Kind::Recording));
    pair.connect();
    assert_eq!(peer_records(&pair, BOB), Some(Kind::Recording));
    assert_eq!(pair.told[ALICE], []);
}

#[test]
fn what_is_said_without_a_connection_arrives_with_the_next() {
    let mut pair = recording();
    for who in [ALICE, BOB] {
        pair.input(who, Input::Closed);
    }
    pair.input(BOB, Input::AnswerRecording(false));
    assert_eq!(pair.told[ALICE], []);
    pair.connect();
    assert!(pair.told[ALICE].contains(&Output::StopRecording));
}

#[test]
fn a_page_loaded_anew_has_agreed_to_nothing() {
    let mut pair = recording();
    reload(&mut pair, BOB, "bob-again");
    assert_eq!(
        pair.told[ALICE],
        [
            Output::RecordingWithdrawn(Kind::Recording),
            Output::StopRecording
        ]
    );
    assert_eq!(peer_records(&pair, BOB), None);
    assert_eq!(pair.pages[BOB].consent().peer_asks(), None);
}

#[test]
fn a_page_loaded_anew_has_to_ask_again() {
    let mut pair = recording();
    reload(&mut pair, ALICE, "alice-again");
    assert_eq!(peer_records(&pair, BOB), None);
    // Its requests are counted from 1 again, and what was agreed to before is none of them.
    pair.input(ALICE, Input::AskToRecord(Kind::Recording));
    assert_eq!(pair.told[ALICE], []);
    assert_eq!(pair.pages[BOB].consent().peer_asks(), Some(Kind::Recording));
}

#[test]
fn a_request_without_an_answer_is_asked_again() {
    let mut pair = Pair::connected();
    pair.input(ALICE, Input::AskToRecord(Kind::Recording));
    reload(&mut pair, BOB, "bob-again");
    assert_eq!(pair.pages[BOB].consent().peer_asks(), Some(Kind::Recording));
    pair.input(BOB, Input::AnswerRecording(true));
    assert_eq!(pair.told[ALICE], [Output::StartRecording(Kind::Recording)]);
}

/// A page that has said hello with these features.
fn greeted(features: &str) -> Direct {
    let mut direct = Direct::new(StreamId::parse("alice").expect("letters are an id"));
    direct.handle(Input::Opened, Now::ZERO);
    let hello = [
        r#"{"type":"hello","version":1,"features":["#,
        features,
        r#"],"stream":"bob"}"#,
    ]
    .concat();
    received(&mut direct, &hello);
    while direct.poll_output().is_some() {}
    direct
}

fn received(direct: &mut Direct, text: &str) {
    let text = text.to_owned();
    direct.handle(Input::Received { text, wall: WALL }, Now::ZERO);
}

#[test]
fn a_page_of_before_is_not_asked() {
    let mut direct = greeted(r#""chat","files""#);
    assert!(!direct.features().has(Feature::Recording));
    direct.handle(Input::AskToRecord(Kind::Recording), Now::ZERO);
    while let Some(output) = direct.poll_output() {
        assert!(!matches!(output, Output::Transmit(_)), "{output:?}");
    }
    assert_eq!(direct.consent().waits_for(), None);
}

/// A page that was loaded anew is known by its hello; what it says of recording may come later, or
/// never.
#[test]
fn the_hello_of_a_page_loaded_anew_ends_it() {
    let mut direct = greeted(r#""recording""#);
    direct.handle(Input::AskToRecord(Kind::Recording), Now::ZERO);
    let agrees = r#"{"type":"recording","running":false,"answer":{"id":1,"agrees":true}}"#;
    received(&mut direct, agrees);
    direct.handle(Input::RecordingStarted, Now::ZERO);
    while direct.poll_output().is_some() {}
    direct.handle(Input::Closed, Now::ZERO);
    direct.handle(Input::Opened, Now::ZERO);
    let hello = r#"{"type":"hello","version":1,"features":["recording"],"stream":"bob-again"}"#;
    received(&mut direct, hello);
    let mut outputs = std::iter::from_fn(|| direct.poll_output());
    assert!(outputs.any(|output| output == Output::StopRecording));
}

#[test]
fn a_prompt_that_comes_and_goes_is_shown_no_more() {
    let mut direct = greeted(r#""recording""#);
    let mut seen = 0;
    for id in 1..1_000 {
        let asks = format!(
            r#"{{"type":"recording","running":false,"request":{{"id":{id},"kind":"photo"}}}}"#
        );
        received(&mut direct, &asks);
        seen += u32::from(direct.consent().peer_asks().is_some());
        received(&mut direct, r#"{"type":"recording","running":false}"#);
        while direct.poll_output().is_some() {}
    }
    assert_eq!(seen, 3);
}

#[test]
fn one_that_runs_unasked_is_seen() {
    let mut direct = greeted(r#""recording""#);
    received(
        &mut direct,
        r#"{"type":"recording","running":true,"request":{"id":1,"kind":"recording"}}"#,
    );
    assert_eq!(direct.consent().peer_records(), Some(Kind::Recording));
}

/// What a peer may say: of either kind, with any id, whatever it claims was answered.
fn state() -> impl Strategy<Value = String> {
    let id = 0..4u32;
    let request = (id.clone(), prop::bool::ANY).prop_map(|(id, photo)| {
        let kind = if photo { "photo" } else { "recording" };
        format!(r#","request":{{"id":{id},"kind":"{kind}"}}"#)
    });
    let answer = (id, prop::bool::ANY)
        .prop_map(|(id, agrees)| format!(r#","answer":{{"id":{id},"agrees":{agrees}}}"#));
    (
        prop::bool::ANY,
        prop::option::of(request),
        prop::option::of(answer),
    )
        .prop_map(|(running, request, answer)| {
            let (request, answer) = (request.unwrap_or_default(), answer.unwrap_or_default());
            format!(r#"{{"type":"recording","running":{running}{request}{answer}}}"#)
        })
}

proptest! {
    /// Whatever a peer says: nothing starts that this user has not asked for, and every frame that
    /// leaves is one of ours.
    #[test]
    fn a_peer_starts_nothing_by_itself(states in prop::collection::vec(state(), 1..20)) {
        let mut direct = greeted(r#""recording""#);
        for state in states {
            received(&mut direct, &state);
            while let Some(output) = direct.poll_output() {
                match output {
                    Output::Transmit(text) => prop_assert!(Frame::decode(&text).is_ok()),
                    output => prop_assert_eq!(output, Output::LiveChanged),
                }
            }
        }
    }

    /// The page agrees only when its user does: each agreement is of the prompt that was shown.
    #[test]
    fn only_the_user_agrees(
        steps in prop::collection::vec(prop::option::of(state()), 1..20),
    ) {
        let mut direct = greeted(r#""recording""#);
        for step in steps {
            let asked = direct.consent().peer_asks();
            let is_shown = direct.consent().peer_records();
            match step {
                Some(state) => received(&mut direct, &state),
                None => direct.handle(Input::AnswerRecording(true), Now::ZERO),
            }
            let mut agrees = false;
            while let Some(output) = direct.poll_output() {
                if let Output::Transmit(text) = output
                    && let Ok(Frame::Recording(state)) = Frame::decode(&text)
                {
                    agrees |= state.answer.is_some_and(|it| it.agrees);
                }
            }
            prop_assert!(!agrees || asked.is_some() || is_shown.is_some());
        }
    }
}
