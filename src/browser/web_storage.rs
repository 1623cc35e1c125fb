//! Web Storage: `localStorage`, which is the device's, and `sessionStorage`, which is the
//! tab's alone, so that a secret belongs there if anywhere
//! (<https://html.spec.whatwg.org/multipage/webstorage.html>).
//!
//! A browser may refuse it (private windows, blocked cookies); then nothing is
//! remembered, and nothing breaks.

use js_sys::Object;
use web_sys::Storage;

use super::{location, window};

fn local() -> Option<Storage> {
    window::window().local_storage().ok().flatten()
}

fn of_tab() -> Option<Storage> {
    window::window().session_storage().ok().flatten()
}

/// The text under the key in `localStorage`.
pub fn read(key: &str) -> Option<String> {
    local()?.get_item(&location::own(key)).ok().flatten()
}

/// Stores a text under the key in `localStorage`.
pub fn write(key: &str, value: &str) {
    if let Some(storage) = local() {
        // Full or forbidden: the page works without.
        let _ = storage.set_item(&location::own(key), value);
    }
}

/// Removes what is under the key in `localStorage`.
pub fn remove(key: &str) {
    if let Some(storage) = local() {
        // What was never stored needs no removal.
        let _ = storage.remove_item(&location::own(key));
    }
}

/// The text under the key in `sessionStorage`.
pub fn read_in_tab(key: &str) -> Option<String> {
    of_tab()?.get_item(&location::own(key)).ok().flatten()
}

/// Stores a text under the key in `sessionStorage`: for as long as the tab is open,
/// reloads included.
pub fn write_in_tab(key: &str, value: &str) {
    if let Some(storage) = of_tab() {
        // Full or forbidden: the page works without.
        let _ = storage.set_item(&location::own(key), value);
    }
}

/// Removes what is ours from both. Other apps of this origin keep theirs.
pub fn clear() {
    for storage in [local(), of_tab()].into_iter().flatten() {
        let keys = Object::keys(storage.as_ref());
        for key in keys.iter().filter_map(|key| key.as_string()) {
            if location::own_name(&key).is_some() {
                // Fails only where there is none.
                let _ = storage.remove_item(&key);
            }
        }
    }
}
