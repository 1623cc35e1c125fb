//! When the network cannot carry both, audio comes first, if the user agrees.

use leptos::prelude::*;
use wimpex_call::Command as CallCommand;

use crate::ui::screens::pause_offer::pause_helps;
use crate::ui::use_session;
use crate::ui::words::quality_panel as words;

/// Offers to stop sending video while what is sent arrives badly. Never forced, and not
/// offered again once declined.
#[component]
pub fn PauseOffer() -> impl IntoView {
    let session = use_session();
    let declined = RwSignal::new(false);
    let helps = move || {
        let quality = session.view.quality.read();
        let sending = quality.as_ref().map(|shown| shown.reading.sending);
        session.view.call.with(|call| pause_helps(call, sending))
    };
    let offered = Memo::new(move |_| helps() && !declined.get());
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
