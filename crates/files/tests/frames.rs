//! The texts of the files channel, as docs/protocol.md has them, and what is none.

use wimpex_files::{Chain, Digest, EndReason, FileId, FileName, Frame, Offer, Unreadable, limits};

const FILE: &str = "00112233445566778899aabbccddeeff";
const SHA: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn file() -> FileId {
    FileId::parse(FILE).expect("32 digits")
}

fn digest() -> Digest {
    Digest::parse(SHA).expect("64 digits")
}

fn all() -> Vec<(Frame, String)> {
    let file = file();
    vec![
        (
            Frame::Offer(Offer {
                file,
                name: FileName::parse("plan.pdf"),
                size: 1_234_567,
                modified: 1_700_000_000_000,
                paused: false,
            }),
            format!(
                r#"{{"type":"offer","file":"{FILE}","name":"plan.pdf","size":1234567,"modified":1700000000000,"paused":false}}"#
            ),
        ),
        (
            Frame::Want {
                file,
                from: 524_288,
                chain: Chain::new(digest()),
                paused: false,
            },
            format!(
                r#"{{"type":"want","file":"{FILE}","from":524288,"chain":"{SHA}","paused":false}}"#
            ),
        ),
        (
            Frame::Block {
                file,
                at: 524_288,
                bytes: 262_144,
                digest: digest(),
            },
            format!(
                r#"{{"type":"block","file":"{FILE}","at":524288,"bytes":262144,"sha256":"{SHA}"}}"#
            ),
        ),
        (
            Frame::Have {
                file,
                bytes: 786_432,
            },
            format!(r#"{{"type":"have","file":"{FILE}","bytes":786432}}"#),
        ),
        (
            Frame::Anew { file },
            format!(r#"{{"type":"anew","file":"{FILE}"}}"#),
        ),
        (
            Frame::Pause { file, paused: true },
            format!(r#"{{"type":"pause","file":"{FILE}","paused":true}}"#),
        ),
        (
            Frame::Done { file },
            format!(r#"{{"type":"done","file":"{FILE}"}}"#),
        ),
        (
            Frame::End {
                file,
                reason: EndReason::NoRoom,
            },
            format!(r#"{{"type":"end","file":"{FILE}","reason":"no-room"}}"#),
        ),
    ]
}

#[test]
fn golden() {
    for (frame, text) in all() {
        let read = Frame::decode(&text);
        assert_eq!(read, Ok(frame.clone()), "{text}");
        let written: serde_json::Value = serde_json::from_str(&frame.encode()).expect("it is JSON");
        let golden: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(written, golden);
    }
}

#[test]
fn every_reason_has_its_name() {
    for reason in [
        EndReason::Refused,
        EndReason::Cancelled,
        EndReason::NoRoom,
        EndReason::CannotStore,
        EndReason::CannotRead,
        EndReason::Failed,
    ] {
        let file = file();
        let frame = Frame::End { file, reason };
        assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }
    let later = format!(r#"{{"type":"end","file":"{FILE}","reason":"later"}}"#);
    let (file, reason) = (file(), EndReason::Failed);
    assert_eq!(Frame::decode(&later), Ok(Frame::End { file, reason }));
}

/// Each of them without one of its letters, and with one more, a thousand times and more.
#[test]
fn what_is_malformed_is_nothing() {
    let mut count = 0;
    for (_, text) in all() {
        for at in 0..text.len() {
            let mut cut = text.clone();
            cut.remove(at);
            let mut more = text.clone();
            more.insert(at, '"');
            for text in [cut, more] {
                count += 1;
                // It may still say something; then it says the same when it is written.
                if let Ok(frame) = Frame::decode(&text) {
                    assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
                }
            }
        }
    }
    assert!(count > 1_000, "{count}");
    let long = "x".repeat(limits::FRAME_BYTES);
    for broken in [
        "",
        "[]",
        "7",
        r#"{"type":"done"}"#,
        r#"{"type":"done","file":"../../etc"}"#,
        r#"{"type":"done","file":"00112233445566778899AABBCCDDEEFF"}"#,
        r#"{"type":"have","file":"00112233445566778899aabbccddeeff","bytes":-1}"#,
        r#"{"type":"have","file":"00112233445566778899aabbccddeeff","bytes":1e300}"#,
        r#"{"type":"have","file":"00112233445566778899aabbccddeeff","bytes":9007199254740993}"#,
        r#"{"type":"later","file":"00112233445566778899aabbccddeeff"}"#,
        &format!(r#"{{"type":"done","file":"{FILE}","x":"{long}"}}"#),
    ] {
        assert_eq!(Frame::decode(broken), Err(Unreadable), "{broken:.80}");
    }
}

/// The examples of docs/protocol.md.
#[test]
fn the_examples_are_the_frames() {
    let examples = [
        include_str!("../golden/offer.json"),
        include_str!("../golden/want.json"),
        include_str!("../golden/block.json"),
    ];
    for (example, (frame, _)) in examples.into_iter().zip(all()) {
        assert_eq!(Frame::decode(example), Ok(frame));
    }
}
