//! How a call fares, in words.

use wimpex_quality::emodel::mean_opinion;
use wimpex_quality::{Assessment, Grade, Reason};

use super::decimal;

/// Which way.
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

/// Why, in a sentence.
pub fn reason(direction: Direction, reason: Reason) -> &'static str {
    use Direction::{Receiving, Sending};
    match (direction, reason) {
        (_, Reason::Measuring) => "Nothing can be said yet.",
        (Receiving, Reason::Undisturbed) => "What comes to you arrives well.",
        (Sending, Reason::Undisturbed) => "What you send arrives well.",
        (Receiving, Reason::Loss) => "Packets are lost on the way to you.",
        (Sending, Reason::Loss) => "Your upload is losing packets.",
        (_, Reason::Delay) => "The way is slow: what is said takes long to be heard.",
        (Receiving, Reason::NoMedia) => "Nothing is arriving.",
        (Sending, Reason::NoMedia) => "Nothing leaves.",
        (_, Reason::NoVideo) => "No picture is arriving: their camera is off, or held up.",
        (_, Reason::Freezes) => "The picture stands still now and then.",
        (Receiving, Reason::LowFrameRate) => "Only few pictures a second arrive.",
        (Sending, Reason::LowFrameRate) => "Only few pictures a second leave.",
        (_, Reason::LowBandwidth) => "Your upload is too narrow for the picture.",
    }
}

/// Both directions, for the sign and who hears it read.
pub fn verdicts(receiving: Assessment, sending: Assessment) -> String {
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

/// What one would say of how the peer sounds, as far as packets tell
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
        "They should sound {word} to you: {opinion} of 4.5, R {} (estimated after ITU-T G.107).",
        super::whole(rating)
    )
}
