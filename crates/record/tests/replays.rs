//! Every record in `replays` goes the way that it went. To make a scenario of a
//! reported fault, put its file there.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wimpex_call::{CallMachine, Command, EndReason, Input, Output};
use wimpex_protocol::{
    CallId, CallOffer, CallType, DeviceId, IceCandidate, Offer, Sdp, Signal, UserId,
};
use wimpex_record::{Kept, Note, Record, replay};
use wimpex_sansio::{Machine, Now};
use wimpex_webrtc::IceCandidateInit;

fn records() -> Vec<(PathBuf, Record)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replays");
    let files = fs::read_dir(directory).unwrap();
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            (file, serde_json::from_str(&text).unwrap())
        })
        .collect()
}

#[test]
fn every_record_goes_the_way_that_it_went() {
    let records = records();
    assert!(records.len() >= 2);
    for (file, record) in records {
        let replay = replay(&record).unwrap();
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
        let ended = replay(&record).unwrap().machine.snapshot().ended.unwrap();
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
        .position(|entry| entry.state == "Connecting");
    let accepted = accepted.unwrap();
    record.entries.remove(accepted);
    let replay = replay(&record).unwrap();
    assert_eq!(
        replay.differences[0].entry, accepted,
        "{:?}",
        replay.differences
    );
}

#[test]
fn a_record_of_another_format_or_with_senseless_ids_is_refused_in_words() {
    let [record, _] = failed();
    let newer = Record {
        wimpex: 2,
        ..record.clone()
    };
    assert!(replay(&newer).unwrap_err().contains("format 2"));
    let text = serde_json::to_string(&record)
        .unwrap()
        .replace("person-1", "no id: spaces");
    let senseless: Record = serde_json::from_str(&text).unwrap();
    assert!(replay(&senseless).unwrap_err().contains("unreadable"));
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
fn a_record_has_nothing_private_in_it_and_replays_all_the_same() {
    let mut machine = CallMachine::new();
    let mut kept = Vec::new();
    for (second, input) in (1..).zip(incoming()) {
        let at = Now::from_millis(second * 1_000);
        machine.handle(input.clone(), at);
        let outputs = wimpex_sansio::outputs(&mut machine);
        let outputs = outputs.map(|output: Output| output.name()).collect();
        let state = machine.state();
        kept.push(Kept {
            at,
            input,
            outputs,
            state,
        });
    }
    let note = Note {
        at: Duration::from_millis(1_500),
        text: "logged in".to_owned(),
    };
    let record = |kept: &[Kept]| {
        let (browser, notes) = ("a browser".to_owned(), vec![note.clone()]);
        Record::new(kept, 0, None, notes, None, browser, Vec::new())
    };
    let slim = kept.iter().map(|kept| Kept {
        input: wimpex_record::slim(&kept.input),
        ..kept.clone()
    });
    let slim: Vec<Kept> = slim.collect();
    assert!(!format!("{slim:?}").contains("Secret"), "{slim:?}");
    assert_eq!(record(&slim), record(&kept), "what is kept is enough");
    let record = record(&slim);
    let timeline = record.timeline();
    assert_eq!(timeline.len(), kept.len() + 1);
    assert_eq!(timeline[1], "     1.500 logged in");
    assert!(timeline[0].contains("\n           Idle → "), "{timeline:?}");
    let text = serde_json::to_string(&record).unwrap();
    for private in ["secret", "Secret", "203.0.113.77", "10.0.0.77", "ice-pwd"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    assert!(text.contains("udp typ srflx"), "{text}");
    let replay = replay(&record).unwrap();
    assert_eq!(replay.differences, []);
    assert_eq!(
        replay.machine.snapshot().ended.unwrap().reason,
        EndReason::HungUp
    );
}

#[test]
fn ids_keep_their_order_for_it_decides_who_gives_way() {
    let place = |id: &str| {
        Input::Command(Command::StartCall {
            call_id: CallId::parse(id).unwrap(),
            peer: UserId::parse("guest-bob").unwrap(),
            call_type: CallType::Audio,
        })
    };
    let inputs = [place("call_zz"), place("call_aa"), place("call_mm")];
    let redaction = wimpex_record::Redaction::of(inputs.iter());
    let ids = inputs.each_ref().map(|input| match redaction.apply(input) {
        Input::Command(Command::StartCall { call_id, .. }) => call_id,
        other => panic!("{other:?}"),
    });
    assert!(ids[1] < ids[2] && ids[2] < ids[0], "{ids:?}");
}
