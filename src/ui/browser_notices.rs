//! What somebody should know of this browser and its devices. Most never see any of it, so
//! it is no part of the first load.

use leptos::prelude::*;

use super::icon::icon;
use super::screens::notices::{BrowserNotice, browser_notices, device_trouble};
use super::{signal_of, use_session};
use crate::browser::{location, window};

/// In a call: what is wrong with microphone or camera.
#[component]
pub fn DeviceNotices() -> impl IntoView {
    let view = use_session().view;
    let trouble = move || view.call.with(|view| device_trouble(view.call.as_ref()));
    view! {
        <p>{signal_of(move || trouble().microphone.to_owned())}</p>
        <p>{signal_of(move || trouble().camera.to_owned())}</p>
    }
}

/// Each of them, where it is so.
#[component]
pub fn BrowserNotices() -> impl IntoView {
    let trust = use_session().view.trust;
    let (is_secure, origin) = (window::is_secure_context(), location::origin());
    move || {
        let notices = trust.with(|trust| browser_notices(trust, is_secure, &origin));
        notices.into_iter().map(notice).collect_view()
    }
}

fn notice(
    BrowserNotice {
        icon: sign,
        title,
        text,
    }: BrowserNotice,
) -> AnyView {
    view! {
        <div class="notice" role="note">
            {icon(sign)}
            <div>
                <strong>{title}</strong>
                <p>{text}</p>
            </div>
        </div>
    }
    .into_any()
}
