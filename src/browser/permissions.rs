//! Permissions (<https://www.w3.org/TR/permissions/>).

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::reflect::{call, property};
use super::window::window;

/// What Chrome's permission to reach addresses of the local network is called, and was called
/// (WICG local-network-access).
const LOCAL_NETWORK: [&str; 2] = ["local-network", "local-network-access"];

/// Whether the browser asks for a permission to reach the local network, and has not got it.
pub async fn lacks_local_network() -> bool {
    for name in LOCAL_NETWORK {
        if let Some(state) = state(name).await {
            return state != "granted";
        }
    }
    false
}

/// `PermissionStatus.state`: `granted`, `denied` or `prompt`; `None` where the browser does not know the
/// permission.
async fn state(name: &str) -> Option<String> {
    let permissions = property(&window().navigator(), "permissions")?;
    let descriptor = Object::new();
    Reflect::set(&descriptor, &"name".into(), &name.into()).ok()?;
    let status: Promise = call(&permissions, "query", &descriptor)?.dyn_into().ok()?;
    let status = JsFuture::from(status).await.ok()?;
    property(&status, "state")?.as_string()
}
