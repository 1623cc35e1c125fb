//! Whatever comes in, in whatever order: the machine does not panic, keeps to
//! its bounds, opens nothing before Accept, and without a call holds nothing.

#![no_main]

use std::collections::BTreeSet;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use wimpex_call::{
    CallMachine, Command, Input, MediaError, MediaRequest, Output, PeerConnectionId, Standing,
    PeerConnectionState, Sharing, State, TrackKind,
};
use wimpex_protocol::{
    Answer, CallAnswer, CallEnd, CallEndReason, CallId, CallOffer, CallReject, CallRejectReason,
    CallRinging, CallType, DeviceId, IceCandidate, Offer, Sdp, Signal, UserId,
};
use wimpex_sansio::{Machine, Now};
use wimpex_webrtc::IceCandidateInit;

const REASONS: [CallEndReason; 8] = [
    CallEndReason::Cancelled,
    CallEndReason::AnsweredElsewhere,
    CallEndReason::DeclinedElsewhere,
    CallEndReason::NoAnswer,
    CallEndReason::Failed,
    CallEndReason::Superseded,
    CallEndReason::MayReturn,
    CallEndReason::Ended,
];

const STATES: [PeerConnectionState; 6] = [
    PeerConnectionState::New,
    PeerConnectionState::Connecting,
    PeerConnectionState::Connected,
    PeerConnectionState::Disconnected,
    PeerConnectionState::Failed,
    PeerConnectionState::Closed,
];

/// Small ids, so that they meet.
fn call_id(byte: u8) -> CallId {
    CallId::parse(format!("call_{}", byte % 6)).unwrap()
}

fn user(byte: u8) -> UserId {
    UserId::parse(["bob", "carol"][usize::from(byte / 8 % 2)]).unwrap()
}

fn device(byte: u8) -> DeviceId {
    DeviceId::parse(["d1", "d2"][usize::from(byte / 16 % 2)]).unwrap()
}

fn signal(kind: u8, a: u8) -> Signal {
    let call_id = call_id(a);
    let sdp = Sdp(format!("sdp {}", a / 64));
    match kind {
        0 => Signal::CallOffer(CallOffer {
            call_id,
            offer: Offer::new(sdp),
            call_type: CallType::Video,
            from_username: None,
            sec: None,
            link: None,
        }),
        1 => Signal::CallAnswer(CallAnswer {
            call_id,
            answer: Answer::new(sdp),
            sec: None,
        }),
        2 => Signal::IceCandidate(IceCandidate {
            call_id: (a < 250).then_some(call_id),
            candidate: candidate(),
        }),
        3 => Signal::CallReject(CallReject {
            call_id,
            reason: (a > 128).then_some(CallRejectReason::Busy),
        }),
        4 => Signal::CallRinging(CallRinging {
            call_id,
            silently: a & 16 == 0,
        }),
        _ => Signal::CallEnd(CallEnd {
            call_id,
            reason: REASONS[usize::from(a / 6 % 7)],
        }),
    }
}

fn candidate() -> IceCandidateInit {
    IceCandidateInit {
        candidate: "candidate".to_owned(),
        sdp_m_line_index: None,
        sdp_mid: None,
        username_fragment: None,
    }
}

fn input(kind: u8, a: u8, connection_id: PeerConnectionId, request: MediaRequest) -> Input {
    let sdp = Sdp(format!("local {a}"));
    let outcome = if a & 1 == 0 {
        Ok(())
    } else {
        Err(MediaError::NotAllowed)
    };
    match kind % 28 {
        0 => Input::Command(Command::StartCall {
            call_id: call_id(a),
            peer: user(a),
            call_type: if a < 128 {
                CallType::Video
            } else {
                CallType::Audio
            },
        }),
        1 => Input::Command(Command::Accept { camera: a < 128 }),
        2 => Input::Command(Command::Decline),
        3 => Input::Command(Command::HangUp),
        4 => Input::Command(Command::Dismiss),
        5 if a & 2 != 0 => Input::Command(Command::SetSharing(match a & 5 {
            0 => Sharing::Off,
            1 => Sharing::InPlace,
            _ => Sharing::Beside,
        })),
        5 => Input::Command(Command::SetMuted(a & 1 == 0)),
        6 => Input::Command(match a & 15 {
            0 => Command::AnswerWaiting { hold: true },
            1 => Command::AnswerWaiting { hold: false },
            2 => Command::DeclineWaiting,
            3 => Command::SetOnHold(true),
            4 => Command::SetOnHold(false),
            5 => Command::Swap,
            6 => Command::EndOther,
            7 => Command::AcceptVideo { camera: true },
            8 => Command::AcceptVideo { camera: false },
            _ => Command::SetCamera(a & 1 == 0),
        }),
        7 => Input::PeerOffline {
            call_id: call_id(a),
            offer: a < 128,
        },
        8 => Input::PeerDevices {
            user: user(a),
            devices: if a < 128 { Vec::new() } else { vec![device(a)] },
        },
        9 => Input::SessionRenewed,
        10 => Input::DataChannelMessage {
            connection: connection_id,
            end: CallEnd {
                call_id: call_id(a),
                reason: REASONS[usize::from(a / 6 % 7)],
            },
        },
        11 => Input::LocalOffer {
            connection: connection_id,
            sdp,
        },
        12 => Input::LocalAnswer {
            connection: connection_id,
            sdp,
        },
        13 => Input::LocalCandidate {
            connection: connection_id,
            candidate: candidate(),
        },
        14 => match a % 3 {
            0 => Input::LocalDescriptionFailed {
                connection: connection_id,
            },
            1 => Input::SetRemoteAnswerFailed {
                connection: connection_id,
            },
            _ => Input::CreateConnectionFailed {
                connection: connection_id,
            },
        },
        15 => Input::ConnectionStateChanged {
            connection: connection_id,
            state: STATES[usize::from(a % 6)],
        },
        16 => Input::Media {
            request,
            audio: Some(outcome),
            video: (a < 128).then_some(outcome),
        },
        17 => Input::TrackEnded {
            request,
            kind: if a < 128 {
                TrackKind::Audio
            } else {
                TrackKind::Video
            },
            reason: if a & 1 == 0 {
                MediaError::Ended
            } else {
                MediaError::NotAllowed
            },
        },
        18 => Input::Timeout,
        19 => match a % 4 {
            0 => Input::NetworkChanged,
            1 => Input::BatteryLow(a < 128),
            2 => Input::ConnectionClosed {
                connection: connection_id,
            },
            _ => Input::Slept {
                duration: Duration::from_secs(u64::from(a)),
            },
        },
        26 => Input::TrackInterrupted {
            request,
            kind: TrackKind::Audio,
            interrupted: a & 1 == 0,
        },
        27 => Input::DeviceReturned {
            kind: TrackKind::Video,
        },
        kind => Input::Signal {
            from: user(a),
            device: device(a),
            to_this_device: a & 32 == 0,
            standing: if a & 16 == 0 {
                Standing::Known
            } else {
                Standing::Stranger
            },
            signal: signal(kind - 20, a),
        },
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut machine = CallMachine::new();
    let mut now = Now::ZERO;
    let mut open = BTreeSet::new();
    let (mut connection_id, mut request) = (0, 0);
    for step in bytes.chunks_exact(3) {
        let [kind, a, b] = [step[0], step[1], step[2]];
        now = now + u64::from(b) * 40;
        // Mostly the newest numbers, sometimes old ones.
        let stale = u64::from(b % 8 == 7);
        let input = input(
            kind,
            a,
            PeerConnectionId(u64::saturating_sub(connection_id, stale)),
            MediaRequest(u64::saturating_sub(request, stale)),
        );
        let ringing = machine.state() == State::Ringing;
        let accepts = matches!(input, Input::Command(Command::Accept { .. }));
        machine.handle(input, now);
        let mut outputs = 0;
        while let Some(output) = machine.poll_output() {
            outputs += 1;
            match output {
                Output::CreateConnection {
                    connection: made, ..
                } => {
                    assert!(!ringing || accepts || machine.state() != State::Ringing);
                    connection_id = made.0;
                    assert!(open.insert(made), "made twice");
                }
                Output::CloseConnection {
                    connection: connection_id,
                    ..
                } => {
                    assert!(open.remove(&connection_id), "closed, but not open");
                }
                Output::CreateOffer {
                    connection: connection_id,
                    ..
                }
                | Output::SetRemoteOffer {
                    connection: connection_id,
                    ..
                }
                | Output::SetRemoteAnswer {
                    connection: connection_id,
                    ..
                }
                | Output::AddCandidate {
                    connection: connection_id,
                    ..
                }
                | Output::AttachMedia {
                    connection: connection_id,
                    ..
                }
                | Output::SetOnHold {
                    connection: connection_id,
                    ..
                } => assert!(open.contains(&connection_id)),
                Output::RequestMedia { request: asked, .. } => request = asked.0,
                Output::Send(_)
                | Output::SetMuted(_)
                | Output::StopCamera
                | Output::ReleaseMedia { .. }
                | Output::ReleaseAllMedia
                | Output::TellPeer { .. }
                | Output::Displaced(_)
                | Output::Changed => {}
            }
        }
        assert!(outputs < 1000, "{outputs} outputs of one input");
        let calls = machine.snapshot();
        let wanted = match calls.state {
            State::Idle | State::Ended | State::Ringing => 0,
            State::Calling | State::Connecting | State::Connected | State::Reconnecting => 1,
        };
        // One that is on hold has its connection; one that rings has none.
        let wanted = wanted + usize::from(calls.held.is_some());
        assert_eq!(open.len(), wanted, "in {:?}", calls.state);
        // Connected is the only state with a call that waits for nothing.
        let waits = machine.poll_timeout().is_some();
        match machine.state() {
            State::Idle | State::Ended => assert!(!waits),
            State::Ringing | State::Calling | State::Connecting | State::Reconnecting => {
                assert!(waits);
            }
            State::Connected => {}
        }
    }
});
