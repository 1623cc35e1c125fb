//! The state of the connection to the server, and browsers that cannot make calls.

use wimpex_client::ServerState;

use super::place::Place;

/// The server is gone during a call.
pub const LOST_IN_CALL: &str = "No connection to the server. Your call continues without it.";
/// The server is gone.
pub const LOST: &str = "No connection to the server. Trying again…";

/// Heading for a browser without WebRTC.
pub const NO_WEBRTC: &str = "This browser cannot make calls";

/// What would help.
pub fn no_webrtc_hint(place: Place) -> &'static str {
    match place {
        Place::Browser => {
            "WebRTC is missing or turned off. Calls work in current versions of Chrome, Edge, Firefox and \
             Safari; an extension or a setting may have disabled it."
        }
        Place::App => {
            "You opened this page inside another app, and that leaves WebRTC out. Open it in Safari or \
             Chrome: mostly by the menu with the dots or the share sign, “Open in browser”."
        }
        Place::Frame => {
            "This page is shown inside another one, and WebRTC is turned off there. Open it in a tab of its own."
        }
    }
}

/// Why the server, which is there, is of no use. Empty where it is, or is not there.
pub fn refusal(state: ServerState) -> &'static str {
    match state {
        ServerState::NoName | ServerState::Connecting | ServerState::Online | ServerState::Lost => {
            ""
        }
        ServerState::Blocked => {
            "The server is there, but this page can’t open a WebSocket to it, and calls need one. A proxy, a firewall or a browser extension may block it."
        }
        ServerState::Misdirected => {
            "This server does not know itself by this name, so calls don’t work here. Look at the address of this page: is it the one you were given? If so, tell whoever runs the server."
        }
        ServerState::TooManyConnections => {
            "The server isn’t letting you in right now: there are too many connections from your network. Trying again later…"
        }
        ServerState::LoginRejected => {
            "The server doesn’t accept this page’s login, so you can’t call or be called. Reload the page; if that doesn’t help, choose another name, or tell whoever runs this server."
        }
        ServerState::IdentityMismatch => {
            "This server took you for someone else, so it can’t be trusted. You’re not logged in. Tell whoever runs it."
        }
        ServerState::NotInvited => {
            "This server is for invited people. Ask whoever runs it for an invitation, and open its link in this browser."
        }
        ServerState::InvitationOver => {
            "This invitation doesn’t count any more: it’s too old, was used up, or was taken back. Ask for a new one."
        }
        ServerState::NoGuests => {
            "This server is only for browsers that can keep a key, and this one can’t: perhaps it’s too old, or this is a private window. Try another browser."
        }
        ServerState::ShutOut => {
            "You can’t use this server any more. If you think that’s a mistake, ask whoever runs it."
        }
    }
}
