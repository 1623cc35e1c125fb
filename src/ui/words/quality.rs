//! The quality of a call, in words.

use wimpex_quality::emodel::mean_opinion;
use wimpex_quality::{Assessment, Grade, Reason};

use super::decimal;

/// A direction of the call, as seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the peer.
    Receiving,
    /// To the peer.
    Sending,
}

/// The name of a direction.
pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Receiving => "Receiving",
        Direction::Sending => "Sending",
    }
}

/// One word for a grade.
pub fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Unknown => "unknown",
        Grade::Good => "good",
        Grade::Fair => "fair",
        Grade::Poor => "poor",
    }
}

/// The reason for a grade, in a sentence.
pub fn reason(direction: Direction, reason: Reason) -> &'static str {
    use Direction::{Receiving, Sending};
    match (direction, reason) {
        (_, Reason::Measuring) => "Not enough data yet.",
        (Receiving, Reason::Undisturbed) => "You receive them well.",
        (Sending, Reason::Undisturbed) => "They receive you well.",
        (Receiving, Reason::Loss) => "Packets are getting lost on their way to you.",
        (Sending, Reason::Loss) => "Your upload is losing packets.",
        (_, Reason::Delay) => "High delay on the connection.",
        (Receiving, Reason::NoMedia) => "Nothing is arriving.",
        (Sending, Reason::NoMedia) => "You aren’t sending anything.",
        (_, Reason::NoVideo) => {
            "No video is arriving: their camera is off, or the network is holding it up."
        }
        (_, Reason::Freezes) => "The video keeps freezing.",
        (Receiving, Reason::LowFrameRate) => "You’re receiving a low frame rate.",
        (Sending, Reason::LowFrameRate) => "You’re sending a low frame rate.",
        (_, Reason::LowBandwidth) => "Your upload is too slow for your video.",
    }
}

/// Both directions: the indicator's name, for screen readers and as a tooltip.
pub fn both_directions(receiving: Assessment, sending: Assessment) -> String {
    let one = |which, assessed: Assessment| {
        let (grade, why) = (grade(assessed.grade), reason(which, assessed.reason));
        format!("{}: {grade}. {why}", direction(which))
    };
    format!(
        "{} {}",
        one(Direction::Receiving, receiving),
        one(Direction::Sending, sending)
    )
}

/// How the peer should sound, as far as packets tell, for a rating R
/// ([`wimpex_quality::emodel`]).
pub fn sounds(rating: f64) -> String {
    // The words of the opinion scale (ITU-T P.800, annex B), for the categories of speech
    // quality by R (G.109).
    let word = match rating {
        r if r >= 90.0 => "excellent",
        r if r >= 80.0 => "good",
        r if r >= 70.0 => "fair",
        r if r >= 60.0 => "poor",
        _ => "bad",
    };
    let opinion = decimal(mean_opinion(rating), 1);
    format!(
        "They should sound {word} to you: {opinion} out of 4.5 (R {}, estimated with ITU-T G.107).",
        super::whole(rating)
    )
}
