//! Two real peer connections in one page.

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::browser::media::{Track, capture};
use wimpex::browser::peer::{
    Codecs, Hardware, Kind, PeerConnection, PeerEvent, Policy, RtcPeerConnectionState,
    prefer_motion, with_wishes,
};
use wimpex::browser::stats::Reader;
use wimpex_quality::Report;

struct TestPeer {
    peer: PeerConnection,
    events: UnboundedReceiver<PeerEvent>,
}

fn test_peer() -> TestPeer {
    let (sender, events) = unbounded();
    let report = move |event| {
        let _ = sender.unbounded_send(event);
    };
    let peer = PeerConnection::new(&[], Policy::default(), report).unwrap();
    TestPeer { peer, events }
}

/// Passes one peer's candidates on until it is connected; says which tracks came.
async fn connect(events: &mut UnboundedReceiver<PeerEvent>, to: &PeerConnection) -> Vec<String> {
    let mut tracks = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            PeerEvent::Candidate(candidate) => to.add_candidate(&candidate).await.unwrap(),
            PeerEvent::Track(track) => tracks.push(track.kind()),
            PeerEvent::Connection(RtcPeerConnectionState::Connected) => break,
            PeerEvent::Connection(_)
            | PeerEvent::Gathered
            | PeerEvent::Ice(_)
            | PeerEvent::Signaling(_)
            | PeerEvent::Direct(_)
            | PeerEvent::Closed => {}
        }
    }
    tracks
}

/// A call between the two: descriptions first, tracks whenever they come.
async fn call(video: bool) -> (TestPeer, TestPeer, Vec<String>) {
    let (mut caller, mut callee) = (test_peer(), test_peer());
    caller.peer.add_transceivers(video).unwrap();
    let offer = caller.peer.offer(false).await.unwrap();
    let answer = callee.peer.accept_offer(&offer).await.unwrap();
    caller.peer.accept_answer(&answer).await.unwrap();
    let (_, tracks) = futures_util::future::join(
        connect(&mut caller.events, &callee.peer),
        connect(&mut callee.events, &caller.peer),
    )
    .await;
    (caller, callee, tracks)
}

#[wasm_bindgen_test]
async fn two_peers_connect_before_any_camera_is_on() {
    let (_caller, _callee, tracks) = call(true).await;
    assert_eq!(tracks, ["audio", "video"]);
}

#[wasm_bindgen_test]
async fn an_audio_call_has_no_place_for_a_picture() {
    let caller = test_peer();
    caller.peer.add_transceivers(false).unwrap();
    let offer = caller.peer.offer(false).await.unwrap();
    assert!(offer.contains("m=audio") && !offer.contains("m=video"));
}

/// What `getStats` says.
async fn read(peer: &PeerConnection) -> Report {
    let report = peer.stats().await.unwrap();
    Report::parse(&Reader::default().json(report)).unwrap()
}

#[wasm_bindgen_test]
async fn late_tracks_are_sent_without_renegotiation() {
    let (caller, callee, _) = call(true).await;
    let camera = capture(false, true).await.video.unwrap().unwrap();
    let camera = Track::new(camera, || {});
    caller.peer.send(Kind::Video, Some(camera.js()));
    loop {
        let report = read(&callee.peer).await;
        let frames = report
            .of_type("inbound-rtp")
            .filter(|entry| entry.text("kind") == Some("video"))
            .find_map(|entry| entry.number("framesDecoded"));
        if frames.is_some_and(|frames| frames > 3.0) {
            break;
        }
        gloo_timers::future::sleep(std::time::Duration::from_millis(50)).await;
    }
    // What matters of the picture can be said then, and it goes on.
    prefer_motion(&caller.peer.js());
    let hint = js_sys::Reflect::get(camera.js(), &"contentHint".into()).unwrap();
    assert_eq!(hint.as_string().as_deref(), Some("motion"));
    let pairs = read(&callee.peer).await;
    assert!(pairs.of_type("candidate-pair").next().is_some());
    assert!(pairs.of_type("certificate").next().is_some());
}

#[wasm_bindgen_test]
async fn an_ice_restart_offers_other_credentials() {
    let (caller, _callee, _) = call(false).await;
    let fragment = |sdp: &str| {
        sdp.lines()
            .find_map(|line| line.strip_prefix("a=ice-ufrag:").map(str::to_owned))
            .unwrap()
    };
    let before = fragment(&caller.peer.offer(false).await.unwrap());
    let after = fragment(&caller.peer.offer(true).await.unwrap());
    assert_ne!(before, after);
}

#[wasm_bindgen_test]
async fn accepting_an_offer_rolls_back_our_own() {
    let (caller, callee, _) = call(false).await;
    let _lost = callee.peer.offer(true).await.unwrap();
    let offer = caller.peer.offer(true).await.unwrap();
    let answer = callee.peer.accept_offer(&offer).await.unwrap();
    caller.peer.accept_answer(&answer).await.unwrap();
}

#[wasm_bindgen_test]
async fn garbage_is_an_error_and_no_panic() {
    let test_peer = test_peer();
    assert!(test_peer.peer.accept_offer("garbage").await.is_err());
    assert!(test_peer.peer.accept_answer("v=0").await.is_err());
}

#[wasm_bindgen_test]
async fn a_peer_that_closes_is_noticed_without_a_message() {
    let (caller, mut callee, _) = call(false).await;
    drop(caller);
    while !matches!(callee.events.next().await, Some(PeerEvent::Closed)) {}
}

#[wasm_bindgen_test]
async fn what_is_said_over_the_connection_itself_arrives() {
    let (caller, mut callee, _) = call(true).await;
    // The channel opens a little after the connection.
    while !caller.peer.say("goodbye") {
        gloo_timers::future::sleep(std::time::Duration::from_millis(10)).await;
    }
    loop {
        match callee.events.next().await.unwrap() {
            PeerEvent::Direct(text) => break assert_eq!(text, "goodbye"),
            _ => continue,
        }
    }
}

#[wasm_bindgen_test]
fn only_vp8_begins_faster_and_nothing_else_changes() {
    let sdp = "v=0\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\n\
               a=fmtp:97 apt=96\r\na=rtpmap:111 opus/48000/2\r\n";
    let faster = wishes(sdp);
    let added = "a=fmtp:96 x-google-start-bitrate=1000\r\n";
    assert_eq!(faster.replace(added, ""), sdp);
    assert_eq!(faster.matches(added).count(), 1);
    assert!(faster.contains(&format!("VP8/90000\r\n{added}")));
    assert_eq!(wishes("garbage"), "garbage");
    let opus = "a=fmtp:111 minptime=10;useinbandfec=1\r\n";
    let quiet = "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n";
    assert_eq!(wishes(opus), quiet);
    assert_eq!(wishes(quiet), quiet);
}

fn wishes(sdp: &str) -> String {
    with_wishes(sdp, Codecs::default())
}

const BOTH: &str = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9\r\na=rtpmap:111 opus/48000/2\r\n\
    a=rtpmap:63 red/48000/2\r\na=rtpmap:9 G722/8000\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 45 102 96 116\r\na=rtpmap:45 AV1/90000\r\n\
    a=rtpmap:102 H264/90000\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:116 red/90000\r\n";

#[wasm_bindgen_test]
fn sound_goes_twice_where_the_peer_knows_how() {
    let sdp = wishes(BOTH);
    assert!(
        sdp.contains("m=audio 9 UDP/TLS/RTP/SAVPF 63 111 9\r\n"),
        "{sdp}"
    );
    let without = BOTH.replace("a=rtpmap:63 red/48000/2\r\n", "");
    assert!(wishes(&without).contains("SAVPF 111 63 9\r\n"));
    // That of the picture is not that of the sound.
    let without = BOTH.replace("a=rtpmap:63 ", "a=rtpmap:64 ");
    assert!(wishes(&without).contains("SAVPF 111 63 9\r\n"));
}

#[wasm_bindgen_test]
fn video_codec_is_in_hardware_on_both_ends_or_vp8() {
    let video = |encodes: Codecs| {
        let sdp = with_wishes(BOTH, encodes);
        let (_, video) = sdp.split_once("m=video 9 UDP/TLS/RTP/SAVPF ").unwrap();
        video.split("\r\n").next().unwrap().to_owned()
    };
    let none = Codecs::default();
    assert_eq!(video(none), "96 45 102 116");
    assert_eq!(video(none.with("H264")), "102 45 96 116");
    assert_eq!(video(none.with("H264").with("AV1")), "45 102 96 116");
    // What the peer has not put before VP8 it does not have in hardware.
    assert_eq!(video(none.with("VP9")), "96 45 102 116");
    assert_eq!(video(none.with("no such codec")), "96 45 102 116");
    let cut = "m=video 9\r\nm=audio\r\nm=\r\n";
    assert_eq!(with_wishes(cut, none), cut);
}

#[wasm_bindgen_test]
async fn two_that_know_red_know_that_both_do() {
    let (caller, callee, _) = call(false).await;
    assert!(caller.peer.knows_red() && callee.peer.knows_red());
    let alone = PeerConnection::new(&[], Policy::default(), |_| {}).unwrap();
    assert!(!alone.knows_red());
}

#[wasm_bindgen_test]
async fn what_is_decoded_in_hardware_is_asked_for_first() {
    // A machine without a graphics card has nothing in hardware, and says so.
    let hardware = Hardware::of_this_device().await;
    let decodes = Codecs::default().with("VP9");
    let policy = Policy {
        hardware: Hardware {
            decodes,
            ..hardware
        },
        ..Policy::default()
    };
    let peer = PeerConnection::new(&[], policy, |_| {}).unwrap();
    peer.add_transceivers(true).unwrap();
    let offer = peer.offer(false).await.unwrap();
    let (_, video) = offer.split_once("m=video ").unwrap();
    let first = video.split(' ').nth(2).unwrap();
    assert!(
        video.contains(&format!("a=rtpmap:{first} VP9/90000")),
        "{video}"
    );
}
