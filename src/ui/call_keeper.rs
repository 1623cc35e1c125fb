//! What a call needs of the system around the page: the screen stays on, its keys work, nobody
//! leaves by a slip, no keyboard covers what is written, and the peer learns of an empty battery.
//! There while the call's screen is.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use wimpex_call::{Command as CallCommand, Input};

use super::screens::call::{call_screen, control_bar};
use super::screens::peer_media::{asks_before_leaving, in_use, is_battery_low};
use super::use_session;
use crate::browser::battery_status::Battery;
use crate::browser::media_session::{Action, MediaSession};
use crate::browser::screen_wake_lock::WakeLock;
use crate::browser::visual_viewport::VisualViewport;
use crate::browser::window;

/// Begins all of it; it ends with the owner.
pub(crate) fn keep_call() {
    StoredValue::new_local(WakeLock::request());
    StoredValue::new_local(VisualViewport::watch());
    ask_before_leaving();
    show_to_system();
    watch_battery();
}

/// `beforeunload` alone says nothing of whether the page goes: the user may stay, and a
/// download or a `mailto:` link leaves everything as it is. The call ends with `pagehide`.
fn ask_before_leaving() {
    let view = use_session().view;
    let guard = window::on("beforeunload", move |event| {
        if asks_before_leaving(view.call.with_untracked(|call| call.state)) {
            event.prevent_default();
            // What browsers wanted before `preventDefault` (HTML, section 7.4.2.5).
            let _ = js_sys::Reflect::set(&event, &"returnValue".into(), &JsValue::TRUE);
        }
    });
    StoredValue::new_local(guard);
}

fn show_to_system() {
    let session = use_session();
    let view = session.view;
    let run = move |action| {
        let bar = view.call.with_untracked(control_bar);
        session.dispatch(match action {
            Action::ToggleMicrophone => bar.toggle_microphone(),
            Action::ToggleCamera if bar.has_camera => bar.toggle_camera(),
            Action::ToggleCamera => return,
            Action::HangUp => CallCommand::HangUp,
        });
    };
    let shown = StoredValue::new_local(MediaSession::show(run));
    let title = Memo::new(move |_| {
        view.call
            .with(|call| view.peers.with(|it| call_screen(call, it).name))
    });
    let active = Memo::new(move |_| view.call.with(|call| call.call.as_ref().map(in_use)));
    Effect::new(move || {
        let (title, active) = (title.get(), active.get());
        shown.with_value(|shown| {
            if let Some(shown) = shown {
                shown.set_title(&title);
                let (microphone, camera) = active.unwrap_or_default();
                shown.set_active(microphone, camera);
            }
        });
    });
}

fn watch_battery() {
    let session = use_session();
    let battery = StoredValue::new_local(None::<Battery>);
    let told = StoredValue::new_local(None);
    spawn_local(async move {
        let changed = move |charge: crate::browser::battery_status::Charge| {
            let low = is_battery_low(charge.level, charge.charging);
            // The call may be over, and this with it.
            if told.try_get_value().is_some_and(|told| told != Some(low)) {
                told.set_value(Some(low));
                session.report(Input::BatteryLow(low));
            }
        };
        let watched = Battery::watch(changed).await;
        let _ = battery.try_set_value(watched);
    });
}
