//! What is not a message gets a coded error that names what it was about.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use wimpex_protocol::{
    CallEndReason, CallId, CallRejectReason, ClientMessage, ErrorCode, InvalidName, Name,
    ServerMessage, Signal, UserId, limits,
};

fn refused(frame: &str) -> (ErrorCode, Option<String>) {
    let error = ClientMessage::decode(frame).unwrap_err();
    (error.code, error.references.ref_type)
}

#[test]
fn not_json_is_a_bad_message() {
    for frame in [
        "",
        "garbage",
        "[]",
        "null",
        "42",
        "\"login\"",
        "{",
        "{\"type\":\"login\"}x",
    ] {
        assert_eq!(refused(frame).0, ErrorCode::BadMessage, "{frame}");
    }
}

#[test]
fn deep_nesting_is_refused_without_overflowing_the_stack() {
    let frame = "[".repeat(limits::FRAME_BYTES);
    assert_eq!(refused(&frame).0, ErrorCode::BadMessage);
    let inside = format!("{{\"type\":\"login\",\"username\":{}", "[".repeat(50_000));
    assert_eq!(refused(&inside).0, ErrorCode::BadMessage);
}

#[test]
fn an_unknown_type_is_told_from_a_wrong_field() {
    assert_eq!(
        refused(r#"{"type":"call-transfer","toId":"a"}"#),
        (ErrorCode::UnknownType, Some("call-transfer".into()))
    );
    assert_eq!(refused(r#"{"toId":"a"}"#), (ErrorCode::BadMessage, None));
    assert_eq!(refused(r#"{"type":7}"#), (ErrorCode::BadMessage, None));
    assert_eq!(
        refused(r#"{"type":"login"}"#),
        (ErrorCode::BadMessage, Some("login".into()))
    );
    // What the server says is unknown from a client's mouth.
    assert_eq!(refused(r#"{"type":"welcome"}"#).0, ErrorCode::UnknownType);
}

#[test]
fn an_error_names_the_call_and_the_person() {
    let frame = r#"{"type":"call-answer","toId":"guest-bob","callId":"c1","answer":{"type":"offer","sdp":""}}"#;
    let error = ClientMessage::decode(frame).unwrap_err();
    assert_eq!(error.code, ErrorCode::BadMessage);
    assert_eq!(error.references.call_id, Some(CallId::parse("c1").unwrap()));
    assert_eq!(
        error.references.to_id,
        Some(UserId::parse("guest-bob").unwrap())
    );
}

#[test]
fn a_long_unknown_type_is_not_echoed_in_full() {
    let frame = format!("{{\"type\":\"{}\"}}", "x".repeat(60_000));
    let (_, ref_type) = refused(&frame);
    assert_eq!(ref_type.unwrap().len(), limits::ID_BYTES);
}

#[test]
fn ids_that_could_hurt_are_refused() {
    for id in [
        "",
        "a b",
        "../x",
        "<script>",
        "ä",
        &"x".repeat(limits::ID_BYTES + 1),
    ] {
        assert!(UserId::parse(id).is_err(), "{id}");
        let frame = format!(r#"{{"type":"call-ringing","toId":{id:?},"callId":"c"}}"#);
        assert_eq!(refused(&frame).0, ErrorCode::BadMessage, "{id}");
    }
    assert!(UserId::parse("x".repeat(limits::ID_BYTES)).is_ok());
}

#[test]
fn unknown_fields_are_ignored_and_unknown_reasons_have_a_default() {
    let frame = r#"{"type":"call-end","toId":"a","callId":"c","reason":"bored","mood":"blue"}"#;
    let Ok(ClientMessage::Relay(relayed)) = ClientMessage::decode(frame) else {
        panic!()
    };
    let Signal::CallEnd(end) = relayed.signal else {
        panic!()
    };
    assert_eq!(end.reason, CallEndReason::Ended);

    let frame = r#"{"type":"call-reject","toId":"a","callId":"c","reason":"bored"}"#;
    let Ok(ClientMessage::Relay(relayed)) = ClientMessage::decode(frame) else {
        panic!()
    };
    let Signal::CallReject(reject) = relayed.signal else {
        panic!()
    };
    assert_eq!(reject.reason, Some(CallRejectReason::Declined));

    let frame = r#"{"type":"error","code":"on-fire","message":"Fire."}"#;
    let Ok(ServerMessage::Error(error)) = ServerMessage::decode(frame) else {
        panic!()
    };
    assert_eq!(error.code, ErrorCode::Unknown);
}

#[test]
fn a_candidate_may_have_nulls_as_browsers_write_them() {
    let frame = r#"{"type":"ice-candidate","toId":"a","candidate":{"candidate":"","sdpMLineIndex":null,"sdpMid":null,"usernameFragment":null}}"#;
    assert!(ClientMessage::decode(frame).is_ok());
}

#[test]
fn names_are_trimmed_and_checked() {
    assert_eq!(Name::parse("  Alice ").unwrap().as_str(), "Alice");
    assert_eq!(Name::parse(" \t "), Err(InvalidName::Empty));
    assert_eq!(Name::parse(&"x".repeat(10_000)), Err(InvalidName::TooLong));
    assert!(Name::parse(&"ä".repeat(limits::NAME_CHARS)).is_ok());
    for text in ["a\u{0}b", "a\nb", "a\u{202e}b", "a\u{200b}b", "\u{feff}a"] {
        assert_eq!(
            Name::parse(text),
            Err(InvalidName::ControlCharacter),
            "{text:?}"
        );
    }
    // A family emoji is several people and joiners.
    assert!(Name::parse("👨‍👩‍👧 Müller-Łukasz نوشین").is_ok());
    for (text, name) in [
        ("Ada  King", "Ada King"),
        ("Ada\u{a0}\u{2003}\u{3000}King", "Ada King"),
        ("\u{3000}Ada\u{2009}", "Ada"),
    ] {
        assert_eq!(Name::parse(text).unwrap().as_str(), name, "{text:?}");
    }
}

#[test]
fn a_name_hides_nothing_and_shows_something() {
    for text in [
        // Blanks that are no white space.
        "\u{3164}",
        "\u{115f}",
        "\u{1160}",
        "\u{ffa0}",
        "\u{2800}",
        "a\u{2800}b",
        "\u{16fe4}",
        "\u{1d159}",
        // What makes another name that looks the same.
        "Mum\u{200d}",
        "Mum\u{200c}",
        "M\u{200c}um",
        "Mum\u{34f}",
        "Mum\u{fe0f}",
        "Mum1\u{fe0f}",
        "Mum\u{180b}",
        "Mum\u{e0041}",
        "Mum\u{e0100}",
        "Mum\u{ad}",
        "Mum\u{2060}",
        "Mum\u{206a}",
        "Mum\u{1bca0}",
        "Mum\u{17b4}",
        "Mum\u{e0080}",
        "Mum\u{e01f0}",
        "Mum\u{e000}",
        "Mum\u{fffc}",
        "Mum\u{10ffff}",
        "Mum\u{13441}",
        "❤\u{fe0f}\u{fe0f}",
        "👩\u{200d}",
        "👩\u{200d}\u{200d}👩",
        "\u{200d}👩",
        "🏴\u{e0067}",
        "🏴\u{e007f}",
        // What turns or breaks the text around it.
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{200f}b",
        "a\u{61c}b",
        "a\u{2028}b",
        "a\u{85}b",
        "a\tb",
    ] {
        assert_eq!(
            Name::parse(text),
            Err(InvalidName::ControlCharacter),
            "{text:?}"
        );
    }
    for text in [
        "\u{301}",
        "\u{301}\u{302}",
        "\u{20dd} \u{301}",
        "\u{a0}\u{2003}",
    ] {
        assert_eq!(Name::parse(text), Err(InvalidName::Empty), "{text:?}");
    }
    for (text, expected) in [
        ("Z\u{334}\u{335}\u{336}o", Ok(())),
        (
            "Z\u{334}\u{335}\u{336}\u{337}o",
            Err(InvalidName::StackedMarks),
        ),
        ("ก็็็็", Err(InvalidName::StackedMarks)),
    ] {
        assert_eq!(Name::parse(text).map(|_| ()), expected, "{text:?}");
    }
}

#[test]
fn names_of_people_are_names() {
    for text in [
        "José",
        "Jose\u{301}",
        "Nguyễn Thị Hương",
        "Nguye\u{302}\u{303}n",
        "O’Brien-Smith, Jr.",
        "田中 花子",
        "김민준",
        "محمد",
        "می‌خواهم",
        "علی‌رضا",
        "נָתָן",
        "श्री दीपक",
        "क्\u{200d}ष",
        "ജോണ്\u{200d}",
        "ශ්\u{200d}රී",
        "สมชาย",
        "น้ำ",
        "བསྒྲུབས",
        "ကျွန်ုပ်",
        "ស្រី",
        "葛\u{e0100}城",
        "ᠮᠣᠩᠭᠣᠯ\u{180b}",
        "Ada ❤\u{fe0f}",
        "1\u{fe0f}\u{20e3}",
        "👩🏽\u{200d}🚒",
        "🏳\u{fe0f}\u{200d}🌈",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        "👁\u{fe0f}\u{200d}🗨\u{fe0f}",
        "🇩🇪",
        ".",
        "<b>",
        "Ω",
        "ℵ",
    ] {
        let name = Name::parse(text);
        assert_eq!(name.as_ref().map(Name::as_str), Ok(text));
    }
}

#[test]
fn nothing_secret_is_in_debug_output() {
    let frames = [
        r#"{"type":"call-offer","toId":"a","callId":"c","callType":"audio","offer":{"type":"offer","sdp":"SECRET"}}"#,
        r#"{"type":"ice-candidate","toId":"a","candidate":{"candidate":"SECRET","sdpMid":"0","usernameFragment":"SECRET"}}"#,
        r#"{"type":"login","username":"a","resumeToken":"SECRET"}"#,
        r#"{"type":"login","username":"a","userId":"w1a","publicKey":"SECRET","signature":"SECRET"}"#,
        r#"{"type":"call-confirm","toId":"a","callId":"c","sec":"SECRET"}"#,
    ];
    for frame in frames {
        let message = ClientMessage::decode(frame).unwrap();
        assert!(!format!("{message:?}").contains("SECRET"), "{message:?}");
    }
    let welcome = r#"{"type":"welcome","userId":"a","deviceId":"d","resumeToken":"SECRET","iceServers":[{"urls":["turn:x"],"username":"u","credential":"SECRET"}]}"#;
    let message = ServerMessage::decode(welcome).unwrap();
    assert!(!format!("{message:?}").contains("SECRET"), "{message:?}");
}
