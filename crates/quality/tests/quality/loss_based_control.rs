//! The video gives way where the browser has no rate control of its own.

use wimpex_quality::{EncodingLimits, Grade, Meter, Reading, Reason};

use crate::synthetic::Call;

/// What audio takes, and what video takes that nobody limits, in bits per second.
const AUDIO: f64 = 65_000.0;
const VIDEO: f64 = 1_500_000.0;

/// A call over a path of some bandwidth, second by second.
struct Path {
    meter: Meter,
    second: f64,
    bits: f64,
    again: f64,
    limit: Option<EncodingLimits>,
}

impl Path {
    fn new() -> Self {
        Self {
            meter: Meter::default(),
            second: 0.0,
            bits: 0.0,
            again: 0.0,
            limit: None,
        }
    }

    /// One more second: so many bits get through, and of these a share is lost all the
    /// same. Says what is lost, too.
    fn carries(
        &mut self,
        width: f64,
        lossy: f64,
        change: impl Fn(Call) -> Call,
    ) -> (Option<Reading>, f64) {
        let limit = self.limit.map(|limit| f64::from(limit.max_bitrate));
        let video = limit.map_or(VIDEO, |limit| VIDEO.min(limit));
        let lost = 1.0 - (width / (AUDIO + video)).min(1.0) * (1.0 - lossy);
        self.second += 1.0;
        self.bits += video;
        self.again += video / 8_000.0 * lost;
        let call = Call::at(self.second)
            .with("out-video", "bytesSent", self.bits / 8.0)
            .with("out-video", "packetsSent", self.bits / 8_000.0)
            .with("out-video", "retransmittedPacketsSent", self.again)
            .without("out-video", "qualityLimitationReason")
            .without("out-video", "targetBitrate")
            .with("peer-video", "fractionLost", lost)
            .with("peer-audio", "fractionLost", lost);
        let reading = self.meter.push(change(call).sample());
        self.limit = reading.as_ref().and_then(|reading| reading.encoding_limits);
        (reading, lost)
    }

    /// So many seconds of that; says of which share of them a tenth was lost.
    fn goes_on(&mut self, seconds: u32, width: f64) -> f64 {
        let bad = (0..seconds).filter(|_| self.carries(width, 0.0, |call| call).1 > 0.1);
        bad.count() as f64 / f64::from(seconds)
    }

    fn bitrate(&self) -> Option<u32> {
        self.limit.map(|limit| limit.max_bitrate)
    }
}

/// Within seconds, and from then on more is tried ever less often.
#[test]
fn a_narrow_path_is_left_to_audio() {
    for (width, least, most) in [
        (100_000.0, 40_000, 40_000),
        (150_000.0, 80_000, 80_000),
        (300_000.0, 200_000, 400_000),
        (700_000.0, 400_000, 800_000),
    ] {
        let mut path = Path::new();
        path.goes_on(6, width);
        assert!(
            path.bitrate().is_some_and(|bitrate| bitrate <= most),
            "{width}"
        );
        path.goes_on(60, width);
        let bad = path.goes_on(300, width);
        assert!(bad < 0.06, "at {width}, of {bad} of the time much is lost");
        assert!(
            path.bitrate()
                .is_some_and(|bitrate| (least..=most).contains(&bitrate)),
            "{width}"
        );
    }
}

#[test]
fn a_path_that_widens_is_used_again() {
    let mut path = Path::new();
    path.goes_on(20, 150_000.0);
    assert!(path.limit.is_some());
    path.goes_on(120, 5_000_000.0);
    assert_eq!(path.limit, None);
    // And the next narrow one is found as soon.
    path.goes_on(6, 150_000.0);
    assert!(path.bitrate().is_some_and(|bitrate| bitrate <= 100_000));
}

#[test]
fn a_wide_path_that_loses_keeps_its_video() {
    let mut path = Path::new();
    for _ in 0..300 {
        path.carries(5_000_000.0, 0.1, |call| call);
        assert_eq!(path.limit, None);
    }
}

#[test]
fn a_browser_with_an_estimate_is_left_alone() {
    let mut path = Path::new();
    for _ in 0..60 {
        path.carries(150_000.0, 0.0, |call| {
            call.with("P", "availableOutgoingBitrate", 100_000)
        });
        assert_eq!(path.limit, None);
    }
}

#[test]
fn a_receiver_report_counts_once() {
    let mut path = Path::new();
    for _ in 0..60 {
        path.carries(5_000_000.0, 0.0, |call| {
            call.with("peer-video", "fractionLost", 0.9)
                .with("peer-video", "timestamp", 1_700_000_000_000.0)
                .without_entry("peer-audio")
        });
        assert_eq!(path.limit, None);
    }
}

#[test]
fn retransmissions_count_where_reports_are_lost() {
    let mut path = Path::new();
    for _ in 0..6 {
        path.carries(150_000.0, 0.0, |call| {
            call.without_entry("peer-video").without_entry("peer-audio")
        });
    }
    assert!(path.bitrate().is_some_and(|bitrate| bitrate <= 100_000));
}

#[test]
fn another_route_begins_unlimited() {
    let mut path = Path::new();
    path.goes_on(20, 150_000.0);
    path.carries(5_000_000.0, 0.0, |call| {
        call.with("P", "id", "Q")
            .with("T", "selectedCandidatePairId", "Q")
    });
    assert_eq!(path.limit, None);
}

/// What the peer reports first on another route was lost with the one before.
#[test]
fn a_route_that_is_gone_limits_nothing_on_the_next_one() {
    let mut path = Path::new();
    path.goes_on(20, 5_000_000.0);
    for second in 0..20 {
        path.carries(5_000_000.0, 0.0, |call| {
            let lost = if second < 3 { 0.6 } else { 0.0 };
            call.with("P", "id", "Q")
                .with("T", "selectedCandidatePairId", "Q")
                .with("peer-video", "fractionLost", lost)
                .with("peer-audio", "fractionLost", lost)
        });
        assert_eq!(path.limit, None, "{second}");
    }
}

#[test]
fn nothing_is_limited_without_video() {
    let mut path = Path::new();
    for _ in 0..30 {
        path.carries(20_000.0, 0.0, |call| {
            call.without_entry("out-video").without_entry("peer-video")
        });
        assert_eq!(path.limit, None);
    }
}

#[test]
fn a_limited_sender_is_told_why() {
    let mut path = Path::new();
    path.goes_on(6, 150_000.0);
    let said = (0..60).any(|_| {
        let (reading, _) = path.carries(150_000.0, 0.0, |call| call);
        let reading = reading.unwrap();
        let video = reading.interval.outbound_video.unwrap();
        assert_eq!(
            video.quality_limitation_reason.as_deref(),
            Some("bandwidth")
        );
        let sending = reading.sending;
        (sending.grade, sending.reason) == (Grade::Fair, Reason::LowBandwidth)
    });
    assert!(said);
}
