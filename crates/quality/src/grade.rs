//! Good, fair or poor, and why. The table is in `docs/quality.md`.

use crate::emodel::rating;
use crate::interval::IntervalStats;
use crate::window::Window;

/// How one direction of a call fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grade {
    /// It cannot be told.
    #[default]
    Unknown,
    /// Nothing to notice.
    Good,
    /// Somebody who listens for it may notice.
    Fair,
    /// Everybody notices.
    Poor,
}

/// Why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    /// There are no two readings to compare yet, or the browser does not tell.
    #[default]
    Measuring,
    /// Nothing is wrong.
    Undisturbed,
    /// Packets are lost on the way.
    Loss,
    /// What is said takes long to be heard.
    Delay,
    /// Nothing arrives at all.
    NoMedia,
    /// Sound arrives and no picture: it is off, or held up.
    NoVideo,
    /// The picture stands still again and again.
    Freezes,
    /// Few pictures a second.
    LowFrameRate,
    /// The way is too narrow for the picture.
    LowBandwidth,
}

/// A grade and its reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assessment {
    /// How it fares.
    pub grade: Grade,
    /// Why.
    pub reason: Reason,
}

/// Where users are satisfied (G.107, annex B).
const SATISFIED: f64 = 80.0;
/// Where only some are not.
const BEARABLE: f64 = 70.0;
/// How much better it must get than where it got worse.
const MARGIN: f64 = 3.0;
/// Seconds of sound in a packet, and of what the codec looks ahead (RFC 6716).
const PACKING: f64 = 0.0265;
/// What a jitter buffer waits where nobody says, in seconds: two packets.
const WAIT: f64 = 0.04;

/// How what arrives fares, and how it should sound (R). `seen` says that there has been a
/// picture, `before` how it fared until now.
pub(crate) fn receiving(
    recent: &Window,
    window: &IntervalStats,
    seen: bool,
    before: Grade,
) -> (Assessment, Option<f64>) {
    match recent.silence() {
        [None, None] => return (Assessment::default(), None),
        [None | Some(true), None | Some(true)] => {
            return (verdict(Grade::Poor, Reason::NoMedia), None);
        }
        [Some(false), _] | [_, Some(false)] => {}
    }
    let waited = window
        .inbound_audio
        .as_ref()
        .and_then(|sound| sound.jitter_buffer_delay);
    let missing = recent.lost_in().map(|lost| window.missing_in(lost));
    let way = Way::new(missing, window.round_trip_time, waited.unwrap_or(WAIT));
    let heard = way.map_or_else(Assessment::default, |way| way.verdict(before));
    let shown = seen.then(|| shown(recent)).flatten();
    (worse(heard, shown), way.map(|way| way.rating))
}

fn shown(recent: &Window) -> Option<Assessment> {
    // Off or held up: nobody can tell from here.
    if recent.no_picture() {
        return Some(verdict(Grade::Unknown, Reason::NoVideo));
    }
    let (rate, frozen) = recent.shown()?;
    Some(match () {
        () if rate < 1.0 => verdict(Grade::Poor, Reason::Freezes),
        () if frozen > 0.2 => verdict(Grade::Poor, Reason::Freezes),
        () if rate < 5.0 => verdict(Grade::Poor, Reason::LowFrameRate),
        () if frozen > 0.05 => verdict(Grade::Fair, Reason::Freezes),
        () if rate < 10.0 => verdict(Grade::Fair, Reason::LowFrameRate),
        () => return None,
    })
}

/// How what leaves fares, after what the peer reports.
pub(crate) fn sending(recent: &Window, window: &IntervalStats, before: Grade) -> Assessment {
    let missing = recent.lost_out().map(|lost| window.missing_out(lost));
    let way = Way::new(missing, window.round_trip_time, WAIT);
    let heard = way.map_or_else(Assessment::default, |way| way.verdict(before));
    worse(heard, narrow(recent, window))
}

/// What there is to say of the picture that leaves, if there is one.
fn narrow(recent: &Window, window: &IntervalStats) -> Option<Assessment> {
    let picture = window
        .outbound_video
        .as_ref()
        .filter(|_| !window.camera_off)?;
    let rate = recent.encoded()?;
    let held = picture.quality_limitation_reason.as_deref() == Some("bandwidth");
    // The browser finds the width of the way by and by: that is no fault yet.
    let starved = picture
        .target_bitrate
        .is_some_and(|target| target < 150_000.0);
    Some(match () {
        () if held && rate < 5.0 => verdict(Grade::Poor, Reason::LowBandwidth),
        // A camera that gives nothing is not the way's fault.
        () if rate == 0.0 => return None,
        () if held && (rate < 10.0 || starved) => verdict(Grade::Fair, Reason::LowBandwidth),
        () if rate < 5.0 => verdict(Grade::Fair, Reason::LowFrameRate),
        () => return None,
    })
}

/// What the E-model says of a way.
#[derive(Clone, Copy)]
struct Way {
    loss: f64,
    delay: f64,
    rating: f64,
}

impl Way {
    fn new(loss: Option<f64>, round_trip: Option<f64>, waited: f64) -> Option<Self> {
        let (loss, delay) = (loss?, round_trip? / 2.0 + waited + PACKING);
        let rating = rating(loss, delay);
        Some(Self {
            loss,
            delay,
            rating,
        })
    }

    fn verdict(self, before: Grade) -> Assessment {
        let margin = |grade: Grade| match (before, grade) {
            (Grade::Fair | Grade::Poor, Grade::Good) | (Grade::Poor, Grade::Fair) => MARGIN,
            _ => 0.0,
        };
        let grade = if self.rating >= SATISFIED + margin(Grade::Good) {
            Grade::Good
        } else if self.rating >= BEARABLE + margin(Grade::Fair) {
            Grade::Fair
        } else {
            Grade::Poor
        };
        let reason = match grade {
            Grade::Good | Grade::Unknown => Reason::Undisturbed,
            Grade::Fair | Grade::Poor if rating(self.loss, 0.0) < rating(0.0, self.delay) => {
                Reason::Loss
            }
            Grade::Fair | Grade::Poor => Reason::Delay,
        };
        verdict(grade, reason)
    }
}

/// The one that a person would name first.
fn worse(heard: Assessment, shown: Option<Assessment>) -> Assessment {
    match shown {
        Some(shown) if rank(shown.grade) > rank(heard.grade) => shown,
        _ => heard,
    }
}

/// A picture that may be off says more than sound that is good.
pub(crate) fn rank(grade: Grade) -> u8 {
    match grade {
        Grade::Good => 0,
        Grade::Unknown => 1,
        Grade::Fair => 2,
        Grade::Poor => 3,
    }
}

fn verdict(grade: Grade, reason: Reason) -> Assessment {
    Assessment { grade, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_to_a_better_grade_takes_three_points_more_than_the_line() {
        let rated = |rating: f64| Way {
            loss: 0.05,
            delay: 0.1,
            rating,
        };
        for (rating, before, grade) in [
            (81.0, Grade::Good, Grade::Good),
            (81.0, Grade::Unknown, Grade::Good),
            (82.9, Grade::Fair, Grade::Fair),
            (83.0, Grade::Fair, Grade::Good),
            (82.9, Grade::Poor, Grade::Fair),
            (71.0, Grade::Good, Grade::Fair),
            (72.9, Grade::Poor, Grade::Poor),
            (73.0, Grade::Poor, Grade::Fair),
        ] {
            let verdict = rated(rating).verdict(before);
            assert_eq!(verdict.grade, grade, "{rating} after {before:?}");
        }
    }

    /// As `docs/quality.md` says: with what packing and waiting always add.
    #[test]
    fn the_lines_are_crossed_where_the_docs_say() {
        let rated = |loss, round_trip| Way::new(Some(loss), Some(round_trip), WAIT).unwrap().rating;
        assert!(rated(0.0345, 0.0) > SATISFIED && rated(0.0355, 0.0) < SATISFIED);
        assert!(rated(0.073, 0.0) > BEARABLE && rated(0.075, 0.0) < BEARABLE);
        // From mouth to ear: half of it, and 66 ms.
        assert!(rated(0.0, 0.35) > SATISFIED && rated(0.0, 0.36) < SATISFIED);
        assert!(rated(0.0, 0.50) > BEARABLE && rated(0.0, 0.51) < BEARABLE);
    }
}
