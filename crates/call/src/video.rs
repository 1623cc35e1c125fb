//! How an audio call becomes a video call, and back.

/// What this side has said to it. Nothing is sent or shown before both want it, so that nobody
/// is made to look at anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Video {
    /// There is video in this audio call, whether or not this side's camera is on.
    agreed: bool,
}

impl Video {
    pub(crate) fn agree(&mut self) {
        self.agreed = true;
    }

    pub(crate) fn is_agreed(self) -> bool {
        self.agreed
    }

    /// Both cameras are off: it is an audio call again.
    pub(crate) fn end(&mut self) {
        self.agreed = false;
    }
}
