//! `vectors/identity.json`: keys, messages, signatures and SAS for implementers of other
//! clients. This crate must compute the same, and so must a second implementation, in
//! Python with `cryptography`, that reads the file and `docs/protocol.md` and knows nothing
//! of this crate.
//!
//! `WIMPEX_BLESS=1 cargo test -p wimpex-identity --test vectors` rewrites the file.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod build;
mod python;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wimpex_identity::EMOJI;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    let path = file(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn vectors() -> Value {
    serde_json::from_str(&read("vectors/identity.json")).unwrap()
}

#[test]
fn vectors_match_this_crate() {
    let built = build::vectors();
    if std::env::var_os("WIMPEX_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&built).unwrap() + "\n";
        fs::write(file("vectors/identity.json"), text).unwrap();
    }
    assert!(vectors() == built, "{built:#}");
}

#[test]
fn golden_messages_match_the_vectors() {
    let vectors = vectors();
    let golden = |name: &str| -> Value {
        serde_json::from_str(&read(&format!("../protocol/golden/{name}.json"))).unwrap()
    };
    let handshake = &vectors["handshakes"][0];
    for (i, (name, description)) in [
        ("signed-call-offer", "offer"),
        ("signed-call-answer", "answer"),
        ("call-confirm", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let (message, golden) = (&handshake["messages"][i], golden(name));
        for (field, golden) in [
            ("type", &golden["type"]),
            ("fromId", &golden["fromId"]),
            ("toId", &golden["toId"]),
            ("sec", &golden["sec"]),
            ("sdp", &golden[description]["sdp"]),
        ] {
            assert_eq!(&message[field], golden, "{name}: {field}");
        }
        assert_eq!(handshake["callId"], golden["callId"]);
    }
    let (login, golden_login) = (&vectors["logins"][0], golden("login-key"));
    assert_eq!(login["challenge"], golden("hello")["challenge"]);
    for field in ["userId", "publicKey", "signature"] {
        assert_eq!(login[field], golden_login[field], "{field}");
    }
}

#[test]
fn protocol_document_shows_vectors_and_emoji() {
    let document = read("../../docs/protocol.md");
    let vectors = vectors();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut shown: Vec<String> = Vec::new();
    shown.push(text(&vectors["keys"][0]["seed"]));
    shown.push(text(&vectors["keys"][0]["userId"]));
    shown.push(text(&vectors["logins"][0]["message"]));
    let handshake = &vectors["handshakes"][0];
    for message in handshake["messages"].as_array().unwrap().iter().take(3) {
        shown.push(text(&message["hash"]));
    }
    shown.push(text(&handshake["messages"][0]["message"]));
    shown.push(text(&handshake["sasDigest"]));
    for (number, emoji) in EMOJI.iter().enumerate() {
        shown.push(format!("| {number} {} {} |", emoji.symbol, emoji.name));
    }
    // Long texts are broken into lines there.
    let document = document.replace("\n  ", "");
    for text in shown {
        assert!(document.contains(&text), "docs/protocol.md lacks {text}");
    }
}
