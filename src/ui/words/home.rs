//! The first screen of somebody who has a name.

use wimpex_client::address::InvalidAddress;

/// Names the button that shows the own name.
pub const CHANGE_NAME_LABEL: &str = "Change name";

/// Names the field with the own link.
pub const LINK_LABEL: &str = "Your link";
/// What the link is for.
pub const LINK_HINT: &str = "Anyone with this link can call you while this page is open.";
/// The link was copied.
pub const LINK_COPIED: &str = "Copied. Send it to anyone you’d like a call from.";
/// The browser refused.
pub const LINK_NOT_COPIED: &str =
    "Your browser doesn’t allow copying here. Select the link and copy it yourself.";
/// Copies the link.
pub const COPY_LINK: &str = "Copy link";
/// Opens the system's sheet for sharing.
pub const SHARE: &str = "Share…";
/// The title of what is shared.
pub const SHARE_TITLE: &str = "Call me";
/// Shows the link as a QR code.
pub const QR_CODE: &str = "QR code";
/// Names the QR code.
pub const QR_CODE_LABEL: &str = "Your link as a QR code";

/// Names the field for whom to call.
pub const PEER_LABEL: &str = "Call link or ID";
/// The form of a link.
pub const PEER_PLACEHOLDER: &str = "https://…/u/w1…";
/// A call without a server.
pub const OFFLINE: &str = "There’s no connection to the server right now.";

/// Opens contacts, past calls and the device's choices.
pub const OPEN_CONTACTS: &str = "Contacts and this device";

/// Names the choice to use relays only.
pub const HIDE_ADDRESS_LABEL: &str = "Hide my network address";
/// The choice is off.
pub const ADDRESS_SHOWN: &str =
    "If this is off, whoever you’re in a call with can see your network address.";
/// The choice is on.
pub const ADDRESS_HIDDEN: &str =
    "Calls go through the server’s relay. They’re still encrypted, but take a longer route.";
/// The choice is on, where no relay is.
pub const ADDRESS_HIDDEN_WITHOUT_RELAY: &str =
    "This server offers no relay, so no call can connect while this is on.";

/// Asks for the permission to notify.
pub const NOTIFY: &str = "Notify me of calls in the background";

/// What is wrong with a link.
pub fn address_error(error: InvalidAddress) -> &'static str {
    match error {
        InvalidAddress::Empty => "Please enter the link or ID of the person you want to call.",
        InvalidAddress::NotALink => "That’s not a call link or ID. It should look like …/u/w1abc…",
        InvalidAddress::OtherServer => {
            "That link belongs to another server. Open it in a new tab to call from there."
        }
        InvalidAddress::Oneself => {
            "That’s your own link. Send it to someone else so they can call you."
        }
    }
}
