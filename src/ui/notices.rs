//! Where notices about this browser appear; they are loaded later.

use leptos::prelude::*;

use super::lazy;
use super::lazy_view::lazy_view;
use super::screens::notices::has_notices;
use super::use_session;
use crate::browser::{media_capture, user_activation, window};
use crate::session::settings;

/// Empty where there is nothing to know.
pub(crate) fn notices() -> impl IntoView {
    let view = use_session().view;
    let has_devices = window::is_secure_context() && media_capture::is_supported();
    // Then it may not sound; or there is a call to return to.
    let is_untouched = !user_activation::has_been_active() || settings::may_return();
    let is_shown = Memo::new(move |_| {
        view.strangers_silenced_until.with(Option::is_some)
            || view.do_not_disturb_until.with(Option::is_some)
            || view.trust.with(|trust| has_notices(trust, has_devices))
            || is_untouched
    });
    move || is_shown.get().then(|| lazy_view(lazy::browser_notices()))
}
