//! Two real peer connections in one page.

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::browser::media_capture::{Track, capture};
use wimpex::browser::navigator;
use wimpex::browser::rtc_data_channel::{DataChannel, DataChannelInit};
use wimpex::browser::rtc_peer_connection::{PeerConnection, PeerEvent, Settings};
use wimpex::browser::rtc_rtp_sender::{ContentHint, prefer};
use wimpex::browser::rtc_stats_report::Reader;
use wimpex::session::media_policy::{self, CAMERA, Codecs, Hardware};
use wimpex_quality::{Member, StatsReport};
use wimpex_webrtc::{PeerConnectionState, TrackKind};

struct TestPeer {
    peer: PeerConnection,
    events: UnboundedReceiver<PeerEvent>,
    channel: DataChannel,
}

const CHANNEL: DataChannelInit = DataChannelInit {
    label: "wimpex",
    id: 0,
    reliable: true,
};

fn test_peer() -> TestPeer {
    let (sender, events) = unbounded();
    let report = move |event| {
        let _ = sender.unbounded_send(event);
    };
    let peer = PeerConnection::new(&[], Settings::default(), None, report).unwrap();
    let channel = peer.data_channel(CHANNEL);
    TestPeer {
        peer,
        events,
        channel,
    }
}

impl TestPeer {
    /// As the session answers.
    async fn answer(&self, offer: &str) -> String {
        let hold = media_policy::holds_answer(offer, &navigator::user_agent());
        let offer = media_policy::remote_description(offer, Codecs::default());
        self.peer.answer(&offer, hold, true).await.unwrap()
    }

    async fn take_answer(&self, answer: &str) {
        let answer = media_policy::remote_description(answer, Codecs::default());
        self.peer.set_remote_answer(&answer).await.unwrap();
    }

    fn uses_red(&self) -> bool {
        let descriptions = self.peer.descriptions();
        descriptions.is_some_and(|[local, remote]| media_policy::uses_red(&local, &remote))
    }
}

/// Passes one peer's candidates on until it is connected; says which tracks came.
async fn connect(events: &mut UnboundedReceiver<PeerEvent>, to: &PeerConnection) -> Vec<String> {
    let mut tracks = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            PeerEvent::Candidate(candidate) => to.add_ice_candidate(&candidate).await.unwrap(),
            PeerEvent::Track(track) => tracks.push(track.kind()),
            PeerEvent::Connection(PeerConnectionState::Connected) => break,
            PeerEvent::Connection(_)
            | PeerEvent::ScreenTrack(_)
            | PeerEvent::Gathered
            | PeerEvent::Ice(_)
            | PeerEvent::Signaling(_)
            | PeerEvent::SelectedPairChanged
            | PeerEvent::ClosedByBrowser
            | PeerEvent::Closed => {}
        }
    }
    tracks
}

/// A call between the two: descriptions first, tracks whenever they come.
async fn call(video: bool) -> (TestPeer, TestPeer, Vec<String>) {
    let (mut caller, mut callee) = (test_peer(), test_peer());
    caller.peer.add_transceivers(video);
    let offer = caller.peer.offer(false, video).await.unwrap();
    let answer = callee.answer(&offer).await;
    caller.take_answer(&answer).await;
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

/// The direction of the video section (RFC 8866, section 6.7).
fn video_direction(sdp: &str) -> &str {
    let (_, video) = sdp.split_once("m=video ").unwrap();
    let lines = video.lines().map(str::trim_end);
    let mut directions = lines.filter_map(|line| line.strip_prefix("a="));
    let known = ["sendrecv", "sendonly", "recvonly", "inactive"];
    directions.find(|it| known.contains(it)).unwrap()
}

#[wasm_bindgen_test]
async fn the_video_of_an_audio_call_is_opened_when_both_want_it() {
    let caller = test_peer();
    caller.peer.add_transceivers(false);
    let offer = caller.peer.offer(false, false).await.unwrap();
    assert_eq!(video_direction(&offer), "inactive");
    let callee = test_peer();
    let answer = callee.peer.answer(&offer, false, false).await.unwrap();
    assert_eq!(video_direction(&answer), "inactive");
    caller.take_answer(&answer).await;
    // One that nobody agreed to stays shut.
    let offer = caller.peer.offer(false, true).await.unwrap();
    assert_eq!(video_direction(&offer), "sendrecv");
    let answer = callee.peer.answer(&offer, false, false).await.unwrap();
    assert_eq!(video_direction(&answer), "inactive");
    caller.take_answer(&answer).await;
    let offer = callee.peer.offer(false, true).await.unwrap();
    assert_eq!(video_direction(&offer), "sendrecv");
    let answer = caller.peer.answer(&offer, false, true).await.unwrap();
    assert_eq!(video_direction(&answer), "sendrecv");
}

/// What `getStats` says.
async fn read(peer: &PeerConnection) -> StatsReport {
    let report = peer.stats().await.unwrap();
    StatsReport::parse(&Reader::default().json(report)).unwrap()
}

#[wasm_bindgen_test]
async fn late_tracks_are_sent_without_renegotiation() {
    let (caller, callee, _) = call(true).await;
    let camera = capture(false, Some(CAMERA)).await.video.unwrap().unwrap();
    let camera = Track::new(camera, |_| {});
    caller
        .peer
        .replace_track(TrackKind::Video, Some(camera.js()));
    loop {
        let report = read(&callee.peer).await;
        // There is one for a screen, too.
        let has_frames = report
            .of_type("inbound-rtp")
            .filter(|entry| entry.text(Member::Kind) == Some("video"))
            .filter_map(|entry| entry.number(Member::FramesDecoded))
            .any(|frames| frames > 3.0);
        if has_frames {
            break;
        }
        gloo_timers::future::sleep(std::time::Duration::from_millis(50)).await;
    }
    // What matters of the picture can be said then, and it goes on.
    prefer(
        &caller.peer.js(),
        wimpex::browser::rtc_rtp_sender::SentVideo::Camera,
        ContentHint::Motion,
    );
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
    let before = fragment(&caller.peer.offer(false, true).await.unwrap());
    let after = fragment(&caller.peer.offer(true, true).await.unwrap());
    assert_ne!(before, after);
}

#[wasm_bindgen_test]
async fn accepting_an_offer_rolls_back_our_own() {
    let (caller, callee, _) = call(false).await;
    let _lost = callee.peer.offer(true, true).await.unwrap();
    let offer = caller.peer.offer(true, true).await.unwrap();
    let answer = callee.answer(&offer).await;
    caller.take_answer(&answer).await;
}

#[wasm_bindgen_test]
async fn garbage_is_an_error_and_no_panic() {
    let test_peer = test_peer();
    assert!(
        test_peer
            .peer
            .answer("garbage", false, false)
            .await
            .is_err()
    );
    assert!(test_peer.peer.set_remote_answer("v=0").await.is_err());
}

#[wasm_bindgen_test]
async fn a_peer_that_closes_is_noticed_without_a_message() {
    let (caller, mut callee, _) = call(false).await;
    drop(caller);
    while !matches!(callee.events.next().await, Some(PeerEvent::Closed)) {}
}

#[wasm_bindgen_test]
async fn what_is_said_over_the_connection_itself_arrives() {
    let (caller, callee, _) = call(true).await;
    let (sender, mut messages) = unbounded();
    let _listener = callee.channel.on_message(move |text| {
        let _ = sender.unbounded_send(text);
    });
    // The channel opens a little after the connection.
    while !caller.channel.send("goodbye") {
        gloo_timers::future::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(messages.next().await.as_deref(), Some("goodbye"));
}

#[wasm_bindgen_test]
async fn two_that_know_red_know_that_both_do() {
    let (caller, callee, _) = call(false).await;
    assert!(caller.uses_red() && callee.uses_red());
    assert!(!test_peer().uses_red());
}

#[wasm_bindgen_test]
async fn what_is_decoded_in_hardware_is_asked_for_first() {
    // A machine without a graphics card has nothing in hardware, and says so.
    Hardware::of_this_device().await;
    let decodes = Codecs::default().with("VP9");
    let settings = Settings {
        preferred_video_codecs: decodes.names(),
        ..Settings::default()
    };
    let peer = PeerConnection::new(&[], settings, None, |_| {}).unwrap();
    peer.add_transceivers(true);
    let offer = peer.offer(false, true).await.unwrap();
    let (_, video) = offer.split_once("m=video ").unwrap();
    let first = video.split(' ').nth(2).unwrap();
    assert!(
        video.contains(&format!("a=rtpmap:{first} VP9/90000")),
        "{video}"
    );
}
