//! What somebody should know of this browser before a call.

use super::place::Place;

/// The page came over plain http.
pub const INSECURE: &str = "No camera or microphone here";
/// `navigator.mediaDevices` is missing, though the page is secure.
pub const NO_DEVICES: &str = "No camera or microphone here";
/// No sound may be made before somebody has touched the page.
pub const SILENT: &str = "Tap or press a key once, so that this page can ring.";
/// No key can be stored.
pub const GUEST: &str = "You are a guest here";
/// See [`GUEST`].
pub const GUEST_TEXT: &str = "This browser, or this private window, doesn’t keep a key for you. You can \
    call and be called, but others see you as not verified, and your link only works while this page is open.";
/// The browser's database takes its time.
pub const SLOW_STORAGE: &str = "Your browser is slow to open its storage…";
/// See [`SLOW_STORAGE`].
pub const SLOW_STORAGE_TEXT: &str = "Your key and your contacts are in there, so this page waits. If it takes \
    long, close other tabs of this page, or restart the browser.";
/// The browser's database fails, and has the key.
pub const BROKEN_STORAGE: &str = "Your key can’t be read right now";
/// No stranger rings.
pub const SILENCED_TEXT: &str = "Calls from people who aren’t your contacts make no sound. You’ll find them \
    among your missed calls.";
/// Ends that.
pub const RING_AGAIN: &str = "Ring again";
/// The key of earlier visits is gone.
pub const NEW_LINK: &str = "You have a new link";
/// See [`NEW_LINK`].
pub const NEW_LINK_TEXT: &str = "This browser lost the key from your earlier visits, and your old link with \
    it: no one can reach you there anymore. Send your new link to the people who should have it.";
/// The clocks of device and server differ.
pub const WRONG_CLOCK: &str = "This device’s clock may be wrong";
/// See [`WRONG_CLOCK`].
pub const WRONG_CLOCK_TEXT: &str = "It’s off from the server’s by about a minute or more. Others reject a \
    call that seems to come from another time, so set the clock, or let the device set it automatically.";

/// See [`NO_DEVICES`].
pub fn missing_devices(place: Place) -> &'static str {
    match place {
        Place::Browser => {
            "This browser gives pages neither, or an extension or a setting has turned them off. You can \
             still call and listen. To be heard and seen, use a current Chrome, Edge, Firefox or Safari."
        }
        Place::App => {
            "You opened this page inside another app, and that gives pages neither. Open it in Safari or \
             Chrome: mostly by the menu with the dots or the share sign, “Open in browser”."
        }
        Place::Frame => {
            "This page is shown inside another one, which doesn’t pass them on. Open it in a tab of its own."
        }
    }
}

/// See [`GUEST`], where the browser's error of this name was the reason.
pub fn guest_text(error: &str) -> String {
    match error {
        "QuotaExceededError" => {
            "This device’s storage is full, so the browser couldn’t keep a key for you. You can call and be \
             called, but others see you as not verified, and your link only works while this page is open. \
             Free some space and reload the page."
                .to_owned()
        }
        _ => GUEST_TEXT.to_owned(),
    }
}

/// See [`BROKEN_STORAGE`]; the browser's error has this name.
pub fn broken_storage_text(error: &str) -> String {
    let cause = match error {
        "QuotaExceededError" => "This device’s storage is full. Free some space;",
        _ => "The browser’s storage doesn’t answer as it should. Restarting the browser may help;",
    };
    format!(
        "{cause} this page keeps trying ({error}). Until then no one can reach you, but nothing is lost: your \
         key, your link and your contacts are still there."
    )
}

/// Until when no stranger rings, in hours and minutes.
pub fn silenced(until: &str) -> String {
    format!("Strangers are silenced until {until}")
}

/// See [`INSECURE`].
pub fn insecure_text(origin: &str) -> String {
    format!(
        "This page was loaded over plain http ({origin}), and browsers only allow camera and microphone on \
         pages loaded over https or from this very machine. Ask whoever runs this server to set up https, or \
         open it as http://localhost on the machine it runs on. You can still call and listen."
    )
}
