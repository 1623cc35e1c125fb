//! What somebody should know of this browser and its devices. Most never see any of it, so
//! it is no part of the first load.

use leptos::prelude::*;

use super::icon::icon;
use super::screens::icon::Icon;
use super::screens::notices::{BrowserNotice, browser_notices, device_trouble};
use super::styles::attach_styles;
use super::words::notices as words;
use super::{signal_of, use_session};
use crate::browser::{clock, location, window};
use wimpex_client::Command;
use wimpex_sansio::UnixTime;

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
    let session = use_session();
    let trust = session.view.trust;
    let (is_secure, origin) = (window::is_secure_context(), location::origin());
    let notices = move || {
        let notices = trust.with(|trust| browser_notices(trust, is_secure, &origin));
        notices.into_iter().map(notice).collect_view()
    };
    let silenced = session.view.strangers_silenced_until;
    view! {
        {notices}
        {move || silenced.get().map(silence)}
    }
}

/// No stranger rings until then.
fn silence(until: UnixTime) -> AnyView {
    attach_styles();
    let session = use_session();
    let title = words::silenced(&clock::time_of_day(until.as_millis()));
    view! {
        <div class="notice" role="note">
            {icon(Icon::BELL)}
            <div>
                <strong id="silenced">{title}</strong>
                <p>{words::SILENCED_TEXT}</p>
                <button
                    class="secondary"
                    aria-describedby="silenced"
                    on:click=move |_| session.dispatch(Command::HearStrangers)
                >
                    {words::RING_AGAIN}
                </button>
            </div>
        </div>
    }
    .into_any()
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
