//! Readings of real calls, in both browsers, with what they say reckoned by the page
//! that recorded them (`e2e/tests/calls/golden.rs`).

use std::fs;
use std::path::Path;

use serde_json::Value;
use wimpex_quality::{Flow, Quality, Report, Sample};

const BROWSERS: [&str; 2] = ["chromium", "firefox"];
const CALLS: [&str; 7] = [
    "good",
    "lossy",
    "policed",
    "relayed",
    "audio-only",
    "camera-off",
    "after-ice-restart",
];

/// One recorded call: its numbers, and what they are to be.
fn golden(browser: &str, call: &str) -> (Quality, Value) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let text = fs::read_to_string(directory.join(format!("{browser}-{call}.json"))).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let [before, after] = [0, 1].map(|index| {
        let report = Report::parse(&golden["reports"][index].to_string()).unwrap();
        Sample::new(&report)
    });
    (
        Quality::between(&before, &after),
        golden["expected"].clone(),
    )
}

fn each(check: impl Fn(&str, &str, Quality, Value)) {
    for browser in BROWSERS {
        for call in CALLS {
            let (quality, expected) = golden(browser, call);
            check(browser, call, quality, expected);
        }
    }
}

#[test]
fn the_numbers_are_those_that_the_recorder_reckoned() {
    each(|browser, call, quality, expected| {
        for (name, flow) in [
            ("soundIn", &quality.sound_in),
            ("pictureIn", &quality.picture_in),
            ("soundOut", &quality.sound_out),
            ("pictureOut", &quality.picture_out),
        ] {
            let expected = &expected[name];
            assert_eq!(
                flow.is_some(),
                !expected.is_null(),
                "{browser}, {call}: {name}"
            );
            let Some(flow) = flow else { continue };
            same(flow, expected, &format!("{browser}, {call}: {name}"));
        }
    });
}

fn same(flow: &Flow, expected: &Value, name: &str) {
    let arrives = name.ends_with("In");
    for (field, number) in [
        ("bitrate", flow.bitrate),
        ("packets", flow.packets),
        ("frameRate", flow.frame_rate),
        // What leaves is lost at the peer, who says so in a word of its own.
        ("loss", flow.loss.filter(|_| arrives)),
    ] {
        match (number, expected[field].as_f64()) {
            (None, None) => {}
            (Some(a), Some(b)) if (a - b).abs() <= 1e-6 * b.abs().max(1.0) => {}
            (a, b) => panic!("{name}, {field}: {a:?}, and the recorder reckoned {b:?}"),
        }
    }
}

#[test]
fn each_call_reads_as_what_it_was() {
    each(|browser, call, quality, _| {
        let name = format!("{browser}, {call}: {quality:?}");
        let route = quality.route.as_ref().unwrap();
        let ends = [&route.local, &route.remote].map(|end| end.kind.as_deref().unwrap());
        assert_eq!(ends.contains(&"relay"), call == "relayed", "{name}");
        assert!(quality.round_trip.is_some_and(|time| time < 2.0), "{name}");
        let sound = quality.sound_in.as_ref().unwrap();
        assert_eq!(sound.codec.as_deref(), Some("opus"), "{name}");
        let arriving = quality.picture_in.as_ref();
        match call {
            "audio-only" => assert!(arriving.is_none(), "{name}"),
            "camera-off" => {
                let leaving = quality.picture_out.as_ref().unwrap();
                // Firefox sends one black picture a second.
                assert!(leaving.frame_rate.is_none_or(|rate| rate < 2.0), "{name}");
                assert!(arriving.unwrap().frame_rate.unwrap() > 5.0, "{name}");
            }
            "policed" => assert!(quality.bitrate_in().unwrap() < 440_000.0, "{name}"),
            "lossy" => {
                let loss = arriving.unwrap().loss.unwrap();
                assert!((0.005..0.15).contains(&loss), "{name}");
            }
            _ => assert!(arriving.unwrap().frame_rate.unwrap() > 5.0, "{name}"),
        }
    });
}

/// What a browser tells beyond the numbers; Firefox has no word for most of it.
#[test]
fn what_chromium_tells_of_the_encryption_is_read() {
    let (quality, _) = golden("chromium", "good");
    assert!(quality.security.version.unwrap().starts_with("DTLS 1."));
    assert!(quality.security.srtp_cipher.is_some());
    assert_eq!(quality.security.own_fingerprint.unwrap().len(), 32 * 3 - 1);
    assert_eq!(quality.security.peer_fingerprint.unwrap().len(), 32 * 3 - 1);
}
