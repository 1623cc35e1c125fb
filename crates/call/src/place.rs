//! Which of a machine's two calls.

/// The first is the one that the user sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Second,
}

/// Which calls an input is about.
pub(crate) enum Reach {
    One(Option<Place>),
    Both,
}
