//! The frames on the wire: golden files, and whatever else may come.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use wimpex_direct::{
    Caption, Feature, Features, Frame, Hello, Known, LineText, Message, Pointer, Position,
    StreamId, Unreadable, limits,
};
use wimpex_recording::{Answer, Kind, Request, State};

fn golden(name: &str) -> (String, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/{name}.json"));
    let text = fs::read_to_string(path).expect("a golden file");
    let value = serde_json::from_str(&text).expect("it is JSON");
    (text, value)
}

fn stream(text: &str) -> StreamId {
    StreamId::parse(text).expect("letters are an id")
}

fn line(text: &str) -> Message {
    Message::Line(LineText::parse(text).expect("it says something"))
}

#[test]
fn every_frame_has_a_golden_file() {
    let check = |name, frame: Frame| {
        let (text, value) = golden(name);
        assert_eq!(Frame::decode(&text), Ok(frame.clone()), "{name}");
        let written: Value = serde_json::from_str(&frame.encode()).unwrap();
        assert_eq!(written, value, "{name}");
    };
    let hello = Hello {
        features: Features::default().with(Feature::Chat),
        stream: stream("5f0e8c2ab1d94f7783a6d1c05e9b2f34"),
        known: None,
    };
    check("hello", Frame::Hello(hello.clone()));
    let known = Known {
        stream: stream("c41a90d27be34e1f9d8806a5f3b7e210.1"),
        received: 12,
        read: 9,
    };
    let again = Hello {
        features: hello.features.with(Feature::Point).with(Feature::Captions),
        known: Some(known),
        ..hello
    };
    check("hello-again", Frame::Hello(again));
    let message = line("The plan is at https://example.org/plan\nSee you there!");
    check("chat", Frame::Numbered { seq: 13, message });
    check("ack", Frame::Ack { received: 13 });
    check("read", Frame::Read { read: 13 });
    let at = Position::new(2_500, 10_000).expect("it is inside");
    let pointer = |is_own| Some(Pointer { at, is_own });
    check("point", Frame::Point(pointer(false)));
    check("point-own", Frame::Point(pointer(true)));
    check("point-gone", Frame::Point(None));
    let said = |text, is_final| Caption::parse(text, is_final).expect("it says something");
    check("caption", Frame::Caption(said("See you on Monday", true)));
    check("caption-begun", Frame::Caption(said("See you", false)));
    check("captions", Frame::Captions(true));
    let request = |id, kind| Some(Request { id, kind });
    let answer = |id, agrees| Some(Answer { id, agrees });
    let recording = |request, is_running, answer| {
        Frame::Recording(State {
            request,
            is_running,
            answer,
        })
    };
    let runs = recording(request(1, Kind::Recording), true, None);
    check("recording", runs);
    check("recording-agreed", recording(None, false, answer(1, true)));
    let asks = recording(request(2, Kind::Photo), false, answer(3, false));
    check("recording-photo", asks);
}

#[test]
fn the_longest_line_fits_into_a_frame() {
    for text in ["\"", "\\", "x\n\"", "é", "\u{1F469}"] {
        let text = text.repeat(limits::LINE_BYTES / text.len());
        let message = line(&text);
        let frame = Frame::Numbered {
            seq: (1 << 53) - 1,
            message,
        };
        assert!(
            frame.encode().len() <= limits::FRAME_BYTES,
            "{:?}",
            &text[..4]
        );
        assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }
}

#[test]
fn a_number_counts_whatever_it_stands_on() {
    for text in [
        r#"{"type":"hologram","seq":7}"#,
        r#"{"type":"chat","seq":7}"#,
        r#"{"type":"chat","seq":7,"text":""}"#,
        r#"{"type":"chat","seq":7,"text":["a"]}"#,
        r#"{"type":"file","seq":7,"text":"a"}"#,
    ] {
        let unknown = Frame::Numbered {
            seq: 7,
            message: Message::Unknown,
        };
        assert_eq!(Frame::decode(text), Ok(unknown), "{text}");
    }
}

#[test]
fn a_later_version_is_spoken_to() {
    let text =
        r#"{"type":"hello","version":9,"features":["chat","telepathy",3],"stream":"a","more":{}}"#;
    let Ok(Frame::Hello(hello)) = Frame::decode(text) else {
        panic!("no hello");
    };
    assert!(hello.features.has(Feature::Chat) && !hello.features.has(Feature::Point));
}

#[test]
fn what_is_malformed_is_no_frame() {
    let long = format!(
        r#"{{"type":"chat","seq":1,"text":"{}"}}"#,
        "x".repeat(limits::FRAME_BYTES)
    );
    let long_caption = format!(
        r#"{{"type":"caption","text":"{}"}}"#,
        "x".repeat(limits::CAPTION_BYTES + 1)
    );
    let deep = "[".repeat(10_000);
    let id = "a".repeat(limits::STREAM_ID_CHARS + 1);
    let long_id = format!(r#"{{"type":"hello","version":1,"features":[],"stream":"{id}"}}"#);
    for text in [
        "",
        "[]",
        "null",
        "7",
        r#""hello""#,
        "{}",
        r#"{"type":7}"#,
        r#"{"type":"hello"}"#,
        r#"{"type":"hello","version":0,"features":[],"stream":"a"}"#,
        r#"{"type":"hello","version":1,"features":{},"stream":"a"}"#,
        r#"{"type":"hello","version":1,"features":[],"stream":""}"#,
        r#"{"type":"hello","version":1,"features":[],"stream":"<b>"}"#,
        r#"{"type":"hello","version":1,"features":[],"stream":"a","peerStream":"b"}"#,
        r#"{"type":"hello","version":1,"features":[],"stream":"a","peerStream":"é","received":1,"read":1}"#,
        r#"{"type":"ack"}"#,
        r#"{"type":"ack","received":-1}"#,
        r#"{"type":"ack","received":1.5}"#,
        r#"{"type":"ack","received":9007199254740992}"#,
        r#"{"type":"read","read":"1"}"#,
        r#"{"type":"point","x":1}"#,
        r#"{"type":"point","x":1,"y":10001}"#,
        r#"{"type":"point","x":-1,"y":1}"#,
        r#"{"type":"point","x":0.5,"y":0.5}"#,
        r#"{"type":"point","x":null,"y":null}"#,
        r#"{"type":"caption"}"#,
        r#"{"type":"caption","text":""}"#,
        r#"{"type":"caption","text":"\u202e\n"}"#,
        r#"{"type":"captions"}"#,
        r#"{"type":"captions","on":1}"#,
        r#"{"type":"recording"}"#,
        r#"{"type":"recording","running":1}"#,
        r#"{"type":"recording","running":true,"request":{"id":0,"kind":"photo"}}"#,
        r#"{"type":"recording","running":true,"request":{"id":4294967296,"kind":"photo"}}"#,
        r#"{"type":"recording","running":true,"request":{"id":1,"kind":"hologram"}}"#,
        r#"{"type":"recording","running":true,"request":1}"#,
        r#"{"type":"recording","running":true,"answer":{"id":1}}"#,
        r#"{"type":"recording","running":true,"answer":{"id":1,"agrees":"yes"}}"#,
        &long_caption,
        r#"{"type":"chat","text":"a"}"#,
        r#"{"type":"chat","seq":1,"text":"a"} x"#,
        &long,
        &deep,
        &long_id,
    ] {
        assert_eq!(
            Frame::decode(text),
            Err(Unreadable),
            "{}",
            &text[..text.len().min(60)]
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_bytes_make_it_panic(text in ".{0,200}") {
        let _ = Frame::decode(&text);
    }

    /// A good frame with a few characters changed.
    #[test]
    fn what_can_be_read_says_the_same_again(
        which in 0..14usize,
        changes in prop::collection::vec((0..200usize, any::<char>()), 0..4),
    ) {
        let (text, _) = golden([
            "hello", "hello-again", "chat", "ack", "read", "point", "point-own", "point-gone", "caption",
            "caption-begun", "captions", "recording", "recording-agreed", "recording-photo",
        ][which]);
        let mut text: Vec<char> = text.chars().collect();
        for (at, change) in changes {
            let at = at % text.len();
            text[at] = change;
        }
        let text: String = text.into_iter().collect();
        if let Ok(frame) = Frame::decode(&text) {
            prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
        }
    }
}
