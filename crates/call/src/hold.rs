//! Whether a call is on hold.

/// Whether a call is on hold (3GPP TS 24.610), and what goes on with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Hold {
    /// Set by this side; the peer's own hold comes with its `media-state`.
    pub(crate) is_on: bool,
    /// The camera was on, and goes on again with the call.
    pub(crate) camera: bool,
}
