//! When the network cannot carry both, audio comes first, if the user agrees.

use leptos::prelude::*;
use wimpex_call::Capture;
use wimpex_call::Command as CallCommand;
use wimpex_quality::{Grade, Reason};

use crate::ui::words::quality_panel as words;
use crate::ui::{signal_of, use_session};

/// Offers to stop sending video while what is sent arrives badly. Never forced, and not
/// offered again once declined.
#[component]
pub fn PauseOffer() -> impl IntoView {
    let session = use_session();
    let declined = RwSignal::new(false);
    let sends = signal_of(move || {
        let camera = |view: &wimpex_call::CallSnapshot| view.call.as_ref().map(|call| call.camera);
        session.view.call.with(camera) == Some(Capture::On)
    });
    let badly = signal_of(move || {
        session.view.quality.with(|shown| {
            shown.as_ref().is_some_and(|shown| {
                let sending = shown.reading.sending;
                // Sending less lets more of it arrive, but does not shorten a delay.
                match sending.reason {
                    Reason::Loss => sending.grade == Grade::Poor,
                    Reason::LowBandwidth => true,
                    Reason::Measuring
                    | Reason::Undisturbed
                    | Reason::Delay
                    | Reason::NoMedia
                    | Reason::NoVideo
                    | Reason::Freezes
                    | Reason::LowFrameRate => false,
                }
            })
        })
    });
    let offered = Memo::new(move |_| sends.get() && badly.get() && !declined.get());
    let pause = move |_| session.dispatch(CallCommand::SetCamera(false));
    move || {
        offered.get().then(|| {
            view! {
                <p>
                    {words::PAUSE_OFFER} " "
                    <button class="secondary" on:click=pause>{words::PAUSE}</button>
                    <button class="quiet" on:click=move |_| declined.set(true)>{words::NOT_NOW}</button>
                </p>
            }
            .into_any()
        })
    }
}
