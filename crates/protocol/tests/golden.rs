//! Every message has a file in `golden/`. What such a file says is the
//! contract: changing one is a decision about the protocol's version.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use serde_json::Value;
use wimpex_protocol::{
    AccessRefusal, Ack, Answer, CallAnswer, CallConfirm, CallEnd, CallEndReason, CallId, CallOffer,
    CallReject, CallRejectReason, CallRinging, CallType, ClientMessage, DeviceId, DirectMessage,
    Envelope, ErrorCode, ErrorMessage, Frame, Hello, IceCandidate, IceCandidateInit, IceServer,
    IceServers, IceServersRequest, Login, MediaFlag, MediaState, MessagesWaiting, MissedCall,
    MissedCalls, MissedCallsErase, Offer, Presence, PresenceVisibility, PresenceWatch, References,
    Resume, Sdp, Sec, ServerMessage, SessionId, Signal, UserId, Welcome,
};

fn golden(name: &str) -> (String, Value) {
    let path = format!("{}/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

/// The file reads as the message, and the message writes as the file.
fn check_client(name: &str, message: ClientMessage) {
    let (text, value) = golden(name);
    assert_eq!(ClientMessage::decode(&text), Ok(message.clone()), "{name}");
    let written: Value = serde_json::from_str(&message.encode()).unwrap();
    assert_eq!(written, value, "{name}");
}

fn check_server(name: &str, message: ServerMessage) {
    let (text, value) = golden(name);
    assert_eq!(ServerMessage::decode(&text).unwrap(), message, "{name}");
    let written: Value = serde_json::from_str(&message.encode()).unwrap();
    assert_eq!(written, value, "{name}");
}

/// Two keys; `wimpex-identity` checks what they have signed.
const ALICE: &str = "w13dhi67nxjkncdcuaiox3lyav3d43vc7z";
const BOB: &str = "w1dstmfcv5ucgpyps2iuwipojng2w4bnug";

fn guest() -> Login {
    Login {
        ticket: None,
        username: "Alice".into(),
        resume_token: None,
        device_id: None,
        session: None,
        hidden: false,
        missed_since: None,
        user_id: None,
        public_key: None,
        signature: None,
    }
}

fn owner() -> Login {
    Login {
        user_id: Some(ALICE.into()),
        public_key: Some("A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg".into()),
        signature: Some(text(&golden("login-key").1["signature"])),
        ..guest()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn device(id: &str) -> DeviceId {
    DeviceId::parse(id).unwrap()
}

fn session(id: &str) -> SessionId {
    SessionId::parse(id).unwrap()
}

fn call() -> CallId {
    CallId::parse("call_1701234567890").unwrap()
}

fn to(id: &str, signal: Signal) -> Envelope {
    Envelope {
        to_id: user(id),
        to_device: None,
        from_id: None,
        from_device: None,
        signal,
    }
}

/// As the server delivers it to one device.
fn stamped(signal: Signal) -> Envelope {
    Envelope {
        from_id: Some(user("guest-alice")),
        from_device: Some(device("d-alice-1")),
        to_device: Some(device("d-bob-1")),
        ..to("guest-bob", signal)
    }
}

fn offer(from_username: Option<&str>) -> Signal {
    Signal::CallOffer(CallOffer {
        call_id: call(),
        offer: Offer::new(Sdp("...".into())),
        call_type: CallType::Video,
        from_username: from_username.map(str::to_owned),
        sec: None,
        link: None,
    })
}

fn answer() -> Signal {
    Signal::CallAnswer(CallAnswer {
        call_id: call(),
        answer: Answer::new(Sdp("...".into())),
        sec: None,
    })
}

fn candidate(call_id: Option<CallId>, username_fragment: Option<&str>) -> Signal {
    Signal::IceCandidate(IceCandidate {
        call_id,
        candidate: IceCandidateInit {
            candidate: "...".into(),
            sdp_m_line_index: Some(0),
            sdp_mid: Some("video".into()),
            username_fragment: username_fragment.map(str::to_owned),
        },
    })
}

#[test]
fn the_minimal_clients_four_messages_exactly_as_printed() {
    check_client(
        "minimal-call-offer",
        ClientMessage::Relay(to("user123", offer(Some("Alice")))),
    );
    check_client(
        "minimal-call-answer",
        ClientMessage::Relay(to("user456", answer())),
    );
    check_client(
        "minimal-ice-candidate",
        ClientMessage::Relay(to("user123", candidate(None, None))),
    );
    let reject = Signal::CallReject(CallReject {
        call_id: call(),
        reason: None,
    });
    check_client(
        "minimal-call-reject",
        ClientMessage::Relay(to("user456", reject)),
    );
}

#[test]
fn session_messages() {
    check_server(
        "hello",
        ServerMessage::Hello(Hello {
            version: 1,
            challenge: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".into(),
            server_time: 1_701_234_567_890,
            build: None,
        }),
    );
    check_server(
        "hello-build",
        ServerMessage::Hello(Hello {
            version: 1,
            challenge: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".into(),
            server_time: 1_701_234_567_890,
            build: Some("0123456789abcdef".into()),
        }),
    );
    check_client("login", ClientMessage::Login(guest()));
    check_client(
        "login-resume",
        ClientMessage::Login(Login {
            resume_token: Some("...".into()),
            device_id: Some(device("d-alice-1")),
            ..guest()
        }),
    );
    check_client(
        "login-session",
        ClientMessage::Login(Login {
            resume_token: Some("...".into()),
            device_id: Some(device("d-alice-1")),
            session: Some(Resume {
                id: Some(session("s-2f.7")),
                received: 12,
            }),
            ..guest()
        }),
    );
    check_client("login-key", ClientMessage::Login(owner()));
    check_client(
        "login-hidden",
        ClientMessage::Login(Login {
            session: Some(Resume {
                id: None,
                received: 0,
            }),
            hidden: true,
            ..guest()
        }),
    );
    check_client(
        "login-ticket",
        ClientMessage::Login(Login {
            ticket: Some("AQECAwQFBgcIAAECAwQFBgcICQoLDA0ODw".into()),
            ..guest()
        }),
    );
    check_client(
        "login-missed-calls",
        ClientMessage::Login(Login {
            missed_since: Some(1_701_234_567_890),
            ..owner()
        }),
    );
    check_client("ack", ClientMessage::Ack(Ack { received: 12 }));
    check_server("ack", ServerMessage::Ack(Ack { received: 12 }));
    check_server(
        "welcome-session",
        ServerMessage::Welcome(Welcome {
            user_id: user("guest-alice"),
            device_id: device("d-alice-1"),
            ice_servers: vec![],
            relay_on_request: false,
            resume_token: "...".into(),
            session: Some(Resume {
                id: Some(session("s-2f.7")),
                received: 9,
            }),
        }),
    );
    check_server(
        "welcome",
        ServerMessage::Welcome(Welcome {
            user_id: user("guest-alice"),
            device_id: device("d-alice-1"),
            ice_servers: vec![
                IceServer {
                    urls: vec!["stun:stun.example.org:3478".into()],
                    username: None,
                    credential: None,
                },
                IceServer {
                    urls: vec!["turn:turn.example.org:3478?transport=udp".into()],
                    username: Some("1701238167:guest-alice".into()),
                    credential: Some("...".into()),
                },
            ],
            relay_on_request: false,
            resume_token: "...".into(),
            session: None,
        }),
    );
    check_server(
        "welcome-on-request",
        ServerMessage::Welcome(Welcome {
            user_id: user("guest-alice"),
            device_id: device("d-alice-1"),
            ice_servers: vec![IceServer {
                urls: vec!["stun:stun.example.org:3478".into()],
                username: None,
                credential: None,
            }],
            relay_on_request: true,
            resume_token: "...".into(),
            session: None,
        }),
    );
    check_client(
        "ice-servers-request",
        ClientMessage::IceServersRequest(IceServersRequest {}),
    );
    check_client(
        "missed-calls-erase",
        ClientMessage::MissedCallsErase(MissedCallsErase {
            until: Some(1_701_234_628_001),
        }),
    );
    check_server(
        "ice-servers",
        ServerMessage::IceServers(IceServers {
            ice_servers: vec![IceServer {
                urls: vec!["turn:turn.example.org:3478?transport=udp".into()],
                username: Some("1701238167:guest-alice".into()),
                credential: Some("...".into()),
            }],
        }),
    );
    check_client(
        "presence-watch",
        ClientMessage::PresenceWatch(PresenceWatch {
            user_ids: vec![user("guest-bob")],
        }),
    );
    check_client(
        "presence-visibility",
        ClientMessage::PresenceVisibility(PresenceVisibility {
            user_ids: Some(vec![user("guest-bob")]),
        }),
    );
    check_server(
        "missed-calls",
        ServerMessage::MissedCalls(MissedCalls {
            calls: vec![MissedCall {
                from_id: user(ALICE),
                call_id: call(),
                call_type: CallType::Video,
                at: 1_701_234_567_890,
            }],
            until: 1_701_234_628_001,
        }),
    );
    check_server(
        "presence",
        ServerMessage::Presence(Presence {
            user_id: user("guest-bob"),
            online: true,
            username: Some("Bob".into()),
            devices: vec![device("d-bob-1")],
        }),
    );
    check_server(
        "messages-waiting",
        ServerMessage::MessagesWaiting(MessagesWaiting {}),
    );
    check_server(
        "error",
        ServerMessage::Error(ErrorMessage {
            code: ErrorCode::UserOffline,
            message: "That person is not online.".into(),
            ref_type: Some("call-offer".into()),
            call_id: Some(call()),
            to_id: Some(user("guest-bob")),
            reason: None,
        }),
    );
    check_server(
        "error-user-waking",
        ServerMessage::Error(ErrorMessage {
            code: ErrorCode::UserWaking,
            message: "That person is not online; their devices are being woken.".into(),
            ref_type: Some("call-offer".into()),
            call_id: Some(call()),
            to_id: Some(user(BOB)),
            reason: None,
        }),
    );
    check_server(
        "error-not-invited",
        ServerMessage::Error(ErrorMessage {
            reason: Some(AccessRefusal::NotInvited),
            ..ErrorMessage::new(
                ErrorCode::LoginFailed,
                "Only people who were invited may use this server.",
                References::default(),
            )
        }),
    );
}

#[test]
fn relayed_messages_as_delivered() {
    let check = |name, signal| check_server(name, ServerMessage::Relay(stamped(signal)));
    check("call-offer", offer(Some("Alice")));
    let Signal::CallOffer(mut by_link) = offer(Some("Alice")) else {
        panic!("it is an offer");
    };
    by_link.link = Some(Sec::new("..."));
    check("call-offer-link", Signal::CallOffer(by_link));
    check("call-answer", answer());
    check("ice-candidate", candidate(Some(call()), Some("EsAw")));
    let busy = CallReject {
        call_id: call(),
        reason: Some(CallRejectReason::Busy),
    };
    check("call-reject", Signal::CallReject(busy));
    let over = CallReject {
        call_id: call(),
        reason: Some(CallRejectReason::LinkExpired),
    };
    check("call-reject-link", Signal::CallReject(over));
    check(
        "call-ringing",
        Signal::CallRinging(CallRinging {
            call_id: call(),
            silently: false,
        }),
    );
    check(
        "silent-call-ringing",
        Signal::CallRinging(CallRinging {
            call_id: call(),
            silently: true,
        }),
    );
    check(
        "call-end",
        Signal::CallEnd(CallEnd {
            call_id: call(),
            reason: CallEndReason::Cancelled,
        }),
    );
    check(
        "may-return-call-end",
        Signal::CallEnd(CallEnd {
            call_id: call(),
            reason: CallEndReason::MayReturn,
        }),
    );
}

#[test]
fn signed_messages_as_delivered() {
    let check = |name: &str, from_bob: bool, make: &dyn Fn(Sdp, Option<Sec>) -> Signal| {
        let file = golden(name).1;
        let sdp = file["offer"]["sdp"]
            .as_str()
            .or(file["answer"]["sdp"].as_str());
        let sdp = Sdp(sdp.unwrap_or_default().to_owned());
        let signal = make(sdp, Some(Sec::new(text(&file["sec"]))));
        let mut ends = [(user(ALICE), "d-alice-1"), (user(BOB), "d-bob-1")];
        ends.rotate_left(usize::from(from_bob));
        let [(from_id, from_device), (to_id, to_device)] = ends;
        let relayed = Envelope {
            from_id: Some(from_id),
            from_device: Some(device(from_device)),
            to_device: Some(device(to_device)),
            to_id,
            signal,
        };
        check_server(name, ServerMessage::Relay(relayed));
    };
    check("signed-call-offer", false, &|sdp, sec| {
        Signal::CallOffer(CallOffer {
            call_id: call(),
            offer: Offer::new(sdp),
            call_type: CallType::Video,
            from_username: Some("Alice".into()),
            sec,
            link: None,
        })
    });
    check("signed-call-answer", true, &|sdp, sec| {
        Signal::CallAnswer(CallAnswer {
            call_id: call(),
            answer: Answer::new(sdp),
            sec,
        })
    });
    check("call-confirm", false, &|_, sec| {
        let call_id = call();
        Signal::CallConfirm(CallConfirm { call_id, sec })
    });
}

#[test]
fn every_golden_file_is_used_by_a_test() {
    let source = include_str!("golden.rs");
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/golden")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(
            source.contains(&format!("\"{name}\"")),
            "no test reads golden/{name}.json"
        );
    }
}

#[test]
fn every_type_of_message_has_a_golden_file() {
    let types = [ClientMessage::TYPES, ServerMessage::TYPES, Signal::TYPES].concat();
    assert_eq!(types.len(), 6 + 8 + 7);
    for name in types {
        let (_, value) = golden(name);
        assert_eq!(value["type"], name);
    }
}

#[test]
fn a_frame_is_numbered_first_and_then_the_message() {
    let watch = ClientMessage::PresenceWatch(PresenceWatch {
        user_ids: vec![user("guest-bob")],
    });
    let frame = |seq| Frame {
        seq,
        message: &watch,
    };
    assert_eq!(
        frame(Some(7)).encode(),
        r#"{"seq":7,"type":"presence-watch","userIds":["guest-bob"]}"#
    );
    assert_eq!(frame(None).encode(), watch.encode());
    let relayed = ServerMessage::Relay(stamped(answer()));
    let text = Frame {
        seq: Some(u64::MAX),
        message: &relayed,
    }
    .encode();
    let read = ServerMessage::decode_frame(&text).unwrap();
    assert_eq!(read.seq, Some(u64::MAX));
    assert_eq!(read.message, Ok(relayed));
}

#[test]
fn a_number_survives_a_message_that_cannot_be_read() {
    let (text, _) = golden("presence-watch");
    let numbered = text.replacen('{', r#"{"seq":7,"#, 1);
    let read = ClientMessage::decode_frame(&numbered);
    assert_eq!(read.seq, Some(7));
    assert_eq!(read.message, ClientMessage::decode(&text));

    let future = r#"{"seq":8,"type":"call-hologram"}"#;
    let read = ClientMessage::decode_frame(future);
    assert_eq!(read.seq, Some(8));
    assert_eq!(read.message.unwrap_err().code, ErrorCode::UnknownType);
    let read = ServerMessage::decode_frame(future).unwrap();
    assert_eq!(read.seq, Some(8));
    assert!(read.message.is_err());

    for seq in ["-1", "1.5", "\"1\"", "null", "99999999999999999999"] {
        let frame = format!(r#"{{"seq":{seq},"type":"ack","received":1}}"#);
        assert_eq!(ClientMessage::decode_frame(&frame).seq, None, "{seq}");
    }
}

#[test]
fn what_is_said_beside_the_media_has_no_address() {
    let check = |name, message: DirectMessage| {
        let (text, value) = golden(name);
        assert_eq!(DirectMessage::decode(&text), Ok(message.clone()), "{name}");
        let written: Value = serde_json::from_str(&message.encode()).unwrap();
        assert_eq!(written, value, "{name}");
    };
    let end = CallEnd {
        call_id: call(),
        reason: CallEndReason::Ended,
    };
    check(
        "direct-call-end",
        DirectMessage::Signal(Signal::CallEnd(end)),
    );
    let quiet = MediaState::new(call())
        .with(MediaFlag::Muted, true)
        .with(MediaFlag::Camera, true)
        .with(MediaFlag::Camera, false)
        .with(MediaFlag::VideoUpgrade, true);
    check("direct-media-state", DirectMessage::MediaState(quiet));
    let all = [
        MediaFlag::Muted,
        MediaFlag::Camera,
        MediaFlag::OnHold,
        MediaFlag::BatteryLow,
        MediaFlag::Sharing,
        MediaFlag::MicrophoneTaken,
        MediaFlag::CameraTaken,
        MediaFlag::VideoUpgrade,
        MediaFlag::WantsVideo,
        MediaFlag::Reconnects,
        MediaFlag::AwaitsReturn,
        MediaFlag::ScreenTrack,
    ];
    let none = MediaState::new(call());
    let full = all
        .into_iter()
        .fold(none, |state, flag| state.with(flag, true));
    check("direct-media-state-full", DirectMessage::MediaState(full));
}

#[test]
fn a_direct_message_that_is_long_or_wrong_is_none() {
    let state = |fields: &str| {
        let text = format!(r#"{{"type":"media-state","callId":"call_1"{fields}}}"#);
        DirectMessage::decode(&text)
    };
    assert!(state("").is_ok() && state(r#","hologram":[1]"#).is_ok());
    for wrong in [r#","muted":"yes""#, r#","muted":1"#, r#","muted":null"#] {
        let Ok(DirectMessage::MediaState(state)) = state(wrong) else {
            panic!("{wrong}");
        };
        assert!(!state.has(MediaFlag::Muted), "{wrong}");
    }
    let long = format!(r#","hologram":"{}""#, "x".repeat(4096));
    assert!(state(&long).is_err());
    for text in [r#"{"type":"media-state"}"#, "[]", ""] {
        assert!(DirectMessage::decode(text).is_err(), "{text}");
    }
}

#[test]
fn null_empty_and_missing_candidates_say_that_there_are_no_more() {
    let read = |candidate: &str| {
        let frame = format!(r#"{{"type":"ice-candidate","toId":"guest-bob"{candidate}}}"#);
        match ClientMessage::decode(&frame) {
            Ok(ClientMessage::Relay(Envelope {
                signal: Signal::IceCandidate(ice),
                ..
            })) => ice.candidate,
            other => panic!("{candidate}: {other:?}"),
        }
    };
    for none in [
        "",
        r#","candidate":null"#,
        r#","candidate":{}"#,
        r#","candidate":{"candidate":""}"#,
    ] {
        assert_eq!(read(none), IceCandidateInit::default(), "{none}");
    }
    let of_one = read(r#","candidate":{"candidate":null,"sdpMid":"0"}"#);
    assert_eq!(
        (of_one.candidate.as_str(), of_one.sdp_mid.as_deref()),
        ("", Some("0"))
    );
    // Whoever it goes on to may be of before, and needs the dictionary.
    let frame = ClientMessage::decode(r#"{"type":"ice-candidate","toId":"guest-bob"}"#).unwrap();
    assert!(frame.encode().contains(r#""candidate":{"candidate":"""#));
}
