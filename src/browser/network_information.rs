//! Network Information API (<https://wicg.github.io/netinfo/>): Chromium only, and most of
//! it on phones only.

use wasm_bindgen::JsCast;
use web_sys::EventTarget;

use super::Listener;
use super::reflect::property;
use super::window::window;

/// `NetworkInformation.saveData`: the user has asked for fewer bytes.
pub fn saves_data() -> bool {
    property(&window().navigator(), "connection")
        .and_then(|network| property(&network, "saveData")?.as_bool())
        .unwrap_or(false)
}

/// Calls `run` when the network is of another kind (`NetworkInformation.type`); `None`
/// where the browser does not tell. The same event tells of every new estimate of the
/// bandwidth, which is no news.
pub fn on_type_change(run: impl Fn() + 'static) -> Option<Listener> {
    let network: EventTarget = property(&window().navigator(), "connection")?
        .dyn_into()
        .ok()?;
    let kind = {
        let network = network.clone();
        move || property(&network, "type")?.as_string()
    };
    let mut known = kind();
    Some(Listener::new(&network, "change", move |_| {
        let now = kind();
        if now != known {
            known = now;
            run();
        }
    }))
}
