//! What is remembered on this device (`localStorage`).
//!
//! A browser may refuse it (private windows, blocked cookies); then nothing is
//! remembered, and nothing breaks.

use web_sys::Storage;

fn storage() -> Option<Storage> {
    super::window::window().local_storage().ok().flatten()
}

/// What was stored under the key.
pub fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Stores a text under the key.
pub fn write(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // Full or forbidden: the page works without.
        let _ = storage.set_item(key, value);
    }
}

/// Forgets everything that was stored.
pub fn clear() {
    if let Some(storage) = storage() {
        // What was never stored needs no forgetting.
        let _ = storage.clear();
    }
}
