//! Whether anybody would notice if the page was loaded anew, and loading it.

use wasm_bindgen_futures::spawn_local;
use wimpex_client::LoadAnew;

use super::settings;
use crate::browser::{cache_storage, location, window};

/// What must not be lost even out of sight: a dialog, and what was typed.
const ENTERED: &str =
    "dialog[open],:is(input:not([type=checkbox]),textarea):user-valid:not(:placeholder-shown)";
/// What somebody who looks at the page would miss.
const SEEN: &str =
    "details[open],input:focus,textarea:focus,select:focus,:not([hidden])>video,.findings";

/// Loads the page anew, if it may.
pub(super) fn load_anew(anew: LoadAnew, is_storing: bool) {
    let would_be_noticed =
        || is_storing || window::has(ENTERED) || window::is_visible() && window::has(SEEN);
    if anew.when_quiet && would_be_noticed() {
        return;
    }
    settings::remember_loaded_for(&anew.build);
    let path = anew.callee.map(|it| ["/u/", it.as_str()].concat());
    spawn_local(async move {
        // The service worker would give out the old one, until it has been replaced itself.
        cache_storage::clear().await;
        match path {
            Some(path) => location::replace(&path),
            None => location::reload(),
        }
    });
}
