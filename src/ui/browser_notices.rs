//! What somebody should know of this browser and its devices. Most never see any of it, so
//! it is no part of the first load.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::contacts::{on_until, set_do_not_disturb};
use super::icon::icon;
use super::page_return::LeftCallCard;
use super::screens::icon::Icon;
use super::screens::notices::{BrowserNotice, Devices, browser_notices, device_trouble};
use super::styles::attach_styles;
use super::words::do_not_disturb as quiet_words;
use super::words::notices as words;
use super::words::place::{Place, place};
use super::{signal_of, use_session};
use crate::browser::{
    clock, location, media_capture, navigator, user_activation, web_audio, window,
};
use crate::session::quiet::{Quiet, tell_service_worker};
use wimpex_client::Command;
use wimpex_sansio::UnixTime;

/// In a call: what is wrong with microphone or camera.
#[component]
pub fn DeviceNotices() -> impl IntoView {
    let view = use_session().view;
    let place = here();
    let trouble = move || {
        view.call
            .with(|view| device_trouble(view.call.as_ref(), place))
    };
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
    let devices = Devices::of(window::is_secure_context(), media_capture::is_supported());
    let (place, origin) = (here(), location::origin());
    let notices = move || {
        let notices = trust.with(|trust| browser_notices(trust, devices, place, &origin));
        notices.into_iter().map(notice).collect_view()
    };
    let silenced = session.view.strangers_silenced_until;
    // Which closed pages keep to as well. When it is over by itself they know.
    Effect::new(move |_| {
        if let Some(until) = silenced.get() {
            spawn_local(tell_service_worker(Quiet::Strangers, Some(until)));
        }
    });
    let quiet = session.view.do_not_disturb_until;
    view! {
        <LeftCallCard />
        {move || quiet.get().map(do_not_disturb)}
        {notices}
        {move || silenced.get().map(silence)}
        <SilentPage />
    }
}

/// Where the page is open. A frame that has all is no matter.
pub(super) fn here() -> Place {
    let is_framed = window::is_framed() && !media_capture::is_passed_on();
    place(&navigator::user_agent(), is_framed)
}

/// Says that the page cannot ring yet, until it is touched. It lies over the page, which must not
/// move under the finger that touches it.
#[component]
fn SilentPage() -> impl IntoView {
    let silent = RwSignal::new(false);
    if !user_activation::has_been_active() {
        attach_styles();
        spawn_local(async move {
            let may_sound = web_audio::may_sound().await;
            let _ = silent.try_set(!may_sound && !user_activation::has_been_active());
        });
        let touched = user_activation::on_gesture(move || silent.set(false));
        StoredValue::new_local(touched);
    }
    view! {
        <p class="silent" role="status" hidden=signal_of(move || !silent.get())>
            {move || silent.get().then_some(words::SILENT)}
        </p>
    }
}

/// No stranger rings until then.
fn silence(until: UnixTime) -> AnyView {
    attach_styles();
    let session = use_session();
    let hear = move |_| {
        session.dispatch(Command::HearStrangers);
        spawn_local(tell_service_worker(Quiet::Strangers, None));
    };
    let title = words::silenced(&clock::time_of_day(until.as_millis()));
    view! {
        <div class="notice" role="note">
            {icon(Icon::BELL)}
            <div>
                <strong id="silenced">{title}</strong>
                <p>{words::SILENCED_TEXT}</p>
                <button class="secondary" aria-describedby="silenced" on:click=hear>
                    {words::RING_AGAIN}
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// Nobody rings until then, or few do.
fn do_not_disturb(until: UnixTime) -> AnyView {
    attach_styles();
    let session = use_session();
    view! {
        <div class="notice" role="note">
            {icon(Icon::BELL)}
            <div>
                <strong id="quiet">{on_until(until)}</strong>
                <p>{quiet_words::ON_TEXT}</p>
                <button
                    class="secondary"
                    aria-describedby="quiet"
                    on:click=move |_| set_do_not_disturb(session, None)
                >
                    {quiet_words::TURN_OFF}
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
