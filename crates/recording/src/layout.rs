//! Where the pictures of a call lie in that of its recording, and whose is shown.

use std::time::Duration;

use wimpex_sansio::Now;

/// Which pictures are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Both people, side by side; beside a screen, one above the other.
    #[default]
    Both,
    /// Whoever speaks; a screen is shown as well.
    Speaker,
}

/// One of the two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who records.
    Own,
    /// The other.
    Peer,
}

/// A rectangle in the picture, in points from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// From the left.
    pub x: f64,
    /// From above.
    pub y: f64,
    /// To the right of that.
    pub width: f64,
    /// Below that.
    pub height: f64,
}

/// Where each has its place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Places {
    /// Of who records.
    pub own: Option<Place>,
    /// Of the other.
    pub peer: Option<Place>,
    /// Of the screen that one of them shows.
    pub screen: Option<Place>,
}

/// Beside a screen, people have that part of the width.
const BESIDE_SCREEN: f64 = 0.25;

impl Layout {
    /// In a picture of this size.
    pub fn places(self, speaker: Side, has_screen: bool, width: f64, height: f64) -> Places {
        let part = |x, y, width, height| Place {
            x,
            y,
            width,
            height,
        };
        let beside = width * BESIDE_SCREEN;
        let screen = has_screen.then(|| part(0.0, 0.0, width - beside, height));
        let (left, room) = if has_screen {
            (width - beside, beside)
        } else {
            (0.0, width)
        };
        let (own, peer) = match self {
            Self::Both if has_screen => (
                Some(part(left, height / 2.0, room, height / 2.0)),
                Some(part(left, 0.0, room, height / 2.0)),
            ),
            Self::Both => (
                Some(part(room / 2.0, 0.0, room / 2.0, height)),
                Some(part(0.0, 0.0, room / 2.0, height)),
            ),
            Self::Speaker => {
                let whole = part(left, 0.0, room, height);
                match speaker {
                    Side::Own => (Some(whole), None),
                    Side::Peer => (None, Some(whole)),
                }
            }
        };
        Places { own, peer, screen }
    }
}

impl Place {
    /// Where a picture of this size lies in it as a whole, as large as it can be.
    #[must_use]
    pub fn contain(self, width: f64, height: f64) -> Self {
        if width <= 0.0 || height <= 0.0 {
            return self;
        }
        let scale = (self.width / width).min(self.height / height);
        let (width, height) = (width * scale, height * scale);
        Self {
            x: self.x + (self.width - width) / 2.0,
            y: self.y + (self.height - height) / 2.0,
            width,
            height,
        }
    }
}

/// Who speaks, of the two.
#[derive(Clone, Copy, Debug)]
pub struct Speaker {
    side: Side,
    /// Since when the other has been louder.
    other_since: Option<Now>,
}

/// The root mean square of a sound, 0 to 1, from which on somebody may be speaking: 40 dB below
/// full.
const AUDIBLE: f64 = 0.01;
/// Whoever takes over is so much louder,
const LOUDER: f64 = 1.5;
/// and for so long: a word of assent takes nobody's place.
const TAKES_OVER_AFTER: Duration = Duration::from_millis(600);

impl Default for Speaker {
    fn default() -> Self {
        Self {
            side: Side::Peer,
            other_since: None,
        }
    }
}

impl Speaker {
    /// How loud both are now, as root mean squares; gives who speaks.
    pub fn hear(&mut self, own: f64, peer: f64, now: Now) -> Side {
        let (this, other, other_side) = match self.side {
            Side::Own => (own, peer, Side::Peer),
            Side::Peer => (peer, own, Side::Own),
        };
        if other < AUDIBLE || other < this * LOUDER {
            self.other_since = None;
        } else if now.since(*self.other_since.get_or_insert(now)) >= TAKES_OVER_AFTER {
            self.side = other_side;
            self.other_since = None;
        }
        self.side
    }
}
