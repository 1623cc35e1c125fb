//! The picture gives way where the browser does not see to it.

use wimpex_quality::{EncodingLimits, Grade, Meter, Reading, Reason};

use crate::synthetic::Call;

/// What sound takes, and a picture that nobody limits, in bits a second.
const SOUND: f64 = 65_000.0;
const PICTURE: f64 = 1_500_000.0;

/// A call over a way of some width, second by second.
struct Way {
    meter: Meter,
    second: f64,
    bits: f64,
    again: f64,
    limit: Option<EncodingLimits>,
}

impl Way {
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
        let picture = limit.map_or(PICTURE, |limit| PICTURE.min(limit));
        let lost = 1.0 - (width / (SOUND + picture)).min(1.0) * (1.0 - lossy);
        self.second += 1.0;
        self.bits += picture;
        self.again += picture / 8_000.0 * lost;
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

#[test]
fn a_narrow_way_is_left_to_sound_within_seconds_and_asked_for_more_ever_less_often() {
    for (width, least, most) in [
        (150_000.0, 60_000, 100_000),
        (300_000.0, 200_000, 400_000),
        (700_000.0, 400_000, 800_000),
    ] {
        let mut way = Way::new();
        way.goes_on(6, width);
        assert!(
            way.bitrate().is_some_and(|bitrate| bitrate <= most),
            "{width}"
        );
        way.goes_on(60, width);
        let bad = way.goes_on(300, width);
        assert!(bad < 0.06, "at {width}, of {bad} of the time much is lost");
        assert!(
            way.bitrate()
                .is_some_and(|bitrate| (least..=most).contains(&bitrate)),
            "{width}"
        );
    }
}

#[test]
fn a_way_that_widens_is_used_again() {
    let mut way = Way::new();
    way.goes_on(20, 150_000.0);
    assert!(way.limit.is_some());
    way.goes_on(120, 5_000_000.0);
    assert_eq!(way.limit, None);
    // And the next narrow one is found as soon.
    way.goes_on(6, 150_000.0);
    assert!(way.bitrate().is_some_and(|bitrate| bitrate <= 100_000));
}

#[test]
fn a_way_that_only_loses_keeps_its_picture() {
    let mut way = Way::new();
    for _ in 0..300 {
        way.carries(5_000_000.0, 0.1, |call| call);
        assert_eq!(way.limit, None);
    }
}

#[test]
fn a_browser_that_knows_the_way_is_left_to_itself() {
    let mut way = Way::new();
    for _ in 0..60 {
        way.carries(150_000.0, 0.0, |call| {
            call.with("P", "availableOutgoingBitrate", 100_000)
        });
        assert_eq!(way.limit, None);
    }
}

#[test]
fn a_report_is_news_once() {
    let mut way = Way::new();
    for _ in 0..60 {
        way.carries(5_000_000.0, 0.0, |call| {
            call.with("peer-video", "fractionLost", 0.9)
                .with("peer-video", "timestamp", 1_700_000_000_000.0)
                .without_entry("peer-audio")
        });
        assert_eq!(way.limit, None);
    }
}

#[test]
fn where_reports_are_lost_what_goes_again_tells() {
    let mut way = Way::new();
    for _ in 0..6 {
        way.carries(150_000.0, 0.0, |call| {
            call.without_entry("peer-video").without_entry("peer-audio")
        });
    }
    assert!(way.bitrate().is_some_and(|bitrate| bitrate <= 100_000));
}

#[test]
fn another_way_begins_without_a_limit() {
    let mut way = Way::new();
    way.goes_on(20, 150_000.0);
    way.carries(5_000_000.0, 0.0, |call| {
        call.with("P", "id", "Q")
            .with("T", "selectedCandidatePairId", "Q")
    });
    assert_eq!(way.limit, None);
}

#[test]
fn without_a_picture_nothing_has_to_give_way() {
    let mut way = Way::new();
    for _ in 0..30 {
        way.carries(20_000.0, 0.0, |call| {
            call.without_entry("out-video").without_entry("peer-video")
        });
        assert_eq!(way.limit, None);
    }
}

#[test]
fn who_is_limited_is_told_why() {
    let mut way = Way::new();
    way.goes_on(6, 150_000.0);
    let said = (0..60).any(|_| {
        let (reading, _) = way.carries(150_000.0, 0.0, |call| call);
        let reading = reading.unwrap();
        let picture = reading.interval.outbound_video.unwrap();
        assert_eq!(
            picture.quality_limitation_reason.as_deref(),
            Some("bandwidth")
        );
        let sending = reading.sending;
        (sending.grade, sending.reason) == (Grade::Fair, Reason::LowBandwidth)
    });
    assert!(said);
}
