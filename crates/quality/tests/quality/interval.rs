//! From counters to the numbers of an interval; whatever is odd is unknown.

use serde_json::{Value, json};
use wimpex_quality::{IntervalStats, StatsReport, StreamStats};

use crate::synthetic::Call;

fn between(before: &Call, after: &Call) -> IntervalStats {
    IntervalStats::between(&before.sample(), &after.sample())
}

fn inbound_video(before: &Call, after: &Call) -> StreamStats {
    between(before, after).inbound_video.unwrap()
}

fn about(value: Option<f64>, wanted: f64) -> bool {
    value.is_some_and(|value| (value - wanted).abs() < 1e-6)
}

#[test]
fn numbers_are_of_the_interval_not_since_the_start() {
    let before = Call::at(100.0).with("in-video", "packetsLost", 5_000);
    let after = Call::at(102.0).with("in-video", "packetsLost", 5_010);
    let stats = between(&before, &after);
    let video = stats.inbound_video.as_ref().unwrap();
    assert!(about(video.bitrate, 80_000.0), "{video:?}");
    assert!(about(video.packet_rate, 100.0));
    assert!(about(video.fraction_lost, 10.0 / 210.0));
    assert!(about(video.frames_per_second, 30.0));
    assert!(about(video.jitter_buffer_delay, 0.04));
    assert!(
        about(stats.round_trip_time, 0.02),
        "{:?}",
        stats.round_trip_time
    );
    let audio = stats.inbound_audio.as_ref().unwrap();
    assert!(about(audio.bitrate, 40_000.0), "{audio:?}");
    assert!(about(stats.received_byte_rate, 20_000.0));
    // 28 bytes of headers around each of 150 packets of audio and video a second.
    assert!(about(stats.total_bitrate_in, 193_600.0), "{stats:?}");
    assert_eq!(stats.security.dtls_version.as_deref(), Some("DTLS 1.2"));
    assert_eq!(stats.security.local_fingerprint.as_deref(), Some("AB:CD"));
    let pair = stats.candidate_pair.unwrap();
    assert_eq!(pair.local.network_type.as_deref(), Some("wifi"));
    assert_eq!(pair.local.address.as_deref(), Some("192.0.2.1"));
    assert_eq!(pair.local.port, Some(5));
    assert_eq!(pair.remote.candidate_type.as_deref(), Some("srflx"));
}

#[test]
fn nacks_count_where_the_pair_counts_no_packets() {
    let at = |seconds: f64| Call::at(seconds).with("out-video", "nackCount", 50.0 * seconds);
    // As above, and fifty headers of 28 bytes.
    let whole = between(&at(1.0), &at(2.0)).total_bitrate_in;
    assert!(about(whole, 193_600.0 + 50.0 * 28.0 * 8.0), "{whole:?}");
}

#[test]
fn total_bitrate_includes_headers() {
    let at = |seconds: f64| {
        Call::at(seconds)
            .with("P", "bytesSent", 10_000.0 * seconds)
            .with("P", "packetsSent", 200.0 * seconds)
    };
    let whole = |before: &Call, after: &Call| between(before, after).total_bitrate_out;
    assert!(about(
        whole(&at(1.0), &at(3.0)),
        (10_000.0 + 200.0 * 28.0) * 8.0
    ));
    let v6 = |seconds: f64| at(seconds).with("L", "address", "2001:db8::1");
    assert!(about(
        whole(&v6(1.0), &v6(3.0)),
        (10_000.0 + 200.0 * 48.0) * 8.0
    ));
    let untold = at(3.0).without("P", "bytesSent");
    assert_eq!(whole(&at(1.0), &untold), None);
}

#[test]
fn a_data_channel_is_none_of_the_media() {
    let at = |seconds: f64| {
        let sent = |call: Call, stream, bytes: f64, packets: f64| {
            call.with(stream, "bytesSent", bytes * seconds).with(
                stream,
                "packetsSent",
                packets * seconds,
            )
        };
        let call = Call::at(seconds).with("P", "bytesSent", 10_000_000.0 * seconds);
        let call = sent(call, "out-audio", 4_000.0, 50.0);
        sent(call, "out-video", 100_000.0, 100.0)
    };
    // 40 bytes of headers around each packet: IPv4, UDP and RTP.
    let media = between(&at(1.0), &at(3.0)).outbound_media_bitrate();
    assert!(about(media, (104_000.0 + 150.0 * 40.0) * 8.0), "{media:?}");
}

#[test]
fn a_counter_that_goes_back_is_unknown() {
    let video = inbound_video(
        &Call::at(100.0),
        &Call::at(102.0).with("in-video", "packetsReceived", 3),
    );
    assert_eq!((video.packet_rate, video.fraction_lost), (None, None));
    assert!(
        about(video.frames_per_second, 30.0),
        "the others are as they were"
    );
}

#[test]
fn another_ssrc_is_not_compared_with_the_old_one() {
    let video = inbound_video(&Call::at(1.0), &Call::at(2.0).with("in-video", "ssrc", 77));
    assert_eq!((video.bitrate, video.fraction_lost), (None, None));
}

#[test]
fn another_pair_is_not_compared_with_the_old_one() {
    let after = Call::at(3.0)
        .with("P", "id", "Q")
        .with("T", "selectedCandidatePairId", "Q");
    let stats = between(&Call::at(2.0), &after);
    assert_eq!(stats.received_byte_rate, None);
    assert!(about(stats.round_trip_time, 0.5), "the last one known");
}

#[test]
fn round_trip_falls_back_to_receiver_reports() {
    let silent = |second| {
        Call::at(second)
            .without("P", "currentRoundTripTime")
            .without("P", "totalRoundTripTime")
            .with("peer-video", "roundTripTime", 0.03)
    };
    let stats = between(&silent(1.0), &silent(2.0));
    assert!(
        about(stats.round_trip_time, 0.02),
        "{:?}",
        stats.round_trip_time
    );
    let none = |second| {
        silent(second)
            .without_entry("peer-audio")
            .without_entry("peer-video")
    };
    assert_eq!(between(&none(1.0), &none(2.0)).round_trip_time, None);
}

#[test]
fn late_packets_are_no_loss() {
    let before = Call::at(1.0).with("in-video", "packetsLost", 10);
    let after = Call::at(2.0).with("in-video", "packetsLost", 8);
    assert_eq!(inbound_video(&before, &after).fraction_lost, Some(0.0));
}

#[test]
fn retransmissions_are_not_counted_twice() {
    let before = Call::at(1.0).with("in-video", "retransmittedPacketsReceived", 0);
    let after = Call::at(2.0)
        .with("in-video", "retransmittedPacketsReceived", 10)
        .with("in-video", "packetsLost", 10);
    assert!(about(inbound_video(&before, &after).fraction_lost, 0.1));
}

#[test]
fn no_elapsed_time_is_unknown() {
    let stats = between(&Call::at(5.0), &Call::at(5.0));
    let video = stats.inbound_video.unwrap();
    assert_eq!(
        (video.bitrate, video.fraction_lost, video.coding_time),
        (None, None, None)
    );
    assert_eq!(stats.received_byte_rate, None);
}

/// Every member of every dictionary, missing, of another type, or senseless: whatever is
/// known is a possible number.
#[test]
fn missing_and_odd_members_are_unknown_never_wrong() {
    let before = Call::at(10.0);
    let after = Call::at(11.0);
    let fields: Vec<(String, String)> = after
        .entries()
        .iter()
        .flat_map(|entry| {
            let id = entry["id"].as_str().unwrap().to_owned();
            let names: Vec<String> = entry.as_object().unwrap().keys().cloned().collect();
            names.into_iter().map(move |name| (id.clone(), name))
        })
        .filter(|(_, name)| name != "id")
        .collect();
    assert!(fields.len() > 60);
    let odd: [Value; 5] = [
        Value::Null,
        json!("text"),
        json!(-1e300),
        json!(1e300),
        json!([1]),
    ];
    for (id, name) in &fields {
        check(
            &between(&before, &after.clone().without(id, name)),
            id,
            name,
        );
        check(
            &between(&before.clone().without(id, name), &after),
            id,
            name,
        );
        for value in &odd {
            check(
                &between(&before, &after.clone().with(id, name, value.clone())),
                id,
                name,
            );
        }
    }
    for id in [
        "in-audio",
        "in-video",
        "out-audio",
        "out-video",
        "T",
        "P",
        "L",
        "R",
        "C",
    ] {
        check(
            &between(&before, &after.clone().without_entry(id)),
            id,
            "all of it",
        );
    }
}

/// Whatever is known is a possible number.
fn check(stats: &IntervalStats, id: &str, name: &str) {
    let streams = [
        &stats.inbound_audio,
        &stats.inbound_video,
        &stats.outbound_audio,
        &stats.outbound_video,
    ];
    for stream in streams.into_iter().flatten() {
        let numbers = [
            stream.bitrate,
            stream.packet_rate,
            stream.jitter,
            stream.jitter_buffer_delay,
            stream.freeze_count,
            stream.freeze_duration,
            stream.frames_per_second,
            stream.frames_dropped,
            stream.coding_time,
            stream.retransmitted,
            stream.nack,
            stream.pli,
        ];
        for number in numbers.into_iter().flatten() {
            assert!(
                number.is_finite() && number >= 0.0,
                "{id}.{name}: {stream:?}"
            );
        }
        let fractions = [stream.fraction_lost, stream.concealed];
        for fraction in fractions.into_iter().flatten() {
            assert!((0.0..=1.0).contains(&fraction), "{id}.{name}: {stream:?}");
        }
    }
    for number in [stats.round_trip_time, stats.received_byte_rate]
        .into_iter()
        .flatten()
    {
        assert!(number.is_finite() && number >= 0.0, "{id}.{name}: {number}");
    }
}

#[test]
fn what_is_no_report_is_an_error() {
    assert!(StatsReport::parse("{}").is_err());
    assert!(StatsReport::parse("[").is_err());
    let empty = StatsReport::parse("[1, null, \"x\"]").unwrap();
    assert_eq!(empty, StatsReport::default());
}

#[test]
fn a_session_description_names_the_fingerprint() {
    let sdp = "v=0\r\na=fingerprint:sha-1 00:11\r\na=setup:actpass\r\n\
               a=fingerprint:SHA-256 AB:CD:EF\r\nm=audio 9 x\r\n";
    let named = wimpex_quality::fingerprint(sdp);
    assert_eq!(named.as_deref(), Some("AB:CD:EF"));
    assert_eq!(wimpex_quality::fingerprint("v=0\r\n"), None);
}
