//! Ringing where no page is open.

/// Heading.
pub const TITLE: &str = "When this page is closed";
/// Names the choice.
pub const RING_LABEL: &str = "Ring me when this page is closed";
/// What the choice does.
pub const RING_HINT: &str = "Your browser shows a notice when someone calls, and you answer from there. \
    Its maker’s push service carries the notice; it can’t read who is calling.";
/// Names the choice of letting strangers ring too.
pub const STRANGERS_LABEL: &str = "Also when the caller isn’t a contact";
/// What that means.
pub const STRANGERS_HINT: &str = "Anyone with your link can make this device ring.";
/// While something is being done about it.
pub const ONE_MOMENT: &str = "One moment…";
/// It is on.
pub const ON: &str = "This device rings, even when the page is closed.";
/// It is off.
pub const OFF: &str = "Calls reach you only while this page is open.";
/// The user has blocked notifications.
pub const BLOCKED: &str = "This browser doesn’t let Wimpex show notices. Allow notifications for this site in \
    the browser’s settings, then try again.";
/// On iPhones and iPads.
pub const HOME_SCREEN: &str = "On an iPhone or iPad, add Wimpex to your Home Screen first: tap Share, then \
    “Add to Home Screen”. Open it from there, and you’ll find this choice again.";
/// A guest has no key.
pub const GUEST: &str = "This works once this browser can keep your key.";

/// Something else is in the way; the browser's name for it.
pub fn failed(error: &str) -> String {
    match error {
        "NetworkError" => "The server couldn’t be told just now. Try again in a moment.".to_owned(),
        "AbortError" => {
            "The browser’s push service can’t be reached just now. Try again in a moment."
                .to_owned()
        }
        other => format!("This browser couldn’t do it ({other})."),
    }
}
