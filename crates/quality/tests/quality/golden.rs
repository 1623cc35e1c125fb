//! Reports of real calls in both browsers, with the numbers computed by the page that
//! recorded them (`e2e/tests/calls/record_stats.rs`).

use std::fs;
use std::path::Path;

use serde_json::Value;
use wimpex_quality::{Grade, IntervalStats, Meter, Reason, Sample, StatsReport, StreamStats};

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

/// One recorded call: its numbers, and those that the recorder computed.
fn golden(browser: &str, call: &str) -> (IntervalStats, Value) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let text = fs::read_to_string(directory.join(format!("{browser}-{call}.json"))).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let [before, after] = [0, 1].map(|index| {
        let report = StatsReport::parse(&golden["reports"][index].to_string()).unwrap();
        Sample::new(&report)
    });
    (
        IntervalStats::between(&before, &after),
        golden["expected"].clone(),
    )
}

fn each(check: impl Fn(&str, &str, IntervalStats, Value)) {
    for browser in BROWSERS {
        for call in CALLS {
            let (stats, expected) = golden(browser, call);
            check(browser, call, stats, expected);
        }
    }
}

#[test]
fn numbers_match_the_recorders() {
    each(|browser, call, stats, expected| {
        for (name, stream) in [
            ("inboundAudio", &stats.inbound_audio),
            ("inboundVideo", &stats.inbound_video),
            ("outboundAudio", &stats.outbound_audio),
            ("outboundVideo", &stats.outbound_video),
        ] {
            let expected = &expected[name];
            assert_eq!(
                stream.is_some(),
                !expected.is_null(),
                "{browser}, {call}: {name}"
            );
            let Some(stream) = stream else { continue };
            same(stream, expected, &format!("{browser}, {call}: {name}"));
        }
    });
}

fn same(stream: &StreamStats, expected: &Value, name: &str) {
    let is_inbound = name.contains("inbound");
    for (field, number) in [
        ("bitrate", stream.bitrate),
        ("packetRate", stream.packet_rate),
        ("framesPerSecond", stream.frames_per_second),
        // What the peer lost stands in a dictionary of its own.
        ("fractionLost", stream.fraction_lost.filter(|_| is_inbound)),
    ] {
        match (number, expected[field].as_f64()) {
            (None, None) => {}
            (Some(a), Some(b)) if (a - b).abs() <= 1e-6 * b.abs().max(1.0) => {}
            (a, b) => panic!("{name}, {field}: {a:?}, and the recorder computed {b:?}"),
        }
    }
}

/// An independent reading of the same two reports, without any of the crate's code.
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
    fn stream(&self, kind: &str, media: &str) -> Option<Vec<(&'static str, Option<f64>)>> {
        let is_inbound = kind == "inbound-rtp";
        let there = |report: &'_ [Value]| -> Option<Value> {
            let bytes = |entry: &Value| {
                let count = entry[if is_inbound {
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
        let either = |inbound, outbound| if is_inbound { inbound } else { outbound };
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
        let retransmitted = either("retransmittedPacketsReceived", "retransmittedPacketsSent");
        let loss = if is_inbound {
            grown("packetsLost").and_then(|lost| {
                let came = grown("packetsReceived")? - grown(retransmitted).unwrap_or(0.0);
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
        let only_in = |value: Option<f64>| value.filter(|_| is_inbound);
        Some(vec![
            (
                "bitrate",
                rate(either("bytesReceived", "bytesSent")).map(|it| it * 8.0),
            ),
            ("packetRate", rate(either("packetsReceived", "packetsSent"))),
            ("fractionLost", loss),
            (
                "jitter",
                (if is_inbound { &b } else { peer })["jitter"].as_f64(),
            ),
            (
                "jitterBufferDelay",
                only_in(part("jitterBufferDelay", "jitterBufferEmittedCount")),
            ),
            (
                "concealed",
                only_in(part("concealedSamples", "totalSamplesReceived")),
            ),
            ("freezeCount", only_in(grown("freezeCount"))),
            ("freezeDuration", only_in(grown("totalFreezesDuration"))),
            (
                "framesPerSecond",
                rate(either("framesDecoded", "framesEncoded")),
            ),
            ("framesDropped", only_in(rate("framesDropped"))),
            (
                "codingTime",
                part(
                    either("totalDecodeTime", "totalEncodeTime"),
                    either("framesDecoded", "framesEncoded"),
                ),
            ),
            ("retransmitted", rate(retransmitted)),
            ("nack", rate("nackCount")),
            ("pli", grown("pliCount")),
            ("targetBitrate", b["targetBitrate"].as_f64()),
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
fn numbers_match_an_independent_reading() {
    let mut known = 0;
    each(|browser, call, stats, _| {
        let raw = Raw::of(browser, call);
        for (kind, media, stream) in [
            ("inbound-rtp", "audio", &stats.inbound_audio),
            ("inbound-rtp", "video", &stats.inbound_video),
            ("outbound-rtp", "audio", &stats.outbound_audio),
            ("outbound-rtp", "video", &stats.outbound_video),
        ] {
            let name = format!("{browser}, {call}, {kind}, {media}");
            let wanted = raw.stream(kind, media);
            assert_eq!(stream.is_some(), wanted.is_some(), "{name}");
            let (Some(stream), Some(wanted)) = (stream, wanted) else {
                continue;
            };
            // As it stands in a record, so that no field is forgotten.
            let written = serde_json::to_value(stream).unwrap();
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
            assert_eq!(stream.codec, codec, "{name}");
            assert_eq!(stream.quality_limitation_reason, limitation, "{name}");
            for other in [
                "codec",
                "qualityLimitationReason",
                "resolution",
                "powerEfficient",
                "remoteTimestamp",
            ] {
                fields.remove(other).unwrap();
            }
            assert!(fields.is_empty(), "nobody computes {fields:?}");
        }
        let pair = raw.after.iter().find(|entry| entry["type"] == "transport");
        let named = &pair.unwrap()["selectedCandidatePairId"];
        let [a, b] = [&raw.before, &raw.after].map(|report| Raw::by_id(report, named));
        let grown = |field: &str| b[field].as_f64().zip(a[field].as_f64()).map(|(b, a)| b - a);
        let seconds = (Raw::at(&raw.after) - Raw::at(&raw.before)) / 1_000.0;
        if let Some(bytes) = grown("bytesReceived") {
            let bytes = bytes / seconds;
            assert!((stats.received_byte_rate.unwrap() - bytes).abs() < 1e-6 * bytes);
            // With at least the headers of the packets of media.
            let packets = stats.inbound_audio.as_ref().unwrap().packet_rate.unwrap();
            assert!(stats.total_bitrate_in.unwrap() >= (bytes + packets * 28.0) * 8.0 - 1.0);
        }
        let pair = stats.candidate_pair.as_ref().unwrap();
        assert_eq!(
            pair.available_outgoing_bitrate,
            b["availableOutgoingBitrate"].as_f64()
        );
    });
    for browser in BROWSERS {
        for call in CALLS {
            known += Raw::of(browser, call)
                .stream("inbound-rtp", "audio")
                .unwrap()
                .iter()
                .filter(|(_, number)| number.is_some())
                .count();
        }
    }
    assert!(known > 80, "the dumps tell of {known} audio numbers");
}

/// What the indicator would show after these two reports. A frame rate takes one more.
#[test]
fn each_call_gets_its_grade() {
    for browser in BROWSERS {
        for call in CALLS {
            let mut meter = Meter::default();
            let raw = Raw::of(browser, call);
            let mut last = None;
            for report in [&raw.before, &raw.after] {
                let text = serde_json::to_string(report).unwrap();
                let mut sample = Sample::new(&StatsReport::parse(&text).unwrap());
                sample.camera_off = call == "camera-off";
                last = meter.push(sample);
            }
            let reading = last.unwrap();
            let said = [reading.receiving, reading.sending].map(|it| (it.grade, it.reason));
            let good = (Grade::Good, Reason::Undisturbed);
            let lossy = (Grade::Fair, Reason::Loss);
            let wanted = match (browser, call) {
                (_, "lossy") => [lossy; 2],
                ("firefox", "policed") => [(Grade::Poor, Reason::Loss); 2],
                // Audio still waits in the jitter buffer after the policed path: 0.6 and
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
fn each_call_shows_its_conditions() {
    each(|browser, call, stats, _| {
        let name = format!("{browser}, {call}: {stats:?}");
        let pair = stats.candidate_pair.as_ref().unwrap();
        let ends = [&pair.local, &pair.remote].map(|end| end.candidate_type.as_deref().unwrap());
        assert_eq!(ends.contains(&"relay"), call == "relayed", "{name}");
        assert!(
            stats.round_trip_time.is_some_and(|time| time < 2.0),
            "{name}"
        );
        let audio = stats.inbound_audio.as_ref().unwrap();
        assert_eq!(audio.codec.as_deref(), Some("opus"), "{name}");
        let arriving = stats.inbound_video.as_ref();
        match call {
            "audio-only" => assert!(arriving.is_none(), "{name}"),
            "camera-off" => {
                let leaving = stats.outbound_video.as_ref().unwrap();
                // Firefox sends one black frame a second.
                assert!(
                    leaving.frames_per_second.is_none_or(|rate| rate < 2.0),
                    "{name}"
                );
                assert!(arriving.unwrap().frames_per_second.unwrap() > 5.0, "{name}");
            }
            "policed" => {
                let bitrate = [audio, arriving.unwrap()].map(|it| it.bitrate.unwrap());
                assert!(bitrate.iter().sum::<f64>() < 440_000.0, "{name}");
            }
            "lossy" => {
                let loss = arriving.unwrap().fraction_lost.unwrap();
                assert!((0.005..0.15).contains(&loss), "{name}");
            }
            _ => assert!(arriving.unwrap().frames_per_second.unwrap() > 5.0, "{name}"),
        }
    });
}

/// Firefox reports nothing of it.
#[test]
fn chromiums_encryption_is_read() {
    let (stats, _) = golden("chromium", "good");
    assert!(stats.security.dtls_version.unwrap().starts_with("DTLS 1."));
    assert!(stats.security.srtp_cipher.is_some());
    assert_eq!(stats.security.local_fingerprint.unwrap().len(), 32 * 3 - 1);
    assert_eq!(stats.security.remote_fingerprint.unwrap().len(), 32 * 3 - 1);
}
