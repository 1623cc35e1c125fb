//! Readings of real calls, in both browsers, with what they say reckoned by the page
//! that recorded them (`e2e/tests/calls/record_stats.rs`).

use std::fs;
use std::path::Path;

use serde_json::Value;
use wimpex_quality::{Flow, Grade, Meter, Quality, Reason, Report, Sample};

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

/// Another reading of the same two reports, entry by entry: nothing of the product's code.
struct Raw {
    before: Vec<Value>,
    after: Vec<Value>,
}

impl Raw {
    fn of(browser: &str, call: &str) -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let text = fs::read_to_string(directory.join(format!("{browser}-{call}.json"))).unwrap();
        let golden: Value = serde_json::from_str(&text).unwrap();
        let report = |at: usize| golden["reports"][at].as_array().unwrap().clone();
        Self {
            before: report(0),
            after: report(1),
        }
    }

    /// When the report was made, in milliseconds.
    fn at(report: &[Value]) -> f64 {
        let made = ["transport", "candidate-pair", "inbound-rtp", "outbound-rtp"];
        report
            .iter()
            .filter(|entry| made.iter().any(|made| entry["type"] == *made))
            .map(|entry| entry["timestamp"].as_f64().unwrap())
            .fold(0.0, f64::max)
    }

    fn by_id<'a>(report: &'a [Value], id: &Value) -> &'a Value {
        let found = report.iter().find(|entry| entry["id"] == *id);
        found.unwrap_or(&Value::Null)
    }

    /// Each number of a stream, by its name in a record.
    fn flow(&self, kind: &str, media: &str) -> Option<Vec<(&'static str, Option<f64>)>> {
        let arrives = kind == "inbound-rtp";
        let there = |report: &'_ [Value]| -> Option<Value> {
            let bytes = |entry: &Value| {
                let count = entry[if arrives {
                    "bytesReceived"
                } else {
                    "bytesSent"
                }]
                .as_f64();
                count.unwrap_or(0.0)
            };
            let of_it = report
                .iter()
                .filter(|entry| entry["type"] == kind && entry["kind"] == media);
            of_it.max_by(|a, b| bytes(a).total_cmp(&bytes(b))).cloned()
        };
        let (a, b) = (
            there(&self.before).unwrap_or(Value::Null),
            there(&self.after)?,
        );
        let seconds = (Self::at(&self.after) - Self::at(&self.before)) / 1_000.0;
        let grown = |field: &str| {
            let growth = b[field].as_f64()? - a[field].as_f64()?;
            (a["ssrc"] == b["ssrc"] && growth >= 0.0).then_some(growth)
        };
        let way = |inbound, outbound| if arrives { inbound } else { outbound };
        let rate = |field: &str| grown(field).map(|growth| growth / seconds);
        let part = |part: &str, of: &str| {
            let share = grown(part)? / grown(of)?;
            share.is_finite().then_some(share)
        };
        let peer = self
            .after
            .iter()
            .find(|entry| entry["type"] == "remote-inbound-rtp" && entry["ssrc"] == b["ssrc"])
            .unwrap_or(&Value::Null);
        let again = way("retransmittedPacketsReceived", "retransmittedPacketsSent");
        let loss = if arrives {
            grown("packetsLost").and_then(|lost| {
                let came = grown("packetsReceived")? - grown(again).unwrap_or(0.0);
                let share = lost / (lost + came);
                share.is_finite().then_some(share)
            })
        } else {
            let age = peer["timestamp"]
                .as_f64()
                .map(|at| Self::at(&self.after) - at);
            peer["fractionLost"]
                .as_f64()
                .filter(|_| age.unwrap() <= 10_000.0)
        };
        let only_in = |value: Option<f64>| value.filter(|_| arrives);
        Some(vec![
            (
                "bitrate",
                rate(way("bytesReceived", "bytesSent")).map(|it| it * 8.0),
            ),
            ("packets", rate(way("packetsReceived", "packetsSent"))),
            ("loss", loss),
            (
                "jitter",
                (if arrives { &b } else { peer })["jitter"].as_f64(),
            ),
            (
                "waited",
                only_in(part("jitterBufferDelay", "jitterBufferEmittedCount")),
            ),
            (
                "concealed",
                only_in(part("concealedSamples", "totalSamplesReceived")),
            ),
            ("freezes", only_in(grown("freezeCount"))),
            ("frozen", only_in(grown("totalFreezesDuration"))),
            ("frameRate", rate(way("framesDecoded", "framesEncoded"))),
            ("dropped", only_in(rate("framesDropped"))),
            (
                "work",
                part(
                    way("totalDecodeTime", "totalEncodeTime"),
                    way("framesDecoded", "framesEncoded"),
                ),
            ),
            ("again", rate(again)),
            ("nack", rate("nackCount")),
            ("pli", grown("pliCount")),
            ("target", b["targetBitrate"].as_f64()),
            ("width", b["frameWidth"].as_f64()),
            ("height", b["frameHeight"].as_f64()),
        ])
    }

    /// The texts of a stream, likewise.
    fn texts(&self, kind: &str, media: &str) -> [Option<String>; 2] {
        let entry = self
            .after
            .iter()
            .find(|entry| entry["type"] == kind && entry["kind"] == media);
        let Some(entry) = entry else {
            return [None, None];
        };
        let mime = Self::by_id(&self.after, &entry["codecId"])["mimeType"].as_str();
        [
            mime.map(|mime| mime.rsplit('/').next().unwrap().to_owned()),
            entry["qualityLimitationReason"].as_str().map(str::to_owned),
        ]
    }
}

#[test]
fn each_number_is_what_another_reckoning_makes_of_the_same_reports() {
    let mut known = 0;
    each(|browser, call, quality, _| {
        let raw = Raw::of(browser, call);
        for (kind, media, flow) in [
            ("inbound-rtp", "audio", &quality.sound_in),
            ("inbound-rtp", "video", &quality.picture_in),
            ("outbound-rtp", "audio", &quality.sound_out),
            ("outbound-rtp", "video", &quality.picture_out),
        ] {
            let name = format!("{browser}, {call}, {kind}, {media}");
            let wanted = raw.flow(kind, media);
            assert_eq!(flow.is_some(), wanted.is_some(), "{name}");
            let (Some(flow), Some(wanted)) = (flow, wanted) else {
                continue;
            };
            // As it stands in a record, so that no field is forgotten.
            let written = serde_json::to_value(flow).unwrap();
            let mut fields = written.as_object().unwrap().clone();
            for (field, wanted) in wanted {
                let value = match field {
                    "width" => written["resolution"][0].as_f64(),
                    "height" => written["resolution"][1].as_f64(),
                    _ => fields.remove(field).unwrap().as_f64(),
                };
                match (value, wanted) {
                    (None, None) => {}
                    (Some(a), Some(b)) if (a - b).abs() <= 1e-6 * b.abs().max(1.0) => {}
                    (a, b) => panic!("{name}, {field}: {a:?}, and it is {b:?}"),
                }
            }
            let [codec, limitation] = raw.texts(kind, media);
            assert_eq!(flow.codec, codec, "{name}");
            assert_eq!(flow.limitation, limitation, "{name}");
            for other in ["codec", "limitation", "resolution", "hardware", "reported"] {
                fields.remove(other).unwrap();
            }
            assert!(fields.is_empty(), "nobody reckons {fields:?}");
        }
        let pair = raw.after.iter().find(|entry| entry["type"] == "transport");
        let named = &pair.unwrap()["selectedCandidatePairId"];
        let [a, b] = [&raw.before, &raw.after].map(|report| Raw::by_id(report, named));
        let grown = |field: &str| b[field].as_f64().zip(a[field].as_f64()).map(|(b, a)| b - a);
        let seconds = (Raw::at(&raw.after) - Raw::at(&raw.before)) / 1_000.0;
        if let Some(bytes) = grown("bytesReceived") {
            let bytes = bytes / seconds;
            assert!((quality.route_bytes.unwrap() - bytes).abs() < 1e-6 * bytes);
            // With at least the headers of the packets of media.
            let packets = quality.sound_in.as_ref().unwrap().packets.unwrap();
            assert!(quality.whole_in.unwrap() >= (bytes + packets * 28.0) * 8.0 - 1.0);
        }
        let route = quality.route.as_ref().unwrap();
        assert_eq!(route.available, b["availableOutgoingBitrate"].as_f64());
    });
    for browser in BROWSERS {
        for call in CALLS {
            known += Raw::of(browser, call)
                .flow("inbound-rtp", "audio")
                .unwrap()
                .iter()
                .filter(|(_, number)| number.is_some())
                .count();
        }
    }
    assert!(known > 80, "the dumps tell of {known} numbers of sound");
}

/// What the sign would say after these two reports. The picture's rate takes one more.
#[test]
fn each_call_is_graded_as_what_it_was() {
    for browser in BROWSERS {
        for call in CALLS {
            let mut meter = Meter::default();
            let raw = Raw::of(browser, call);
            let mut last = None;
            for report in [&raw.before, &raw.after] {
                let text = serde_json::to_string(report).unwrap();
                let mut sample = Sample::new(&Report::parse(&text).unwrap());
                sample.camera_off = call == "camera-off";
                last = meter.take(sample);
            }
            let reading = last.unwrap();
            let said = [reading.receiving, reading.sending].map(|it| (it.grade, it.reason));
            let good = (Grade::Good, Reason::Well);
            let lossy = (Grade::Fair, Reason::Loss);
            let wanted = match (browser, call) {
                (_, "lossy") => [lossy; 2],
                ("firefox", "policed") => [(Grade::Poor, Reason::Loss); 2],
                // The policed way before it still has sound wait in the buffer: 0.6 and
                // 0.3 s.
                ("firefox", "camera-off") => [(Grade::Poor, Reason::Delay), good],
                ("firefox", "after-ice-restart") => [(Grade::Fair, Reason::Delay), good],
                _ => [good; 2],
            };
            assert_eq!(said, wanted, "{browser}, {call}: R {:?}", reading.rating);
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
