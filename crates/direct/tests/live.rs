//! What counts only now: where the users point, and what they say.

mod pair;

use std::time::Duration;

use wimpex_direct::{
    Caption, Direct, Feature, Frame, Input, Output, Pointer, Position, StreamId, limits,
};
use wimpex_sansio::{Machine, Now};

use pair::{Pair, WALL};

fn at(x: u16) -> Option<Pointer> {
    let at = Position::new(x, 5_000).expect("it is inside");
    Some(Pointer { at, is_own: false })
}

fn said(text: &str, is_final: bool) -> Caption {
    Caption::parse(text, is_final).expect("it says something")
}

fn read(direct: &Direct) -> Vec<&str> {
    direct.captions().iter().map(Caption::text).collect()
}

#[test]
fn a_hand_that_moves_is_followed_at_a_bounded_rate_and_ends_where_it_rests() {
    let mut pair = Pair::connected();
    for x in 0..1_000 {
        pair.input(0, Input::Point(at(x)));
        pair.wait(1);
    }
    pair.wait(200);
    assert_eq!(pair.pages[1].peer_points(), at(999));
    let points = pair.sent[0]
        .iter()
        .filter(|it| matches!(it, Frame::Point(_)));
    let most = 1_000 / limits::POINT_EVERY.as_millis() as usize + 4;
    let count = points.count();
    assert!((10..=most).contains(&count), "{count} of at most {most}");
    // It leaves at once, however fast it was.
    for x in 0..10 {
        pair.input(0, Input::Point(at(x)));
    }
    pair.input(0, Input::Point(None));
    assert_eq!(pair.pages[1].peer_points(), None);
    pair.wait(1_000);
    assert_eq!(pair.pages[1].peer_points(), None);
}

#[test]
fn nobody_points_over_a_channel_that_is_gone() {
    let mut pair = Pair::connected();
    pair.input(0, Input::Point(at(7)));
    assert_eq!(pair.pages[1].peer_points(), at(7));
    pair.input(1, Input::Closed);
    assert_eq!(pair.pages[1].peer_points(), None);
    // Over the next one it is told again.
    pair.connect();
    pair.wait(200);
    assert_eq!(pair.pages[1].peer_points(), at(7));
}

#[test]
fn a_page_of_before_is_told_neither() {
    let mut direct = Direct::new(StreamId::parse("alice").expect("letters are an id"));
    let now = Now::ZERO;
    direct.handle(Input::Opened, now);
    let hello = r#"{"type":"hello","version":1,"features":["chat"],"stream":"old"}"#;
    let text = hello.to_owned();
    direct.handle(Input::Received { text, wall: WALL }, now);
    direct.handle(Input::Point(at(7)), now);
    direct.handle(Input::ReadCaptions(true), now);
    direct.handle(Input::Caption(said("hello", true)), now);
    let mut sent = Vec::new();
    while let Some(output) = direct.poll_output() {
        if let Output::Transmit(text) = output {
            sent.push(text);
        }
    }
    assert_eq!(sent.len(), 1, "its own hello: {sent:?}");
    assert!(!direct.features().has(Feature::Point));
    assert_eq!(direct.poll_timeout(), None);
}

#[test]
fn what_is_said_is_written_only_for_who_asks() {
    let mut pair = Pair::connected();
    assert!(pair.pages[1].features().has(Feature::Captions));
    assert!(!pair.pages[0].features().has(Feature::Captions));
    pair.input(0, Input::Caption(said("unheard", true)));
    assert!(read(&pair.pages[1]).is_empty() && !pair.pages[0].is_read());
    pair.input(1, Input::ReadCaptions(true));
    assert!(pair.pages[0].is_read());
    pair.input(0, Input::Caption(said("See you", false)));
    assert_eq!(read(&pair.pages[1]), ["See you"]);
    pair.input(0, Input::Caption(said("See you on Monday", true)));
    pair.input(0, Input::Caption(said("at nine", false)));
    assert_eq!(read(&pair.pages[1]), ["See you on Monday", "at nine"]);
    // What nobody follows up is gone after a while.
    pair.wait(limits::CAPTION_STAYS.as_millis() as u64 + 1);
    assert!(read(&pair.pages[1]).is_empty());
    // Another connection of the call knows of the wish; whoever takes it back reads nothing.
    pair.connect();
    assert!(pair.pages[0].is_read());
    pair.input(0, Input::Caption(said("once more", true)));
    assert_eq!(read(&pair.pages[1]), ["once more"]);
    pair.input(1, Input::ReadCaptions(false));
    assert!(read(&pair.pages[1]).is_empty() && !pair.pages[0].is_read());
}

#[test]
fn a_flood_is_neither_shown_nor_kept() {
    let mut pair = Pair::connected();
    pair.input(1, Input::ReadCaptions(true));
    let mut changes = 0;
    for number in 0..50_000u32 {
        let text = if number % 2 == 0 {
            format!(r#"{{"type":"point","x":{},"y":1}}"#, number % 10_000)
        } else {
            format!(r#"{{"type":"caption","text":"{number}","final":true}}"#)
        };
        pair.pages[1].handle(Input::Received { text, wall: WALL }, pair.now);
        while let Some(output) = pair.pages[1].poll_output() {
            changes += usize::from(output == Output::LiveChanged);
        }
    }
    assert!(changes <= limits::LIVE_TAKE_BURST as usize, "{changes}");
    assert!(read(&pair.pages[1]).len() <= limits::CAPTIONS);
    // It ends with the next honest second.
    pair.wait(Duration::from_secs(20).as_millis() as u64);
    pair.input(0, Input::Point(at(3)));
    pair.wait(200);
    assert_eq!(pair.pages[1].peer_points(), at(3));
}

#[test]
fn a_caption_is_one_short_line_of_text() {
    let long = "é".repeat(limits::CAPTION_BYTES);
    assert_eq!(Caption::parse(&long, true), None);
    let cut = Caption::of_speech(&long, true).expect("its end");
    assert!(cut.text().len() <= limits::CAPTION_BYTES && cut.text().len() > 400);
    let odd = said("one\r\ntwo\u{202E}three\tfour", true);
    assert_eq!(odd.text(), "one twothree four");
    assert_eq!(Caption::parse(" \n\u{200B} ", true), None);
    assert_eq!(format!("{odd:?}"), "Caption(17 bytes)");
}
