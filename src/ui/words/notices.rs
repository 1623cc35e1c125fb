//! What somebody should know of this browser before a call.

/// The page came over plain http.
pub const INSECURE: &str = "No camera or microphone here";
/// No key can be stored.
pub const GUEST: &str = "You are a guest here";
/// See [`GUEST`].
pub const GUEST_TEXT: &str = "This browser, or this private window, keeps no key for you. You can \
    call and be called, but others see you as not verified, and your link is good only while this page is open.";
/// The key of earlier visits is gone.
pub const NEW_LINK: &str = "You have a new link";
/// See [`NEW_LINK`].
pub const NEW_LINK_TEXT: &str = "This browser has lost the key of your earlier visits, and with it \
    your old link: nobody can call you by it any more. Send your new link to those who should.";
/// The clocks of device and server differ.
pub const WRONG_CLOCK: &str = "This device’s clock may be wrong";
/// See [`WRONG_CLOCK`].
pub const WRONG_CLOCK_TEXT: &str = "It differs from the server’s by nearly a minute or more. Others \
    do not take a call that seems to come from another time, so set the clock, or let the device set it by itself.";

/// See [`INSECURE`].
pub fn insecure_text(origin: &str) -> String {
    format!(
        "This page came over plain http ({origin}), and browsers give camera and microphone only to \
         pages that came over https or from this very machine. Ask whoever runs this server to \
         set up https, or open it as http://localhost on the machine where it runs. You can \
         still call and listen."
    )
}
