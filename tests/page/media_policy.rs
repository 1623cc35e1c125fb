//! How descriptions are changed, and what is decided by them: pure.

use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::session::media_policy::{Codecs, holds_answer, remote_description, uses_red};

#[wasm_bindgen_test]
fn only_vp8_begins_faster_and_nothing_else_changes() {
    let sdp = "v=0\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\n\
               a=fmtp:97 apt=96\r\na=rtpmap:111 opus/48000/2\r\n";
    let faster = changed(sdp);
    let added = "a=fmtp:96 x-google-start-bitrate=1000\r\n";
    assert_eq!(faster.replace(added, ""), sdp);
    assert_eq!(faster.matches(added).count(), 1);
    assert!(faster.contains(&format!("VP8/90000\r\n{added}")));
    assert_eq!(changed("garbage"), "garbage");
    let opus = "a=fmtp:111 minptime=10;useinbandfec=1\r\n";
    let quiet = "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n";
    assert_eq!(changed(opus), quiet);
    assert_eq!(changed(quiet), quiet);
}

fn changed(sdp: &str) -> String {
    remote_description(sdp, Codecs::default())
}

const BOTH: &str = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9\r\na=rtpmap:111 opus/48000/2\r\n\
    a=rtpmap:63 red/48000/2\r\na=rtpmap:9 G722/8000\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 45 102 96 116\r\na=rtpmap:45 AV1/90000\r\n\
    a=rtpmap:102 H264/90000\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:116 red/90000\r\n";

#[wasm_bindgen_test]
fn audio_goes_as_red_where_the_peer_has_it() {
    let sdp = changed(BOTH);
    assert!(
        sdp.contains("m=audio 9 UDP/TLS/RTP/SAVPF 63 111 9\r\n"),
        "{sdp}"
    );
    let without = BOTH.replace("a=rtpmap:63 red/48000/2\r\n", "");
    assert!(changed(&without).contains("SAVPF 111 63 9\r\n"));
    // The RED of video is not that of audio.
    let without = BOTH.replace("a=rtpmap:63 ", "a=rtpmap:64 ");
    assert!(changed(&without).contains("SAVPF 111 63 9\r\n"));
}

#[wasm_bindgen_test]
fn video_goes_by_what_both_have_in_hardware_else_as_vp8() {
    let video = |encodes: Codecs| {
        let sdp = remote_description(BOTH, encodes);
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
    assert_eq!(remote_description(cut, none), cut);
}

#[wasm_bindgen_test]
fn codecs_are_known_by_name() {
    let none = Codecs::default();
    assert!(none.names().is_empty());
    let two = none.with("AV1").with("VP9").with("no such codec");
    assert_eq!(two.names(), ["VP9", "AV1"]);
}

#[wasm_bindgen_test]
fn red_is_used_if_both_descriptions_have_it() {
    let without = BOTH.replace("red/48000", "RED/48000");
    assert!(uses_red(BOTH, BOTH));
    assert!(!uses_red(BOTH, &without) && !uses_red(&without, BOTH));
}

#[wasm_bindgen_test]
fn only_firefox_holds_an_answer_and_only_to_an_offer_without_candidates() {
    let (firefox, chromium) = (
        "Gecko/20100101 Firefox/153.0",
        "AppleWebKit/537.36 Chrome/150",
    );
    let restart = format!("{BOTH}a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n");
    assert!(holds_answer(BOTH, firefox));
    assert!(!holds_answer(&restart, firefox));
    assert!(!holds_answer(BOTH, chromium));
}
