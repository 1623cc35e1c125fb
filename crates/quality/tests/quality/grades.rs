//! From numbers to grades: the table of docs/quality.md.

use wimpex_quality::{Grade, Meter, Metric, Reading, Reason, Sample, Series, StreamKind};

use crate::synthetic::Call;

/// The last of so many readings, a second apart, of a call that `change` makes.
fn after(seconds: u32, change: impl Fn(f64, Call) -> Call) -> Reading {
    let mut meter = Meter::default();
    readings(&mut meter, 0..=seconds, change).pop().unwrap()
}

fn readings(
    meter: &mut Meter,
    seconds: std::ops::RangeInclusive<u32>,
    change: impl Fn(f64, Call) -> Call,
) -> Vec<Reading> {
    seconds
        .filter_map(|second| {
            let second = f64::from(second) + 10.0;
            meter.push(change(second, Call::at(second)).sample())
        })
        .collect()
}

/// A fraction of the packets is lost, of audio and video.
fn losing(share: f64) -> impl Fn(f64, Call) -> Call {
    move |second, call| {
        let part = |packets: f64| (packets * second * share, packets * second * (1.0 - share));
        let ((audio_lost, audio), (video_lost, video)) = (part(50.0), part(100.0));
        call.with("in-audio", "packetsLost", audio_lost)
            .with("in-audio", "packetsReceived", audio)
            .with("in-video", "packetsLost", video_lost)
            .with("in-video", "packetsReceived", video)
            .with("peer-audio", "fractionLost", share)
            .with("peer-video", "fractionLost", share)
    }
}

#[test]
fn an_undisturbed_call_is_good_from_the_first_reading() {
    let mut meter = Meter::default();
    let all = readings(&mut meter, 0..=300, |_, call| call);
    assert_eq!(all.len(), 300);
    for reading in all {
        assert_eq!(reading.receiving.grade, Grade::Good, "{reading:?}");
        assert_eq!(reading.sending.grade, Grade::Good, "{reading:?}");
        assert_eq!(reading.video_received, Some(true));
    }
    assert_eq!(
        meter
            .history()
            .of(Series::Stream(StreamKind::InboundAudio, Metric::Bitrate))
            .flatten()
            .count(),
        120
    );
}

#[test]
fn loss_is_graded_as_the_table_says() {
    for (share, grade) in [
        (0.0, Grade::Good),
        (0.02, Grade::Good),
        (0.05, Grade::Fair),
        (0.10, Grade::Poor),
    ] {
        let reading = after(30, losing(share));
        let reason = if grade == Grade::Good {
            Reason::Undisturbed
        } else {
            Reason::Loss
        };
        for assessed in [reading.receiving, reading.sending] {
            assert_eq!(
                (assessed.grade, assessed.reason),
                (grade, reason),
                "{share}"
            );
        }
    }
}

#[test]
fn red_recovers_lost_audio() {
    let twice = |share: f64, made_up: f64| {
        let losing = losing(share);
        let call = move |second: f64| {
            losing(second, Call::at(second))
                .with("in-audio", "totalSamplesReceived", 48_000.0 * second)
                .with("in-audio", "concealedSamples", 48_000.0 * second * made_up)
        };
        let mut meter = Meter::default();
        let readings = (10..40).filter_map(|second| {
            let sample = Sample {
                red: true,
                ..call(f64::from(second)).sample()
            };
            meter.push(sample)
        });
        let last = readings.last().unwrap();
        [last.receiving.grade, last.sending.grade]
    };
    assert_eq!(twice(0.05, 0.003), [Grade::Good, Grade::Good]);
    assert_eq!(twice(0.10, 0.01), [Grade::Good, Grade::Fair]);
    // Losses in runs, which the next packet does not mend.
    assert_eq!(twice(0.10, 0.09), [Grade::Poor, Grade::Fair]);
    // What is made up because it comes late is the delay's matter.
    assert_eq!(twice(0.0, 0.2), [Grade::Good, Grade::Good]);
    assert_eq!(twice(0.30, 0.3), [Grade::Poor, Grade::Poor]);
}

#[test]
fn delay_is_graded_as_the_table_says() {
    for (round_trip, grade) in [(0.1, Grade::Good), (0.5, Grade::Fair), (0.9, Grade::Poor)] {
        let reading = after(30, |second, call| {
            call.with("P", "totalRoundTripTime", round_trip * second)
        });
        assert_eq!(reading.receiving.grade, grade, "{round_trip}");
        if grade != Grade::Good {
            assert_eq!(reading.receiving.reason, Reason::Delay);
        }
    }
}

#[test]
fn stopped_video_is_unknown_and_no_media_is_poor() {
    let stopped = |what: &'static [&'static str]| {
        move |second: f64, mut call: Call| {
            if second > 30.0 {
                let still = Call::at(30.0);
                for id in what {
                    for field in ["packetsReceived", "bytesReceived", "framesDecoded"] {
                        call = call.with(id, field, still.field(id, field));
                    }
                }
            }
            call
        }
    };
    let stopped_video = after(40, stopped(&["in-video"]));
    assert_eq!(stopped_video.receiving.grade, Grade::Unknown);
    assert_eq!(stopped_video.receiving.reason, Reason::NoVideo);
    assert_eq!(stopped_video.video_received, Some(false));
    let nothing = after(40, stopped(&["in-video", "in-audio"]));
    assert_eq!(nothing.receiving.grade, Grade::Poor);
    assert_eq!(nothing.receiving.reason, Reason::NoMedia);
    assert_eq!(nothing.sending.grade, Grade::Good);
}

#[test]
fn a_call_without_video_is_assessed_by_its_audio() {
    let reading = after(20, |_, call| call.without_entry("in-video"));
    assert_eq!(reading.receiving.grade, Grade::Good);
    assert_eq!(reading.video_received, None);
}

#[test]
fn freezes_and_low_frame_rates_are_graded() {
    let frozen = after(20, |second, call| {
        call.with("in-video", "totalFreezesDuration", second * 0.3)
    });
    assert_eq!(frozen.receiving.grade, Grade::Poor);
    assert_eq!(frozen.receiving.reason, Reason::Freezes);
    let slow = after(20, |second, call| {
        call.with("in-video", "framesDecoded", second * 8.0)
    });
    assert_eq!(slow.receiving.grade, Grade::Fair);
    assert_eq!(slow.receiving.reason, Reason::LowFrameRate);
    let narrow = after(20, |second, call| {
        call.with("out-video", "framesEncoded", second * 8.0).with(
            "out-video",
            "qualityLimitationReason",
            "bandwidth",
        )
    });
    assert_eq!(narrow.sending.grade, Grade::Fair);
    assert_eq!(narrow.sending.reason, Reason::LowBandwidth);
}

#[test]
fn one_bad_second_does_not_change_the_grade() {
    let mut meter = Meter::default();
    let lost = |from: f64| {
        move |second: f64, call: Call| {
            let lost = if second >= from { 12.0 } else { 0.0 };
            call.with("in-audio", "packetsLost", lost)
        }
    };
    for reading in readings(&mut meter, 0..=60, lost(40.0)) {
        assert_eq!(reading.receiving.grade, Grade::Good);
    }
}

#[test]
fn grades_drop_in_ten_seconds_and_recover_in_twenty() {
    let mut meter = Meter::default();
    let all = readings(&mut meter, 0..=100, |second, call| {
        let bad = (second - 50.0).clamp(0.0, 20.0);
        let lost = bad * 15.0;
        call.with("in-audio", "packetsLost", lost).with(
            "in-audio",
            "packetsReceived",
            50.0 * second - lost,
        )
    });
    let grades: Vec<Grade> = all.iter().map(|reading| reading.receiving.grade).collect();
    let changes = grades.windows(2).filter(|pair| pair[0] != pair[1]).count();
    // The reading of second 10 + n is the nth.
    assert_eq!(grades[39], Grade::Good);
    assert_ne!(grades[50], Grade::Good, "{grades:?}");
    assert_eq!(grades[89], Grade::Good, "{grades:?}");
    assert!(changes <= 4, "it flickers: {grades:?}");
}

#[test]
fn another_route_is_assessed_anew() {
    let mut meter = Meter::default();
    let moved = |second: f64, call: Call| {
        if second < 40.0 {
            losing(0.1)(second, call)
        } else {
            losing(0.1)(40.0, Call::at(second))
                .with(
                    "in-audio",
                    "packetsReceived",
                    45.0 * 40.0 + 50.0 * (second - 40.0),
                )
                .with(
                    "in-video",
                    "packetsReceived",
                    90.0 * 40.0 + 100.0 * (second - 40.0),
                )
                .with("T", "selectedCandidatePairId", "Q")
                .with("P", "id", "Q")
                .with("peer-audio", "fractionLost", 0)
                .with("peer-video", "fractionLost", 0)
        }
    };
    let all = readings(&mut meter, 0..=33, moved);
    let grade = |second: usize| all[second - 11].receiving.grade;
    assert_eq!(grade(39), Grade::Poor);
    assert_eq!(
        grade(40),
        Grade::Unknown,
        "nothing is known of the new route"
    );
    assert_eq!(grade(42), Grade::Good);
}

#[test]
fn receiving_times_out_once() {
    let mut meter = Meter::default();
    let all = readings(&mut meter, 0..=30, |second, call| {
        let bytes = 20_000.0 * second.min(25.0);
        call.with("P", "bytesReceived", bytes)
    });
    let silent: Vec<usize> = (0..all.len())
        .filter(|at| all[*at].receiving_timed_out)
        .collect();
    // Nothing since second 25: the third reading without a byte is that of second 28.
    assert_eq!(silent, [28 - 11]);
}

/// Neither has a microphone or a camera: connectivity checks every five seconds.
#[test]
fn a_call_without_media_does_not_time_out() {
    let mut meter = Meter::default();
    let all = readings(&mut meter, 0..=60, |second, call| {
        call.with("P", "bytesReceived", (second / 5.0).floor() * 200.0)
    });
    assert!(all.iter().all(|reading| !reading.receiving_timed_out));
}
