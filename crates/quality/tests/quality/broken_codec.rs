//! Hardware that says that it can code, and cannot.

use wimpex_quality::Meter;

use crate::synthetic::Call;

/// Plays twenty seconds, and says when which codec was found broken.
fn found(change: impl Fn(f64, Call) -> Call) -> Vec<(u32, String)> {
    let mut meter = Meter::default();
    let seconds = 10..=30_u32;
    let found = seconds.filter_map(|second| {
        let at = f64::from(second);
        let reading = meter.push(change(at, Call::at(at).with_codec("H264")).sample())?;
        Some((second, reading.broken_codec?))
    });
    found.collect()
}

/// Field report 34 (hardware H.264 that crashes, or whose picture stays black).
#[test]
fn report_34_what_cannot_be_decoded_is_found() {
    // From the beginning, and in the middle of a call.
    let black = |_, call: Call| call.with("in-video", "framesDecoded", 0);
    assert_eq!(found(black), [(16, "H264".to_owned())]);
    let crashes = |at: f64, call: Call| call.with("in-video", "framesDecoded", 30.0 * at.min(20.0));
    assert_eq!(found(crashes), [(26, "H264".to_owned())]);
}

#[test]
fn report_34_an_encoder_that_makes_nothing_is_found() {
    let dead = |_, call: Call| {
        call.with("out-video", "framesEncoded", 0)
            .with("out-video", "packetsSent", 0)
            .with("out-video", "powerEfficientEncoder", true)
    };
    assert_eq!(found(dead), [(16, "H264".to_owned())]);
    // A camera that is off gives nothing to encode.
    let mut meter = Meter::default();
    for second in 10..=30 {
        let at = f64::from(second);
        let mut sample = dead(at, Call::at(at).with_codec("H264")).sample();
        sample.camera_off = true;
        let reading = meter.push(sample);
        assert_eq!(reading.and_then(|it| it.broken_codec), None);
    }
}

#[test]
fn report_34_a_codec_that_works_or_has_nothing_to_do_is_not_broken() {
    assert_eq!(found(|_, call| call), []);
    // The peer's camera is off: nothing comes.
    let off = |_, call: Call| {
        call.with("in-video", "framesDecoded", 300)
            .with("in-video", "packetsReceived", 1_000)
    };
    assert_eq!(found(off), []);
    // Too much is lost for a whole frame.
    let lossy = |at: f64, call: Call| {
        call.with("in-video", "framesDecoded", 300)
            .with("in-video", "packetsLost", 30.0 * at)
    };
    assert_eq!(found(lossy), []);
    // There is nothing to give way to.
    let vp8 = |_, call: Call| call.with_codec("VP8").with("in-video", "framesDecoded", 0);
    assert_eq!(found(vp8), []);
    // A pause, as after a key frame that was lost.
    let pause = |at: f64, call: Call| {
        let frames = if (15.0..20.0).contains(&at) {
            450.0
        } else {
            30.0 * at
        };
        call.with("in-video", "framesDecoded", frames)
    };
    assert_eq!(found(pause), []);
}
