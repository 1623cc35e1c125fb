//! Every record in `replays` goes the way that it went. To make a scenario of a
//! reported fault, put its file there.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wimpex_call::{CallMachine, Command, EndReason, Input, Output, State};
use wimpex_protocol::{
    CallId, CallOffer, CallType, DeviceId, IceCandidate, Offer, Sdp, Signal, UserId,
};
use wimpex_record::{Entry, Note, Record, Redaction, abridged, replay};
use wimpex_sansio::{Machine, Now};
use wimpex_webrtc::IceCandidateInit;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replays")
}

fn text_of(name: &str) -> String {
    fs::read_to_string(directory().join(name)).unwrap()
}

fn records() -> Vec<(PathBuf, Record)> {
    let files = fs::read_dir(directory()).unwrap();
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            (file, Record::parse(&text).unwrap())
        })
        .collect()
}

#[test]
fn every_record_goes_the_way_that_it_went() {
    let records = records();
    assert!(records.len() >= 5);
    for (file, record) in records {
        let replay = replay(&record);
        assert_eq!(replay.differences, [], "{}", file.display());
    }
}

/// Those of a call that could not connect, by their names.
fn failed() -> [Record; 2] {
    ["alice", "bob"].map(|name| {
        let name = format!("relayed-only-without-a-relay-{name}.json");
        let mut records = records().into_iter();
        records.find(|(file, _)| file.ends_with(&name)).unwrap().1
    })
}

#[test]
fn a_call_that_could_not_connect_ends_so_again() {
    for record in failed() {
        let ended = replay(&record).machine.snapshot().ended.unwrap();
        assert_eq!(ended.reason, EndReason::ConnectionFailed);
        assert!(record.timeline().len() >= record.entries.len() + record.notes.len());
    }
}

#[test]
fn a_record_that_was_changed_shows_where() {
    let [mut record, _] = failed();
    let accepted = record
        .entries
        .iter()
        .position(|entry| entry.state == State::Connecting);
    let accepted = accepted.unwrap();
    record.entries.remove(accepted);
    let replay = replay(&record);
    assert_eq!(
        replay.differences[0].entry, accepted,
        "{:?}",
        replay.differences
    );
}

#[test]
fn a_record_of_another_format_is_refused_in_words() {
    let [record, _] = failed();
    let newer = Record {
        wimpex: 3,
        ..record
    };
    let text = serde_json::to_string(&newer).unwrap();
    let error = Record::parse(&text).unwrap_err().to_string();
    assert!(error.contains("format 3"), "{error}");
}

#[test]
fn a_record_with_senseless_ids_is_refused_in_words() {
    for format in [1, 2] {
        let text = text_of(&format!("format-{format}-every-input.json"));
        let text = text.replace("person-1", "no id: spaces");
        let error = Record::parse(&text).unwrap_err().to_string();
        assert!(error.contains("unreadable: not a UserId"), "{error}");
    }
}

#[test]
fn what_is_no_record_is_refused_in_words() {
    let texts = [
        "",
        "[]",
        "7",
        "{}",
        r#"{"wimpex":1}"#,
        r#"{"wimpex":1,"entries":[7,{"at":[],"event":{"what":"no event"},"outputs":[{}]}]}"#,
        r#"{"wimpex":2,"entries":null}"#,
    ];
    for text in texts {
        let error = Record::parse(text).unwrap_err().to_string();
        assert!(error.contains("unreadable"), "{error}");
    }
}

/// The name of an input in the file, commands and signals apart.
fn kind(input: &Input) -> String {
    let value = serde_json::to_value(input).unwrap();
    let name = |value: &Value| match value {
        Value::Object(object) => object.keys().next().unwrap().clone(),
        other => other.as_str().unwrap().to_owned(),
    };
    match input {
        Input::Command(_) => name(&value["command"]),
        Input::Signal { signal, .. } => signal.type_name().to_owned(),
        _ => name(&value),
    }
}

/// Which kinds of inputs the files of each format have between them.
#[test]
fn every_kind_of_input_can_be_read_again() {
    let kinds = |format: &str| {
        let record = Record::parse(&text_of(&format!("{format}-every-input.json"))).unwrap();
        let kinds = record.entries.iter().map(|entry| kind(&entry.input));
        kinds.collect::<BTreeSet<_>>()
    };
    let since_format_2 = [
        "create-connection-failed",
        "offer-refused",
        "set-remote-answer-failed",
    ];
    let (all, before) = (kinds("format-2"), kinds("format-1"));
    let missing: Vec<&String> = all.difference(&before).collect();
    assert_eq!(missing, since_format_2);
    assert_eq!(
        Vec::from_iter(all),
        [
            "accept",
            "call-answer",
            "call-end",
            "call-offer",
            "call-reject",
            "call-ringing",
            "connection-state-changed",
            "create-connection-failed",
            "data-channel-message",
            "decline",
            "dismiss",
            "hang-up",
            "ice-candidate",
            "local-answer",
            "local-candidate",
            "local-description-failed",
            "local-offer",
            "media",
            "network-changed",
            "offer-refused",
            "peer-devices",
            "peer-offline",
            "session-renewed",
            "set-camera",
            "set-muted",
            "set-remote-answer-failed",
            "start-call",
            "timeout",
            "track-ended",
        ]
    );
}

/// A record of today's format stays what it is: others will have to read it.
#[test]
fn a_record_is_written_as_it_was_read() {
    let text = text_of("format-2-every-input.json");
    let record = Record::parse(&text).unwrap();
    let read: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), read);
}

/// An offer with everything in it that is nobody's business.
fn incoming() -> Vec<Input> {
    let from = || UserId::parse("guest-secret-person").unwrap();
    let device = || DeviceId::parse("d-secret-device").unwrap();
    let call_id = || CallId::parse("call_secret").unwrap();
    let remote = |signal| Input::Signal {
        from: from(),
        device: device(),
        to_this_device: false,
        standing: wimpex_call::Standing::Known,
        signal,
    };
    vec![
        remote(Signal::CallOffer(CallOffer {
            call_id: call_id(),
            offer: Offer::new(Sdp(format!(
                "v=0 o=- 1 1 IN IP4 127.0.0.1 s=- {} a=ice-pwd:secret-password",
                " ".repeat(64)
            ))),
            call_type: CallType::Video,
            from_username: Some("Secret Name".to_owned()),
            sec: None,
            link: None,
        })),
        remote(Signal::IceCandidate(IceCandidate {
            call_id: Some(call_id()),
            candidate: IceCandidateInit {
                candidate:
                    "candidate:1 1 udp 1 203.0.113.77 5000 typ srflx raddr 10.0.0.77 rport 9"
                        .to_owned(),
                sdp_m_line_index: Some(0),
                sdp_mid: Some("secret-mid".to_owned()),
                username_fragment: Some("secret-fragment".to_owned()),
            },
        })),
        Input::PeerDevices {
            user: from(),
            devices: vec![device()],
        },
        Input::Command(Command::Accept { camera: true }),
        Input::Command(Command::HangUp),
    ]
}

#[test]
fn a_redacted_record_has_no_secret_and_replays() {
    let mut machine = CallMachine::new();
    let mut kept = Vec::new();
    for (second, input) in (1..).zip(incoming()) {
        let at = Now::from_millis(second * 1_000);
        machine.handle(input.clone(), at);
        let outputs = wimpex_sansio::outputs(&mut machine);
        let outputs = outputs.map(|output: Output| output.name()).collect();
        let state = machine.state();
        kept.push(Entry {
            at,
            input,
            outputs,
            state,
        });
    }
    let note = Note {
        at: Now::from_millis(1_500),
        text: "logged in".to_owned(),
    };
    let record = |kept: &[Entry<&'static str>]| {
        let (browser, notes) = ("a browser".to_owned(), vec![note.clone()]);
        Record::new(kept, 0, None, notes, None, browser, Vec::new())
    };
    let abridged = kept.iter().map(|entry| Entry {
        input: abridged(&entry.input),
        ..entry.clone()
    });
    let abridged: Vec<_> = abridged.collect();
    assert!(!format!("{abridged:?}").contains("Secret"), "{abridged:?}");
    assert_eq!(record(&abridged), record(&kept), "what is kept is enough");
    let record = record(&abridged);
    let timeline = record.timeline();
    assert_eq!(timeline.len(), kept.len() + 1);
    assert_eq!(timeline[1], "     1.500 logged in");
    assert!(timeline[0].contains("\n           Idle → "), "{timeline:?}");
    let text = serde_json::to_string(&record).unwrap();
    for private in ["secret", "Secret", "203.0.113.77", "10.0.0.77", "ice-pwd"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    assert!(text.contains("udp typ srflx"), "{text}");
    let replay = replay(&record);
    assert_eq!(replay.differences, []);
    assert_eq!(
        replay.machine.snapshot().ended.unwrap().reason,
        EndReason::HungUp
    );
}

#[test]
fn ids_keep_their_order_as_it_decides_who_wins() {
    let place = |id: &str| {
        Input::Command(Command::StartCall {
            call_id: CallId::parse(id).unwrap(),
            peer: UserId::parse("guest-bob").unwrap(),
            call_type: CallType::Audio,
        })
    };
    let inputs = [place("call_zz"), place("call_aa"), place("call_mm")];
    let redaction = Redaction::of(inputs.iter(), None);
    let ids = inputs.each_ref().map(|input| match redaction.apply(input) {
        Input::Command(Command::StartCall { call_id, .. }) => call_id,
        other => panic!("{other:?}"),
    });
    assert!(ids[1] < ids[2] && ids[2] < ids[0], "{ids:?}");
}
