//! `MediaDevices`: which devices there are
//! (<https://www.w3.org/TR/mediacapture-streams/#mediadevices>).

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::EventTarget;

use super::reflect::{call, property};
use super::window::window;
use super::{Listener, navigator};

/// One `MediaDeviceInfo`, as the browser gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDevice {
    /// `audioinput`, `videoinput`, `audiooutput`.
    pub kind: String,
    /// `deviceId`
    pub id: String,
    /// `groupId`
    pub group: String,
    /// `label`
    pub label: String,
}

fn media_devices() -> Option<JsValue> {
    property(&window().navigator(), "mediaDevices")
}

fn text(object: &JsValue, name: &str) -> String {
    let text = property(object, name).and_then(|text| text.as_string());
    text.unwrap_or_default()
}

/// `enumerateDevices`; empty where the browser does not say.
pub async fn enumerate() -> Vec<ListedDevice> {
    let listed = media_devices()
        .and_then(|devices| call(&devices, "enumerateDevices", &JsValue::UNDEFINED))
        .and_then(|listed| listed.dyn_into::<Promise>().ok());
    let Some(listed) = listed else {
        return Vec::new();
    };
    let listed = JsFuture::from(listed).await.ok();
    let listed = listed.and_then(|listed| listed.dyn_into::<Array>().ok());
    let listed = listed.unwrap_or_default();
    listed
        .iter()
        .map(|device| ListedDevice {
            kind: text(&device, "kind"),
            id: text(&device, "deviceId"),
            group: text(&device, "groupId"),
            label: text(&device, "label"),
        })
        .collect()
}

/// Whether `devicechange` fires for every device. Not in Chromium for Linux: it waits for udev
/// (media/device_monitors/device_monitor_udev.cc), which knows no devices of a sound server.
pub fn tells_changes() -> bool {
    let agent = navigator::user_agent();
    let has = |word| agent.contains(word);
    !(has("Linux") && has("Chrome/")) || has("Android")
}

/// `devicechange`, while the listener lives.
pub fn on_change(run: impl Fn() + 'static) -> Option<Listener> {
    let devices = media_devices()?.dyn_into::<EventTarget>().ok()?;
    Some(Listener::new(&devices, "devicechange", move |_| run()))
}
