//! How components come by the session and by what changes.

use leptos::prelude::*;

use crate::session::Session;

/// A value that changes, as one type whatever computes it: each type that a view
/// is made of costs the page a few kilobytes of code.
pub(crate) fn signal_of<T: Send + Sync + 'static>(
    compute: impl Fn() -> T + Send + Sync + 'static,
) -> Signal<T> {
    Signal::derive(compute)
}

/// The session that the page was started with.
pub(crate) fn use_session() -> Session {
    expect_context::<Session>()
}
