//! Second by second: what the grades are while something changes.

use wimpex_quality::{Grade, Meter, Metric, Reading, Reason, Series, StreamKind};

use crate::synthetic::Call;

/// When what the tests change, changes: in seconds.
const THEN: f64 = 30.0;

/// What is read of each second from the tenth on; `change` makes the call.
fn play(until: u32, change: impl Fn(f64, Call) -> Call) -> (Meter, Vec<(f64, Reading)>) {
    let mut meter = Meter::default();
    let readings = (10..=until)
        .filter_map(|second| {
            let second = f64::from(second);
            let reading = meter.push(change(second, Call::at(second)).sample());
            Some((second, reading?))
        })
        .collect();
    (meter, readings)
}

/// What is received in each second from `from` on, one after the other.
fn received(readings: &[(f64, Reading)], from: f64) -> Vec<(Grade, Reason)> {
    let mut said: Vec<_> = readings
        .iter()
        .filter(|(second, _)| *second > from)
        .map(|(_, reading)| (reading.receiving.grade, reading.receiving.reason))
        .collect();
    said.dedup();
    said
}

/// The streams stand where they stood at a moment (0.4 of the second in which it stops
/// still come), and go on when they come back.
fn paused(
    streams: &'static [&'static str],
    from: f64,
    until: f64,
) -> impl Fn(f64, Call) -> Call + Copy {
    move |second, mut call| {
        let flowed = second.min(from + 0.4) + (second - until - 0.3).max(0.0);
        let then = Call::at(flowed);
        for id in streams {
            for field in [
                "packetsReceived",
                "bytesReceived",
                "framesDecoded",
                "packetsSent",
                "bytesSent",
                "framesEncoded",
            ] {
                if !then.field(id, field).is_null() {
                    call = call.with(id, field, then.field(id, field));
                }
            }
        }
        call
    }
}

/// Nor when it comes back, nor does it make it fair.
#[test]
fn a_camera_turned_off_never_makes_the_call_poor() {
    for off in [4.0, 5.0, 8.0, 20.0] {
        let (_, readings) = play(80, paused(&["in-video"], THEN, THEN + off));
        assert_eq!(
            received(&readings, 10.0),
            [
                (Grade::Good, Reason::Undisturbed),
                (Grade::Unknown, Reason::NoVideo),
                (Grade::Good, Reason::Undisturbed)
            ],
            "off for {off} s"
        );
        let told = readings
            .iter()
            .find(|(_, reading)| reading.receiving.reason == Reason::NoVideo);
        assert!(told.unwrap().0 <= THEN + 4.0, "off for {off} s: {told:?}");
    }
}

/// And nothing else is said before.
#[test]
fn no_media_is_poor_within_five_seconds() {
    let (_, readings) = play(60, paused(&["in-video", "in-audio"], THEN, 99.0));
    let said = received(&readings, THEN);
    assert_eq!(said[0], (Grade::Good, Reason::Undisturbed));
    assert_eq!(said[1..], [(Grade::Poor, Reason::NoMedia)]);
    let told = readings
        .iter()
        .find(|(_, reading)| reading.receiving.reason == Reason::NoMedia);
    assert!(told.unwrap().0 <= THEN + 5.0, "{told:?}");
}

#[test]
fn video_that_keeps_freezing_is_poor() {
    // A second without a packet in each four, and the standstill is counted after it.
    let (_, readings) = play(60, |second, call| {
        let halts = (second / 4.0).floor();
        let flowed = Call::at(second - halts);
        let counted = ((second - 1.0) / 4.0).floor();
        let mut call = call.with("in-video", "totalFreezesDuration", counted);
        for field in ["packetsReceived", "bytesReceived", "framesDecoded"] {
            call = call.with("in-video", field, flowed.field("in-video", field));
        }
        call
    });
    let last = &readings.last().unwrap().1;
    assert_eq!(
        (last.receiving.grade, last.receiving.reason),
        (Grade::Poor, Reason::Freezes)
    );
}

/// As Firefox does with its camera off: one black frame a second, in one packet.
fn black(ids: [&'static str; 3], frames: &'static str) -> impl Fn(f64, Call) -> Call {
    let [id, packets, bytes] = ids;
    move |second, call| {
        let black = (second - THEN).max(0.0).floor();
        let flowed = second.min(THEN);
        call.with(id, packets, flowed * 100.0 + black)
            .with(id, bytes, flowed * 10_000.0 + black * 900.0)
            .with(id, frames, flowed * 30.0 + black)
    }
}

#[test]
fn a_black_frame_a_second_is_no_video() {
    let black = black(
        ["in-video", "packetsReceived", "bytesReceived"],
        "framesDecoded",
    );
    let (_, readings) = play(60, black);
    assert_eq!(
        received(&readings, 10.0),
        [
            (Grade::Good, Reason::Undisturbed),
            (Grade::Unknown, Reason::NoVideo)
        ]
    );
    for (second, reading) in readings {
        assert_eq!(reading.video_received, Some(second <= THEN), "{second}");
    }
}

#[test]
fn a_real_frame_a_second_is_poor_video() {
    let (_, readings) = play(60, |second, call| {
        let slow = (second - THEN).max(0.0);
        call.with("in-video", "framesDecoded", second.min(THEN) * 30.0 + slow)
    });
    let last = &readings.last().unwrap().1;
    assert_eq!(last.receiving.reason, Reason::LowFrameRate);
    assert_eq!(last.video_received, Some(true));
}

#[test]
fn no_video_is_assessed_while_the_camera_is_off() {
    let mut meter = Meter::default();
    let black = black(["out-video", "packetsSent", "bytesSent"], "framesEncoded");
    for second in 10..60 {
        let second = f64::from(second);
        let mut sample = black(second, Call::at(second)).sample();
        sample.camera_off = second > THEN;
        if let Some(reading) = meter.push(sample) {
            assert_eq!(reading.sending.grade, Grade::Good, "{second}: {reading:?}");
        }
    }
    // The same with the camera on is told.
    let (_, readings) = play(60, black);
    assert_eq!(
        readings.last().unwrap().1.sending.reason,
        Reason::LowFrameRate
    );
}

#[test]
fn video_is_assessed_since_the_camera_came_back() {
    let paused = paused(&["out-video"], THEN, THEN + 10.0);
    let mut meter = Meter::default();
    for second in 10..70 {
        let second = f64::from(second);
        let mut sample = paused(second, Call::at(second)).sample();
        sample.camera_off = (THEN..THEN + 10.0).contains(&second);
        if let Some(reading) = meter.push(sample) {
            assert_eq!(reading.sending.grade, Grade::Good, "{second}: {reading:?}");
        }
    }
}

#[test]
fn a_sample_that_names_no_route_is_not_another_route() {
    let losing = |second: f64, call: Call| {
        call.with("in-audio", "packetsLost", second * 10.0).with(
            "in-video",
            "packetsLost",
            second * 20.0,
        )
    };
    let (_, readings) = play(60, |second, call| {
        let call = losing(second, call);
        if second > 40.0 && second % 2.0 == 0.0 {
            return call
                .without("T", "selectedCandidatePairId")
                .without_entry("P");
        }
        call
    });
    for (second, reading) in readings {
        if second > 20.0 {
            assert_eq!(reading.receiving.grade, Grade::Poor, "{second}");
        }
    }
}

#[test]
fn a_sample_without_a_route_resets_no_timeout() {
    let (_, readings) = play(60, |second, call| {
        let bytes = 20_000.0 * second.min(THEN);
        let call = call.with("P", "bytesReceived", bytes);
        if second == THEN + 2.0 || second >= THEN + 6.0 {
            return call
                .without("T", "selectedCandidatePairId")
                .without_entry("P");
        }
        call
    });
    let silent = readings
        .iter()
        .filter(|(_, reading)| reading.receiving_timed_out);
    // Intervals without a byte: 31; 32 and 33 are unknown; 34; 35.
    assert_eq!(
        silent.map(|(second, _)| *second).collect::<Vec<_>>(),
        [35.0]
    );
}

#[test]
fn two_samples_of_one_timestamp_are_one() {
    let mut meter = Meter::default();
    assert_eq!(meter.push(Call::at(1.0).sample()), None);
    assert!(meter.push(Call::at(2.0).sample()).is_some());
    assert_eq!(meter.push(Call::at(2.0).sample()), None);
    assert!(meter.push(Call::at(3.0).sample()).is_some());
}

/// The peer reports each five seconds, and the browser repeats the last of it each second.
fn reporting(until: f64, lost: impl Fn(f64) -> f64 + Copy) -> impl Fn(f64, Call) -> Call + Copy {
    move |second, mut call| {
        let at = ((second.min(until) / 5.0).floor() * 5.0).max(5.0);
        let stamp = Call::at(at).field("peer-audio", "timestamp");
        // So that the page limits nothing.
        call = call.with("P", "availableOutgoingBitrate", 1_000_000);
        for (id, packets) in [("peer-audio", 50.0), ("peer-video", 100.0)] {
            call = call
                .with(id, "timestamp", stamp.clone())
                .with(id, "packetsLost", lost(at) * packets)
                // Of the last packet alone, as it may be.
                .with(id, "fractionLost", 0.2);
        }
        call
    }
}

#[test]
fn outbound_loss_is_all_that_the_peer_reports() {
    for (share, grade) in [(0.0, Grade::Good), (0.05, Grade::Fair), (0.10, Grade::Poor)] {
        let (_, readings) = play(60, reporting(99.0, move |second| second * share));
        let last = &readings.last().unwrap().1;
        assert_eq!(last.sending.grade, grade, "{share}");
    }
}

#[test]
fn stale_receiver_reports_say_nothing() {
    let (_, readings) = play(60, reporting(THEN, |_| 0.0));
    for (second, reading) in readings {
        let grade = match second {
            second if second <= THEN + 10.0 => Grade::Good,
            second if second > THEN + 12.0 => Grade::Unknown,
            _ => continue,
        };
        // What the first report told is out of the window by then.
        if second > 26.0 {
            assert_eq!(reading.sending.grade, grade, "{second}");
            let known = reading
                .interval
                .outbound_audio
                .unwrap()
                .fraction_lost
                .is_some();
            assert_eq!(known, second <= THEN + 10.0, "{second}");
        }
    }
}

/// Opus sends four packets a second where nobody speaks.
fn nobody_speaks(call: Call, second: f64, lost: f64) -> Call {
    call.without_entry("in-video")
        .without_entry("out-video")
        .without_entry("peer-video")
        .with("in-audio", "packetsReceived", second * 4.0 - lost)
        .with("in-audio", "packetsLost", lost)
}

#[test]
fn one_lost_packet_in_silence_is_no_loss() {
    for lost_at in [12.0, 15.0, 50.0] {
        let (_, readings) = play(100, |second, call| {
            nobody_speaks(call, second, f64::from(u8::from(second >= lost_at)))
        });
        for (second, reading) in readings {
            assert_eq!(reading.receiving.grade, Grade::Good, "{second}");
        }
    }
    // One in ten is.
    let (_, readings) = play(100, |second, call| {
        nobody_speaks(call, second, (second * 0.4).floor())
    });
    assert_eq!(readings.last().unwrap().1.receiving.grade, Grade::Poor);
}

/// It is over the same intervals as the grade.
#[test]
fn the_rating_is_steady() {
    let (_, readings) = play(60, |second, call| {
        // A burst of loss each fourth second.
        let lost = (second / 4.0).floor() * 20.0;
        call.with("in-audio", "packetsLost", lost)
    });
    let ratings: Vec<f64> = readings
        .iter()
        .filter(|(second, _)| *second > 30.0)
        .map(|(_, reading)| reading.rating.unwrap())
        .collect();
    let (low, high) = ratings
        .iter()
        .fold((100.0_f64, 0.0_f64), |(low, high), rating| {
            (low.min(*rating), high.max(*rating))
        });
    assert!(high - low < 2.0, "{ratings:?}");
    assert!((75.0..86.0).contains(&low), "{ratings:?}");
    let (_, stopped) = play(60, paused(&["in-video", "in-audio"], THEN, 99.0));
    assert_eq!(stopped.last().unwrap().1.rating, None);
}

#[test]
fn freezes_and_plis_count_for_a_minute() {
    let (meter, _) = play(50, |second, call| {
        let since = |then: f64| f64::from(u8::from(second >= then));
        call.with("in-video", "freezeCount", since(20.0) + since(40.0))
            .with("in-video", "totalFreezesDuration", 3.0 * since(40.0))
            .with("in-video", "pliCount", since(30.0))
    });
    let minute = |number| {
        let sum = meter
            .history()
            .last_minute(Series::Stream(StreamKind::InboundVideo, number));
        sum.map(|(sum, _)| sum)
    };
    assert_eq!(minute(Metric::FreezeCount), Some(2.0));
    assert_eq!(minute(Metric::FreezeDuration), Some(3.0));
    assert_eq!(minute(Metric::Pli), Some(1.0));
    assert_eq!(minute(Metric::Nack), None, "nothing tells of it");
    let (meter, _) = play(90, |second, call| {
        let since = |then: f64| f64::from(u8::from(second >= then));
        call.with("in-video", "freezeCount", since(20.0) + since(40.0))
    });
    let freezes = Series::Stream(StreamKind::InboundVideo, Metric::FreezeCount);
    assert_eq!(meter.history().last_minute(freezes), Some((1.0, 60)));
}
