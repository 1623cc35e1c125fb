//! Good, fair or poor, and why: the table in `docs/quality.md`.

use crate::emodel::rating;
use crate::interval::IntervalStats;
use crate::window::Window;

/// How well one direction of a call works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grade {
    /// There is not enough to judge by.
    #[default]
    Unknown,
    /// Nobody notices anything.
    Good,
    /// Noticeable to somebody who pays attention.
    Fair,
    /// Everybody notices.
    Poor,
}

impl Grade {
    /// Stable, for diagnostics and style sheets.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
        }
    }
}

/// The main cause of a grade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    /// There are no two samples to compare yet, or the browser does not report enough.
    #[default]
    Measuring,
    /// Nothing is wrong.
    Undisturbed,
    /// Packets are lost.
    Loss,
    /// The mouth-to-ear delay is long.
    Delay,
    /// No packets arrive at all.
    NoMedia,
    /// Audio arrives and video does not: the camera is off, or the network holds it up.
    NoVideo,
    /// The video freezes again and again.
    Freezes,
    /// Few frames per second.
    LowFrameRate,
    /// The available bandwidth limits the video.
    LowBandwidth,
}

impl Reason {
    /// Stable, for diagnostics.
    pub fn code(self) -> &'static str {
        match self {
            Self::Measuring => "measuring",
            Self::Undisturbed => "undisturbed",
            Self::Loss => "loss",
            Self::Delay => "delay",
            Self::NoMedia => "no-media",
            Self::NoVideo => "no-video",
            Self::Freezes => "freezes",
            Self::LowFrameRate => "low-frame-rate",
            Self::LowBandwidth => "low-bandwidth",
        }
    }
}

/// A grade and its reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assessment {
    /// How well it works.
    pub grade: Grade,
    /// The main cause of that.
    pub reason: Reason,
}

impl Assessment {
    fn new(grade: Grade, reason: Reason) -> Self {
        Self { grade, reason }
    }
}

/// R from which users are satisfied (ITU-T G.107, annex B).
const SATISFIED: f64 = 80.0;
/// R from which only some are dissatisfied.
const SOME_DISSATISFIED: f64 = 70.0;
/// Points of R above such a threshold that it takes to get back over it.
const MARGIN: f64 = 3.0;
/// Seconds of audio in a packet, and of Opus' look-ahead (RFC 6716).
const PACKETISATION: f64 = 0.0265;
/// The jitter buffer's delay where nobody reports it, in seconds: two packets.
const JITTER_BUFFER_DELAY: f64 = 0.04;
/// Video with fewer frames per second is fair.
const FAIR_FRAME_RATE: f64 = 10.0;
/// Video with fewer frames per second is poor.
const POOR_FRAME_RATE: f64 = 5.0;
/// Below this target the encoder starves, in bits per second.
const STARVED_BITRATE: f64 = 150_000.0;

/// Assesses what arrives, and rates the speech in it (R). `recent` is over the window's
/// assessed intervals, `had_video` says that there has been video, and `before` is the grade
/// until now.
pub(crate) fn receiving(
    window: &Window,
    recent: &IntervalStats,
    had_video: bool,
    before: Grade,
) -> (Assessment, Option<f64>) {
    match window.packets_stopped() {
        [None, None] => return (Assessment::default(), None),
        [None | Some(true), None | Some(true)] => {
            return (Assessment::new(Grade::Poor, Reason::NoMedia), None);
        }
        [Some(false), _] | [_, Some(false)] => {}
    }
    let audio = recent.inbound_audio.as_ref();
    let buffered = audio.and_then(|audio| audio.jitter_buffer_delay);
    let loss = window.inbound_loss().map(|loss| {
        // With RED a lost packet counts only if it had to be concealed all the same.
        let concealed = audio.and_then(|audio| audio.concealed);
        concealed
            .filter(|_| recent.red)
            .map_or(loss, |concealed| loss.min(concealed))
    });
    let speech = Speech::new(
        loss,
        recent.round_trip_time,
        buffered.unwrap_or(JITTER_BUFFER_DELAY),
    );
    let assessed = speech.map_or_else(Assessment::default, |speech| speech.assess(before));
    let video = had_video.then(|| inbound_video(window)).flatten();
    (worse(assessed, video), speech.map(|speech| speech.rating))
}

/// What there is to say about the video that arrives, if anything is wrong with it.
fn inbound_video(window: &Window) -> Option<Assessment> {
    // Off or held up: nobody can tell from here.
    if window.video_stopped() {
        return Some(Assessment::new(Grade::Unknown, Reason::NoVideo));
    }
    let (rate, frozen) = window.decoded()?;
    let (grade, reason) = match () {
        () if rate < 1.0 || frozen > 0.2 => (Grade::Poor, Reason::Freezes),
        () if rate < POOR_FRAME_RATE => (Grade::Poor, Reason::LowFrameRate),
        () if frozen > 0.05 => (Grade::Fair, Reason::Freezes),
        () if rate < FAIR_FRAME_RATE => (Grade::Fair, Reason::LowFrameRate),
        () => return None,
    };
    Some(Assessment::new(grade, reason))
}

/// Assesses what is sent, by what the peer reports; the arguments are those of
/// [`receiving`].
pub(crate) fn sending(window: &Window, recent: &IntervalStats, before: Grade) -> Assessment {
    // How much of it the peer had to conceal nobody reports: with RED half of what is lost
    // is taken to be, since losses come in bursts.
    let loss = window.outbound_loss();
    let loss = loss.map(|loss| if recent.red { loss / 2.0 } else { loss });
    let speech = Speech::new(loss, recent.round_trip_time, JITTER_BUFFER_DELAY);
    let assessed = speech.map_or_else(Assessment::default, |speech| speech.assess(before));
    worse(assessed, outbound_video(window, recent))
}

/// What there is to say about the video that is sent, if anything is wrong with it.
fn outbound_video(window: &Window, recent: &IntervalStats) -> Option<Assessment> {
    let video = recent.outbound_video.as_ref();
    let video = video.filter(|_| !recent.camera_off)?;
    let rate = window.encoded()?;
    let limited = video.quality_limitation_reason.as_deref() == Some("bandwidth");
    // The browser finds the bandwidth step by step, and being limited meanwhile is no fault
    // yet.
    let starved = video
        .target_bitrate
        .is_some_and(|target| target < STARVED_BITRATE);
    let (grade, reason) = match () {
        () if limited && rate < POOR_FRAME_RATE => (Grade::Poor, Reason::LowBandwidth),
        // A camera that delivers nothing is not the network's fault.
        () if rate == 0.0 => return None,
        () if limited && (rate < FAIR_FRAME_RATE || starved) => (Grade::Fair, Reason::LowBandwidth),
        () if rate < POOR_FRAME_RATE => (Grade::Fair, Reason::LowFrameRate),
        () => return None,
    };
    Some(Assessment::new(grade, reason))
}

/// What the E-model says about speech over a route.
#[derive(Clone, Copy)]
struct Speech {
    loss: f64,
    /// From mouth to ear, in seconds.
    delay: f64,
    rating: f64,
}

impl Speech {
    fn new(loss: Option<f64>, round_trip_time: Option<f64>, buffered: f64) -> Option<Self> {
        let (loss, delay) = (loss?, round_trip_time? / 2.0 + buffered + PACKETISATION);
        let rating = rating(loss, delay);
        Some(Self {
            loss,
            delay,
            rating,
        })
    }

    fn assess(self, before: Grade) -> Assessment {
        let margin = |grade: Grade| match (before, grade) {
            (Grade::Fair | Grade::Poor, Grade::Good) | (Grade::Poor, Grade::Fair) => MARGIN,
            _ => 0.0,
        };
        let grade = if self.rating >= SATISFIED + margin(Grade::Good) {
            Grade::Good
        } else if self.rating >= SOME_DISSATISFIED + margin(Grade::Fair) {
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
        Assessment::new(grade, reason)
    }
}

/// The one that a person would mention first.
fn worse(speech: Assessment, video: Option<Assessment>) -> Assessment {
    match video {
        Some(video) if severity(video.grade) > severity(speech.grade) => video,
        _ => speech,
    }
}

/// Video that may be off says more than audio that is good.
pub(crate) fn severity(grade: Grade) -> u8 {
    match grade {
        Grade::Good => 0,
        Grade::Unknown => 1,
        Grade::Fair => 2,
        Grade::Poor => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_to_a_better_grade_takes_three_points_more_than_the_line() {
        let rated = |rating: f64| Speech {
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
            let assessed = rated(rating).assess(before);
            assert_eq!(assessed.grade, grade, "{rating} after {before:?}");
        }
    }

    /// As `docs/quality.md` says: with what packetisation and the jitter buffer always add.
    #[test]
    fn the_lines_are_crossed_where_the_docs_say() {
        let rated = |loss, round_trip| {
            Speech::new(Some(loss), Some(round_trip), JITTER_BUFFER_DELAY)
                .unwrap()
                .rating
        };
        assert!(rated(0.0345, 0.0) > SATISFIED && rated(0.0355, 0.0) < SATISFIED);
        assert!(rated(0.073, 0.0) > SOME_DISSATISFIED && rated(0.075, 0.0) < SOME_DISSATISFIED);
        // From mouth to ear: half of it, and 66 ms.
        assert!(rated(0.0, 0.35) > SATISFIED && rated(0.0, 0.36) < SATISFIED);
        assert!(rated(0.0, 0.50) > SOME_DISSATISFIED && rated(0.0, 0.51) < SOME_DISSATISFIED);
    }
}
