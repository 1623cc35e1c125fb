//! One adapter at a time: what it takes, its Drop gives back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_channel::mpsc::unbounded;
use futures_util::StreamExt;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, EventTarget, MediaStreamTrackState};
use wimpex::browser::media_capture::{Track, capture, stream_of};
use wimpex::browser::web_audio::Tone;
use wimpex::browser::web_socket::{WebSocket, WebSocketEvent};
use wimpex::browser::{Listener, clock, random, web_storage};
use wimpex::session::media_policy::CAMERA;
use wimpex::session::tones::RINGTONE;

#[wasm_bindgen_test]
fn a_dropped_listener_hears_nothing() {
    let target = EventTarget::new().unwrap();
    let heard = Rc::new(Cell::new(0));
    let count = heard.clone();
    let listener = Listener::new(&target, "ping", move |_| count.set(count.get() + 1));
    let ping = || target.dispatch_event(&Event::new("ping").unwrap()).unwrap();
    ping();
    drop(listener);
    ping();
    assert_eq!(heard.get(), 1);
}

#[wasm_bindgen_test]
async fn dropping_a_track_turns_the_camera_off() {
    let captured = capture(true, Some(CAMERA)).await;
    let microphone = captured.audio.unwrap().unwrap();
    let camera = captured.video.unwrap().unwrap();
    assert_eq!(
        (microphone.kind(), camera.kind()),
        ("audio".into(), "video".into())
    );
    // Not `.clone()`: that is the browser's method, which makes another track.
    let (audio, video) = (Clone::clone(&microphone), Clone::clone(&camera));
    let tracks = [Track::new(audio, |_| {}), Track::new(video, |_| {})];
    tracks[0].set_enabled(false);
    assert!(!microphone.enabled());
    assert_eq!(camera.ready_state(), MediaStreamTrackState::Live);
    drop(tracks);
    assert_eq!(microphone.ready_state(), MediaStreamTrackState::Ended);
    assert_eq!(camera.ready_state(), MediaStreamTrackState::Ended);
}

#[wasm_bindgen_test]
async fn a_camera_comes_in_the_size_that_was_asked_for() {
    let captured = capture(false, Some(CAMERA)).await;
    assert!(captured.audio.is_none(), "it was not asked for");
    let camera = captured.video.unwrap().unwrap();
    let settings = camera.get_settings();
    let number = |name: &str| {
        js_sys::Reflect::get(&settings, &name.into())
            .unwrap()
            .as_f64()
    };
    assert_eq!(number("width"), Some(1280.0));
    assert_eq!(number("height"), Some(720.0));
    drop(Track::new(camera, |_| {}));
}

#[wasm_bindgen_test]
async fn a_microphone_cancels_echo() {
    let captured = capture(true, None).await;
    assert!(captured.video.is_none(), "it was not asked for");
    let microphone = captured.audio.unwrap().unwrap();
    let constraints = microphone.get_constraints();
    for name in ["echoCancellation", "noiseSuppression", "autoGainControl"] {
        let value = js_sys::Reflect::get(&constraints, &name.into()).unwrap();
        assert_eq!(value.as_bool(), Some(true), "{name}");
    }
    let stream = stream_of([&microphone]).unwrap();
    assert_eq!(stream.get_tracks().length(), 1);
    drop(Track::new(microphone, |_| {}));
}

#[wasm_bindgen_test]
async fn a_socket_that_cannot_be_opened_says_so() {
    // The test's own server speaks no WebSocket.
    let (sender, mut events) = unbounded();
    let socket = WebSocket::open("/ws", move |event| {
        let _ = sender.unbounded_send(event);
    });
    let (code, reason) = (1006, String::new());
    assert_eq!(
        events.next().await,
        Some(WebSocketEvent::Closed { code, reason })
    );
    socket.unwrap().send("too late, and no panic");
}

#[wasm_bindgen_test]
fn a_tone_can_be_begun_and_dropped() {
    drop(Tone::play(&RINGTONE).unwrap());
}

#[wasm_bindgen_test]
fn the_clock_does_not_go_back() {
    let before = clock::now();
    assert!(clock::now() >= before);
}

#[wasm_bindgen_test]
fn random_numbers_differ() {
    let seen = RefCell::new(std::collections::HashSet::new());
    for _ in 0..100 {
        assert!(seen.borrow_mut().insert(random::bytes::<16>().unwrap()));
    }
}

#[wasm_bindgen_test]
fn what_is_stored_is_remembered() {
    web_storage::write("wimpex-test", "a text");
    assert_eq!(web_storage::read("wimpex-test").as_deref(), Some("a text"));
    assert_eq!(web_storage::read("wimpex-nothing"), None);
}
