//! Battery Status API: how full the battery is, where the browser says
//! (<https://www.w3.org/TR/battery-status/>).

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::EventTarget;

use super::Listener;
use super::reflect::{call, property};
use super::window::window;

/// The battery; `changed` is called while this lives.
pub struct Battery {
    _listeners: [Listener; 2],
}

/// How the battery is (`BatteryManager`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Charge {
    /// 0 to 1.
    pub level: f64,
    /// It is being charged, or there is none.
    pub charging: bool,
}

impl Battery {
    /// Tells how it is now, and whenever that changes; `None` where the browser does not say.
    pub async fn watch(changed: impl Fn(Charge) + Clone + 'static) -> Option<Self> {
        let navigator = window().navigator();
        let promise: Promise = call(&navigator, "getBattery", &JsValue::UNDEFINED)?
            .dyn_into()
            .ok()?;
        let manager: EventTarget = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
        if let Some(charge) = charge(&manager) {
            changed(charge);
        }
        let listeners = ["levelchange", "chargingchange"].map(|event| {
            let (manager, changed) = (manager.clone(), changed.clone());
            Listener::new(&manager.clone(), event, move |_| {
                if let Some(charge) = charge(&manager) {
                    changed(charge);
                }
            })
        });
        Some(Self {
            _listeners: listeners,
        })
    }
}

fn charge(manager: &JsValue) -> Option<Charge> {
    Some(Charge {
        level: property(manager, "level")?.as_f64()?,
        charging: property(manager, "charging")?.as_bool()?,
    })
}
