//! What somebody should know of this browser before a call.

/// The page came over plain http.
pub const INSECURE: &str = "No camera or microphone here";
/// No key can be stored.
pub const GUEST: &str = "You are a guest here";
/// See [`GUEST`].
pub const GUEST_TEXT: &str = "This browser, or this private window, doesn’t keep a key for you. You can \
    call and be called, but others see you as not verified, and your link only works while this page is open.";
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

/// See [`INSECURE`].
pub fn insecure_text(origin: &str) -> String {
    format!(
        "This page was loaded over plain http ({origin}), and browsers only allow camera and microphone on \
         pages loaded over https or from this very machine. Ask whoever runs this server to set up https, or \
         open it as http://localhost on the machine it runs on. You can still call and listen."
    )
}
