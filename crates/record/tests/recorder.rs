//! What a page keeps over many calls, and that what is left can be played again.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use serde_json::{Value, json};
use wimpex_call::{CallMachine, Command, Input, MediaRequest, Memory, PeerConnectionState};
use wimpex_protocol::{
    Answer, CallAnswer, CallEnd, CallEndReason, CallId, CallOffer, CallType, DeviceId,
    IceCandidate, Offer, Sdp, Signal, UserId,
};
use wimpex_record::{Record, Recorder, replay};
use wimpex_sansio::{Machine, Now};
use wimpex_webrtc::IceCandidateInit;

/// A page: its machine, and what it keeps.
#[derive(Default)]
struct Page {
    machine: CallMachine,
    recorder: Recorder,
    second: u64,
}

impl Page {
    /// As the page's loop does.
    fn input(&mut self, input: Input) {
        self.second += 1;
        let at = Now::from_millis(self.second * 1_000);
        self.recorder.begin(at, &input);
        self.machine.handle(input, at);
        self.recorder.end(self.machine.state());
        while let Some(output) = self.machine.poll_output() {
            self.recorder.output(output.name());
        }
        // Now and then, as the page does.
        if self.second.is_multiple_of(10) {
            self.recorder.shorten();
        }
    }

    fn record(&mut self) -> Record {
        let (notes, ring) = (self.recorder.notes(), self.recorder.ring);
        let (kept, dropped, memory) = self.recorder.kept();
        let browser = "a browser".to_owned();
        let record = Record::new(kept, dropped, memory, notes, ring, browser, Vec::new());
        // As it is in the file.
        Record::parse(&serde_json::to_string(&record).unwrap()).unwrap()
    }
}

fn remote(signal: Signal) -> Input {
    Input::Signal {
        from: UserId::parse("guest-alice").unwrap(),
        device: DeviceId::parse("d-1").unwrap(),
        to_this_device: true,
        standing: wimpex_call::Standing::Stranger,
        signal,
    }
}

fn call_id(number: u64) -> CallId {
    CallId::parse(format!("call_{number:05}")).unwrap()
}

fn candidate(number: u64) -> IceCandidateInit {
    IceCandidateInit {
        candidate: format!("candidate:{number} 1 udp 1 203.0.113.7 5000 typ host"),
        sdp_m_line_index: Some(0),
        sdp_mid: Some("0".to_owned()),
        username_fragment: None,
    }
}

fn ice(number: u64) -> Signal {
    Signal::IceCandidate(IceCandidate {
        call_id: Some(call_id(number)),
        candidate: candidate(number),
    })
}

/// A whole call to Alice, with everything that carries a number.
fn calls(page: &mut Page, number: u64) {
    page.input(Input::Command(Command::StartCall {
        call_id: call_id(number),
        peer: UserId::parse("guest-alice").unwrap(),
        call_type: CallType::Audio,
    }));
    let snapshot = page.machine.snapshot().call.unwrap();
    let connection = snapshot.connection;
    page.input(Input::Media {
        request: MediaRequest(number),
        audio: Some(Ok(())),
        video: None,
    });
    page.input(Input::LocalOffer {
        connection,
        sdp: Sdp(format!("v=0 offer {number}")),
    });
    page.input(remote(Signal::CallAnswer(CallAnswer {
        call_id: call_id(number),
        answer: Answer::new(Sdp(format!("v=0 answer {number}"))),
        sec: None,
    })));
    for _ in 0..8 {
        page.input(Input::LocalCandidate {
            connection,
            candidate: candidate(number),
        });
    }
    page.input(Input::ConnectionStateChanged {
        connection,
        state: PeerConnectionState::Connected,
    });
    page.input(remote(Signal::CallEnd(CallEnd {
        call_id: call_id(number),
        reason: CallEndReason::Ended,
    })));
    page.input(Input::Command(Command::Dismiss));
    // Of a call that is yet to come.
    page.input(remote(ice(900_000 + number)));
}

#[test]
fn many_calls_are_shortened_to_some_that_replay() {
    let mut page = Page::default();
    for number in 1..=200 {
        calls(&mut page, number);
    }
    // What was dropped is still known: an offer of a call that is over does not ring, and
    // one whose candidates came early has them.
    for number in [185, 900_200] {
        page.input(remote(Signal::CallOffer(CallOffer {
            call_id: call_id(number),
            offer: Offer::new(Sdp("v=0 again".to_owned())),
            call_type: CallType::Audio,
            from_username: None,
            sec: None,
            link: None,
        })));
    }
    page.input(Input::Command(Command::Accept { camera: false }));
    let record = page.record();
    assert!(record.dropped > 1_000, "{}", record.dropped);
    assert!(
        (800..=1_100).contains(&record.entries.len()),
        "{}",
        record.entries.len()
    );
    let memory = record.memory.as_ref().unwrap();
    assert!(memory.last_connection.0 > 50);
    assert!(!memory.ended_calls.is_empty() && !memory.early_candidates.is_empty());
    let text = serde_json::to_string(&record).unwrap();
    assert!(!text.contains("alice") && !text.contains("203.0.113.7"));
    let played = replay(&record);
    assert_eq!(played.differences, []);
    assert_eq!(played.machine.state(), page.machine.state());
    // Without what was known it is another story.
    let forgetful = Record {
        memory: None,
        ..record
    };
    assert_ne!(replay(&forgetful).differences, []);
}

#[test]
fn a_call_without_an_end_is_bounded_too() {
    let mut page = Page::default();
    calls(&mut page, 1);
    page.input(Input::Command(Command::StartCall {
        call_id: call_id(2),
        peer: UserId::parse("guest-alice").unwrap(),
        call_type: CallType::Audio,
    }));
    for muted in 0..10_000 {
        page.input(Input::Command(Command::SetMuted(muted % 2 == 0)));
    }
    let record = page.record();
    assert!(record.entries.len() <= 4_010, "{}", record.entries.len());
    assert_eq!(record.memory, None, "it begins in the middle of a call");
    // Once it is over, what comes after it can be played again.
    page.input(Input::Command(Command::HangUp));
    page.input(Input::Command(Command::Dismiss));
    for number in 3..100 {
        calls(&mut page, number);
    }
    let record = page.record();
    assert!(record.memory.is_some() && record.entries.len() <= 1_100);
    assert_eq!(replay(&record).differences, []);
}

#[test]
fn a_page_without_calls_keeps_no_more_either() {
    let mut recorder = Recorder::default();
    for second in 0..20_000 {
        recorder.begin(Now::from_millis(second * 1_000), &Input::NetworkChanged);
    }
    let (kept, dropped, memory) = recorder.kept();
    assert_eq!((kept.len(), dropped), (8_000, 12_000));
    assert_eq!(memory, None);
}

#[test]
fn what_a_machine_remembers_makes_one_like_it() {
    let mut page = Page::default();
    (1..=3).for_each(|number| calls(&mut page, number));
    let memory = page.machine.memory().unwrap();
    assert_eq!(memory.ended_calls.len(), 3);
    let again = CallMachine::remembering(memory.clone(), None);
    assert_eq!(again, page.machine);
    assert_eq!(again.memory(), Some(memory));
    assert_eq!(CallMachine::new().memory(), Some(Memory::default()));
    page.input(Input::Command(Command::StartCall {
        call_id: call_id(4),
        peer: UserId::parse("guest-alice").unwrap(),
        call_type: CallType::Audio,
    }));
    assert_eq!(page.machine.memory(), None);
}

#[test]
fn the_timeline_shows_changes_of_grades() {
    let reading = |at: f64, grade: &str| -> Value {
        json!({
            "at": at, "receiving": [grade, "loss"], "sending": ["good", "undisturbed"],
            "inboundAudio": { "bitrate": 32_000.0, "fractionLost": 0.052 }, "inboundVideo": null,
            "outboundVideo": { "bitrate": 400_000.0, "framesPerSecond": 29.96 },
            "roundTripTime": 0.0213, "rating": 74.26,
        })
    };
    let mut record = Page::default().record();
    record.readings = vec![
        reading(1.0, "good"),
        reading(2.0, "good"),
        reading(3.0, "fair"),
        json!("no reading"),
        reading(4.0, "fair"),
    ];
    let numbers = "audio in 32.0 kbit/s, lost 5.2 %, video out 400.0 kbit/s, at 30.0 fps, \
         round trip 21.3 ms, R 74.3";
    assert_eq!(
        record.timeline(),
        [
            format!(
                "     1.000 receiving good (loss), sending good (undisturbed)\n           {numbers}"
            ),
            format!(
                "     3.000 receiving fair (loss), sending good (undisturbed)\n           {numbers}"
            ),
        ]
    );
}

#[test]
fn the_timeline_shows_readings_of_older_files() {
    let mut record = Page::default().record();
    record.readings = vec![json!({
        "at": 1.0, "receiving": ["good", "Why."], "sending": ["good", "Well."],
        "soundIn": { "bitrate": 32_000.0, "loss": 0.052 },
        "pictureIn": { "bitrate": 400_000.0, "frameRate": 29.96 }, "soundOut": null,
        "roundTrip": 0.0213, "rating": 74.26,
    })];
    assert_eq!(
        record.timeline(),
        [
            "     1.000 receiving good (Why.), sending good (Well.)\n           \
             audio in 32.0 kbit/s, lost 5.2 %, video in 400.0 kbit/s, at 30.0 fps, \
             round trip 21.3 ms, R 74.3"
        ]
    );
}
