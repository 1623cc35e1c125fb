//! Web Storage: `localStorage`, which is the device's, and `sessionStorage`, which is the
//! tab's alone, so that a secret belongs there if anywhere
//! (<https://html.spec.whatwg.org/multipage/webstorage.html>).
//!
//! A browser may refuse it (private windows, blocked cookies); then nothing is
//! remembered, and nothing breaks.

use web_sys::Storage;

use super::window;

fn local() -> Option<Storage> {
    window::window().local_storage().ok().flatten()
}

fn of_tab() -> Option<Storage> {
    window::window().session_storage().ok().flatten()
}

/// The text under the key in `localStorage`.
pub fn read(key: &str) -> Option<String> {
    local()?.get_item(key).ok().flatten()
}

/// Stores a text under the key in `localStorage`.
pub fn write(key: &str, value: &str) {
    if let Some(storage) = local() {
        // Full or forbidden: the page works without.
        let _ = storage.set_item(key, value);
    }
}

/// Removes what is under the key in `localStorage`.
pub fn remove(key: &str) {
    if let Some(storage) = local() {
        // What was never stored needs no removal.
        let _ = storage.remove_item(key);
    }
}

/// The text under the key in `sessionStorage`.
pub fn read_in_tab(key: &str) -> Option<String> {
    of_tab()?.get_item(key).ok().flatten()
}

/// Stores a text under the key in `sessionStorage`: for as long as the tab is open,
/// reloads included.
pub fn write_in_tab(key: &str, value: &str) {
    if let Some(storage) = of_tab() {
        // Full or forbidden: the page works without.
        let _ = storage.set_item(key, value);
    }
}

/// Removes everything from both.
pub fn clear() {
    for storage in [local(), of_tab()].into_iter().flatten() {
        // What was never stored needs no removal.
        let _ = storage.clear();
    }
}
