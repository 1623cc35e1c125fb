//! What somebody should know of this browser and its devices. Most never see any of it, so
//! it is no part of the first load.

use leptos::prelude::*;
use wimpex_call::CallView;

use super::icon::{Icon, icon};
use super::later::later;
use super::lazy;
use super::words::devices;
use super::{live, use_session};
use crate::browser::{location, window};

/// In a call: what is wrong with microphone or camera.
#[component]
pub fn DeviceNotices() -> impl IntoView {
    let view = use_session().view;
    let notice = move |words: fn(&CallView) -> Option<&'static str>| {
        live(move || {
            let says = view.call.with(|view| view.call.as_ref().and_then(words));
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
        !window::is_secure_context()
            || trust.with(|trust| trust.is_guest || trust.is_another || trust.is_clock_off)
    });
    move || shown.get().then(|| later(lazy::notices()))
}

/// Each of them, where it is so.
#[component]
pub fn Notices() -> impl IntoView {
    let trust = use_session().view.trust;
    let insecure = format!(
        "This page came over plain http ({}), and browsers give camera and microphone only to \
         pages that came over https or from this very machine. Ask whoever runs this server to \
         set up https, or open it as http://localhost on the machine where it runs. You can \
         still call and listen.",
        location::origin()
    );
    let is_secure = window::is_secure_context();
    view! {
        {notice(
            live(move || !is_secure),
            Icon::Warning,
            "No camera or microphone here",
            insecure,
        )}
        // On a page over http there is worse to say, and the reason is the same.
        {notice(
            live(move || is_secure && trust.with(|trust| trust.is_guest)),
            Icon::Unlocked,
            "You are a guest here",
            "This browser, or this private window, keeps no key for you. You can call and be called, but \
             others see you as not verified, and your link is good only while this page is open."
                .to_owned(),
        )}
        {notice(
            live(move || trust.with(|trust| trust.is_another)),
            Icon::Warning,
            "You have a new link",
            "This browser has lost the key of your earlier visits, and with it your old link: nobody can \
             call you by it any more. Send your new link to those who should."
                .to_owned(),
        )}
        {notice(
            live(move || trust.with(|trust| trust.is_clock_off)),
            Icon::Warning,
            "This device’s clock may be wrong",
            "It differs from the server’s by nearly a minute or more. Others do not take a call that seems \
             to come from another time, so set the clock, or let the device set it by itself."
                .to_owned(),
        )}
    }
}

fn notice(shown: Signal<bool>, sign: Icon, title: &'static str, text: String) -> AnyView {
    view! {
        <div class="notice" role="note" hidden=live(move || !shown.get())>
            {icon(sign)}
            <div>
                <strong>{title}</strong>
                <p>{text}</p>
            </div>
        </div>
    }
    .into_any()
}
