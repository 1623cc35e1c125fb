//! What the whole page knows of messages that have just come, or could not.

use leptos::prelude::*;
use wimpex_protocol::UserId;

/// See the module.
#[derive(Clone, Copy)]
pub(crate) struct NewMessages {
    /// What is to be known of those that did not come.
    pub(crate) notice: RwSignal<Option<&'static str>>,
    /// How often some were fetched.
    pub(crate) fetched: RwSignal<u32>,
    /// Whose has come during a call, for a moment.
    pub(crate) sender: RwSignal<Option<UserId>>,
}

/// For all that is below.
pub(crate) fn provide_new_messages() {
    provide_context(NewMessages::none());
}

/// The page's; of a screen that stands alone, its own.
pub(crate) fn use_new_messages() -> NewMessages {
    use_context().unwrap_or_else(NewMessages::none)
}

impl NewMessages {
    fn none() -> Self {
        Self {
            notice: RwSignal::new(None),
            fetched: RwSignal::new(0),
            sender: RwSignal::new(None),
        }
    }
}
