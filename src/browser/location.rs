//! `Location` and `History`: the page's address.

use wasm_bindgen::JsValue;

use super::window::{attribute, window};

/// `https://HOST[:PORT]` of the page.
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The path that the page is hosted below, such as `/wimpex`; empty at the root of its origin. The
/// server says so in `index.html` (crates/server/src/host_page.rs).
fn base_path() -> String {
    attribute("data-base").unwrap_or_default()
}

/// The path on this origin of one of the server's paths, such as `/healthz`.
pub fn below_base(path: &str) -> String {
    base_path() + path
}

/// Where the page's links begin: its origin, and the path that it is hosted below.
pub fn home() -> String {
    origin() + &base_path()
}

/// What is named `name` in a storage that all pages of an origin share, so that apps at other paths,
/// this one among them, have theirs.
pub fn own(name: &str) -> String {
    name.to_owned() + &base_path()
}

/// The name that [`own`] has made this one of; `None` if it is somebody else's.
pub fn own_name(shared: &str) -> Option<&str> {
    let name = shared.strip_suffix(&*base_path())?;
    (name.starts_with("wimpex") && !name.contains('/')).then_some(name)
}

/// The path of the page's address below the one that it is hosted at, percent-encoded as it stands
/// there.
pub fn path() -> String {
    let path = window().location().pathname().unwrap_or_default();
    let below = path.strip_prefix(&*base_path()).map(str::to_owned);
    below.unwrap_or(path)
}

/// The query of the page's address, with its `?`; empty if there is none.
pub fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// The fragment of the page's address, with its `#`; empty if there is none.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// Shows another path of the page in the address bar without loading anything (`history.pushState`).
pub fn push_path(path: &str) {
    if let Ok(history) = window().history() {
        // A browser that refuses keeps the old address; nothing depends on it.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&below_base(path)));
    }
}

/// Loads the page anew (`location.reload`).
pub fn reload() {
    // Fails only in a frame that may not.
    let _ = window().location().reload();
}

/// Loads the page of that path in place of this one (`location.replace`).
pub fn replace(path: &str) {
    // Fails only for what is no URL.
    let _ = window().location().replace(&below_base(path));
}
