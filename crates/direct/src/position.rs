//! Where somebody points.

/// A point of a picture, whatever its size is at either end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    x: u16,
    y: u16,
}

impl Position {
    /// The right and the lower edge. Whole numbers, since nobody points more exactly.
    pub const EDGE: u16 = 10_000;

    /// So many ten-thousandths of the picture's width from its left edge, and of its height from
    /// its upper one; `None` outside of it.
    pub fn new(x: u16, y: u16) -> Option<Self> {
        (x <= Self::EDGE && y <= Self::EDGE).then_some(Self { x, y })
    }

    /// Of the width, 0 to [`Self::EDGE`].
    pub fn x(self) -> u16 {
        self.x
    }

    /// Of the height, likewise.
    pub fn y(self) -> u16 {
        self.y
    }
}

/// Where somebody points, and at which screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pointer {
    /// In the picture of the screen.
    pub at: Position,
    /// The screen is the one that this somebody shows; otherwise they point at the one that they
    /// are shown.
    pub is_own: bool,
}
