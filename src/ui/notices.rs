//! What somebody should know of this browser and its devices. Most never see any of it, so
//! it is no part of the first load.

use leptos::prelude::*;
use wimpex_call::CallView;

use super::icon::{Icon, icon};
use super::lazy;
use super::lazy_view::lazy_view;
use super::words::{devices, notices as words};
use super::{signal_of, use_session};
use crate::browser::window;

/// In a call: what is wrong with microphone or camera.
#[component]
pub fn DeviceNotices() -> impl IntoView {
    let view = use_session().view;
    let notice = move |text: fn(&CallView) -> Option<&'static str>| {
        signal_of(move || {
            let says = view.call.with(|view| view.call.as_ref().and_then(text));
            says.unwrap_or_default().to_owned()
        })
    };
    view! {
        <p>{notice(devices::microphone)}</p>
        <p>{notice(devices::camera)}</p>
    }
}

/// The place for them.
pub(crate) fn notices() -> impl IntoView {
    let trust = use_session().view.trust;
    let shown = Memo::new(move |_| {
        !window::is_secure()
            || trust.with(|trust| trust.is_guest || trust.is_another || trust.is_clock_off)
    });
    move || shown.get().then(|| lazy_view(lazy::browser_notices()))
}

/// Each of them, where it is so.
#[component]
pub fn BrowserNotices() -> impl IntoView {
    let trust = use_session().view.trust;
    let insecure = words::insecure_text(&window::origin());
    let is_secure = window::is_secure();
    view! {
        {notice(
            signal_of(move || !is_secure),
            Icon::Warning,
            words::INSECURE,
            insecure,
        )}
        // On a page over http there is worse to say, and the reason is the same.
        {notice(
            signal_of(move || is_secure && trust.with(|trust| trust.is_guest)),
            Icon::Unlocked,
            words::GUEST,
            words::GUEST_TEXT.to_owned(),
        )}
        {notice(
            signal_of(move || trust.with(|trust| trust.is_another)),
            Icon::Warning,
            words::NEW_LINK,
            words::NEW_LINK_TEXT.to_owned(),
        )}
        {notice(
            signal_of(move || trust.with(|trust| trust.is_clock_off)),
            Icon::Warning,
            words::WRONG_CLOCK,
            words::WRONG_CLOCK_TEXT.to_owned(),
        )}
    }
}

fn notice(shown: Signal<bool>, sign: Icon, title: &'static str, text: String) -> AnyView {
    view! {
        <div class="notice" role="note" hidden=signal_of(move || !shown.get())>
            {icon(sign)}
            <div>
                <strong>{title}</strong>
                <p>{text}</p>
            </div>
        </div>
    }
    .into_any()
}
