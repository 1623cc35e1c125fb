//! The state of the connection to the server, and browsers that cannot make calls.

use crate::session::ServerState;

/// The server is gone during a call.
pub const LOST_IN_CALL: &str = "No connection to the server. Your call goes on without it.";
/// The server is gone.
pub const LOST: &str = "No connection to the server. Trying again…";

/// Heading for a browser without WebRTC.
pub const NO_WEBRTC: &str = "This browser cannot make calls";
/// What would help.
pub const NO_WEBRTC_HINT: &str = "It has no WebRTC, or it is turned off. Calls work in current \
    versions of Chrome, Edge, Firefox and Safari; an extension or a setting may also have disabled it.";

/// Why the server, which is there, is of no use. Empty where it is, or is not there.
pub fn refusal(state: ServerState) -> &'static str {
    match state {
        ServerState::Nameless
        | ServerState::Connecting
        | ServerState::Online
        | ServerState::Lost => "",
        ServerState::Blocked => {
            "The server is there, but something on the way blocks WebSockets: a proxy, a firewall or a browser extension. Calls need them."
        }
        ServerState::Refused => {
            "The server does not let you in at the moment: too many connections come from your network. Trying again later…"
        }
        ServerState::Unbelieved => {
            "The server does not accept this page’s login, so you cannot call or be called. Reload the page; if that does not help, tell whoever runs this server."
        }
        ServerState::Dishonest => {
            "This server takes you for somebody else, so it is not to be trusted. You are not logged in. Tell whoever runs it."
        }
    }
}
