//! The banner over every screen: the connection to the server, when it is not well.

use wimpex_call::State;

use crate::ui::words::banner;
use wimpex_client::ServerState;

/// The banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerBanner {
    /// The server cannot be reached.
    pub lost: &'static str,
    /// The server answers and is of no use: it can be asked for the words for that.
    pub refuses: bool,
    /// There is something to say.
    pub is_shown: bool,
}

/// From how the page stands with the server, and the state of the call.
pub fn server_banner(server: ServerState, state: State) -> ServerBanner {
    let in_call = match state {
        State::Connecting | State::Connected | State::Reconnecting => true,
        State::Idle | State::Calling | State::Ringing | State::Ended => false,
    };
    let (lost, refuses) = match server {
        ServerState::Lost if in_call => (banner::LOST_IN_CALL, false),
        ServerState::Lost => (banner::LOST, false),
        ServerState::NoName | ServerState::Connecting | ServerState::Online => ("", false),
        ServerState::Blocked
        | ServerState::Misdirected
        | ServerState::TooManyConnections
        | ServerState::LoginRejected
        | ServerState::IdentityMismatch
        | ServerState::NotInvited
        | ServerState::InvitationOver
        | ServerState::NoGuests
        | ServerState::ShutOut => ("", true),
    };
    ServerBanner {
        lost,
        refuses,
        is_shown: refuses || !lost.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_is_there_only_when_something_is_wrong() {
        for (server, is_shown, refuses) in [
            (ServerState::NoName, false, false),
            (ServerState::Connecting, false, false),
            (ServerState::Online, false, false),
            (ServerState::Lost, true, false),
            (ServerState::Blocked, true, true),
            (ServerState::Misdirected, true, true),
            (ServerState::TooManyConnections, true, true),
            (ServerState::LoginRejected, true, true),
            (ServerState::IdentityMismatch, true, true),
            (ServerState::NotInvited, true, true),
            (ServerState::InvitationOver, true, true),
            (ServerState::NoGuests, true, true),
            (ServerState::ShutOut, true, true),
        ] {
            let shown = server_banner(server, State::Idle);
            assert_eq!(
                (shown.is_shown, shown.refuses),
                (is_shown, refuses),
                "{server:?}"
            );
            assert_eq!(!banner::refusal(server).is_empty(), refuses, "{server:?}");
        }
    }

    #[test]
    fn an_answered_call_goes_on_without_the_server() {
        let lost = |state| server_banner(ServerState::Lost, state).lost;
        assert_eq!(lost(State::Calling), banner::LOST);
        assert_eq!(lost(State::Connecting), banner::LOST_IN_CALL);
        assert_eq!(lost(State::Connected), banner::LOST_IN_CALL);
    }
}
