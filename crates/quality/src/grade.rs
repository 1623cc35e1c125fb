//! Good, fair or poor, and why. The table is in `docs/quality.md`.

use crate::emodel::rating;
use crate::quality::{Flow, Quality};

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
    Well,
    /// Packets are lost on the way.
    Loss,
    /// What is said takes long to be heard.
    Delay,
    /// Nothing arrives at all.
    Silence,
    /// Sound arrives and no picture: it is off, or held up.
    NoPicture,
    /// The picture stands still again and again.
    Freezes,
    /// Few pictures a second.
    FewFrames,
    /// The way is too narrow for the picture.
    Narrow,
}

/// A grade and its reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
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
/// What a jitter buffer waits where nobody says: two packets.
const WAIT: f64 = 0.04;

/// How what arrives fares. `seen` says that there has been a picture, `before` how
/// it fared until now.
pub(crate) fn receiving(quality: &Quality, seen: bool, before: Grade) -> Verdict {
    let (sound, picture) = (quality.sound_in.as_ref(), quality.picture_in.as_ref());
    let packets = |flow: Option<&Flow>| flow.and_then(|flow| flow.packets);
    match (packets(sound), packets(picture)) {
        (None, None) => return Verdict::default(),
        (Some(0.0) | None, Some(0.0) | None) => return verdict(Grade::Poor, Reason::Silence),
        _ => {}
    }
    let waited = sound.and_then(|sound| sound.waited).unwrap_or(WAIT);
    let missing = loss_of(sound, picture).map(|lost| quality.missing_in(lost));
    let heard = way(missing, quality.round_trip, waited, before);
    let shown = match picture {
        Some(picture) if seen => shown(picture),
        _ => None,
    };
    worse(heard, shown)
}

fn shown(picture: &Flow) -> Option<Verdict> {
    // Off or held up: nobody can tell from here.
    if picture.packets? == 0.0 {
        return Some(verdict(Grade::Unknown, Reason::NoPicture));
    }
    let frozen = picture.frozen.unwrap_or(0.0);
    let rate = picture.frame_rate?;
    Some(match () {
        () if rate < 1.0 => verdict(Grade::Poor, Reason::Freezes),
        () if frozen > 0.2 => verdict(Grade::Poor, Reason::Freezes),
        () if rate < 5.0 => verdict(Grade::Poor, Reason::FewFrames),
        () if frozen > 0.05 => verdict(Grade::Fair, Reason::Freezes),
        () if rate < 10.0 => verdict(Grade::Fair, Reason::FewFrames),
        () => return None,
    })
}

/// How what leaves fares, after what the peer reports.
pub(crate) fn sending(quality: &Quality, before: Grade) -> Verdict {
    let (sound, picture) = (quality.sound_out.as_ref(), quality.picture_out.as_ref());
    let missing = loss_of(sound, picture).map(|lost| quality.missing_out(lost));
    let heard = way(missing, quality.round_trip, WAIT, before);
    let narrow = picture.and_then(|picture| {
        let held = picture.limitation.as_deref() == Some("bandwidth");
        let rate = picture.frame_rate?;
        // The browser finds the width of the way by and by: that is no fault yet.
        let starved = picture.target.is_some_and(|target| target < 150_000.0);
        Some(match () {
            () if rate == 0.0 => return None,
            () if held && rate < 5.0 => verdict(Grade::Poor, Reason::Narrow),
            () if held && (rate < 10.0 || starved) => verdict(Grade::Fair, Reason::Narrow),
            () if rate < 5.0 => verdict(Grade::Fair, Reason::FewFrames),
            () => return None,
        })
    });
    worse(heard, narrow)
}

/// Sound and picture take the same way: the loss of both, by their packets.
fn loss_of(sound: Option<&Flow>, picture: Option<&Flow>) -> Option<f64> {
    let flows = [sound, picture].into_iter().flatten();
    let known = flows.filter_map(|flow| Some((flow.loss?, flow.packets?)));
    let (lost, all) = known.fold((0.0, 0.0), |(lost, all), (loss, packets)| {
        (lost + loss * packets, all + packets)
    });
    (all > 0.0).then(|| lost / all)
}

/// What the E-model says of a way.
fn way(loss: Option<f64>, round_trip: Option<f64>, waited: f64, before: Grade) -> Verdict {
    let (Some(loss), Some(round_trip)) = (loss, round_trip) else {
        return Verdict::default();
    };
    let delay = round_trip / 2.0 + waited + PACKING;
    let rating_of = rating(loss, delay);
    let margin = |grade: Grade| match (before, grade) {
        (Grade::Fair | Grade::Poor, Grade::Good) | (Grade::Poor, Grade::Fair) => MARGIN,
        _ => 0.0,
    };
    let grade = if rating_of >= SATISFIED + margin(Grade::Good) {
        Grade::Good
    } else if rating_of >= BEARABLE + margin(Grade::Fair) {
        Grade::Fair
    } else {
        Grade::Poor
    };
    let reason = match grade {
        Grade::Good | Grade::Unknown => Reason::Well,
        Grade::Fair | Grade::Poor if rating(loss, 0.0) < rating(0.0, delay) => Reason::Loss,
        Grade::Fair | Grade::Poor => Reason::Delay,
    };
    verdict(grade, reason)
}

/// The one that a person would name first.
fn worse(heard: Verdict, shown: Option<Verdict>) -> Verdict {
    match shown {
        Some(shown) if rank(shown.grade) > rank(heard.grade) => shown,
        _ => heard,
    }
}

/// A picture that may be off says more than sound that is good.
fn rank(grade: Grade) -> u8 {
    match grade {
        Grade::Good => 0,
        Grade::Unknown => 1,
        Grade::Fair => 2,
        Grade::Poor => 3,
    }
}

fn verdict(grade: Grade, reason: Reason) -> Verdict {
    Verdict { grade, reason }
}

/// Keeps a verdict for some readings, so that it does not flicker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steady {
    shown: Verdict,
    next: Verdict,
    held: u32,
}

impl Steady {
    pub(crate) fn grade(&self) -> Grade {
        self.shown.grade
    }

    /// The verdict to show, after one more.
    pub(crate) fn after(&mut self, now: Verdict) -> Verdict {
        if now.grade == self.shown.grade {
            self.shown.reason = now.reason;
            self.held = 0;
            return self.shown;
        }
        self.held = if now.grade == self.next.grade {
            self.held + 1
        } else {
            1
        };
        self.next = now;
        let needed = match (self.shown.grade, now.grade) {
            (Grade::Unknown, _) => 1,
            (_, Grade::Unknown) => 2,
            (from, to) if rank(to) > rank(from) => 3,
            _ => 5,
        };
        if self.held >= needed {
            self.shown = now;
            self.held = 0;
        }
        self.shown
    }
}
