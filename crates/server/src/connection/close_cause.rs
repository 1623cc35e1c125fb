//! Why a connection ends, and what its peer is told.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::time::Duration;

use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wimpex_protocol::{AccessRefusal, ErrorCode, ErrorMessage, close_code};

use super::errors::error;
use crate::login::LoginError;
use crate::send_queue::CloseReason;

/// See the module. Its `Display` is for the log.
#[derive(Debug)]
pub(super) enum CloseCause {
    /// The registry wants it to end.
    ClosedByServer(CloseReason),
    /// The peer said goodbye.
    PeerClosed,
    /// The connection broke.
    PeerLost,
    /// The peer was silent for too long.
    Silent,
    /// The peer takes nothing.
    Stuck,
    /// No login in time.
    LoginTooLate,
    /// The login was refused.
    LoginFailed(LoginError),
    /// The system has no randomness to give.
    NoRandomness,
    /// There are too many connections.
    NoPlace {
        /// When to come back.
        reconnect_within: Duration,
    },
    /// The server lets nobody new in, because it is about to stop.
    Drained {
        /// When to come back.
        reconnect_within: Duration,
    },
    /// Far too many messages, for seconds; or too many fragments of one.
    Flood,
    /// A frame above the limit.
    TooLarge,
    /// A text that is not UTF-8.
    NotText,
    /// Not a WebSocket's frames.
    BrokenProtocol,
}

impl CloseCause {
    /// For measurements.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::ClosedByServer(CloseReason::GoingAway {
                reconnect_within: _,
            }) => "shutdown",
            Self::ClosedByServer(CloseReason::Superseded) => "superseded",
            Self::ClosedByServer(CloseReason::TooSlow) => "too-slow",
            Self::ClosedByServer(CloseReason::Dismissed) => "dismissed",
            Self::PeerClosed => "closed-by-client",
            Self::PeerLost => "lost",
            Self::Silent => "silent",
            Self::Stuck => "stuck",
            Self::LoginTooLate => "login-too-late",
            Self::LoginFailed(_) => "login-failed",
            Self::NoRandomness => "no-randomness",
            Self::NoPlace { .. } => "no-place",
            Self::Drained { .. } => "drained",
            Self::Flood => "flood",
            Self::TooLarge => "too-large",
            Self::NotText => "not-text",
            Self::BrokenProtocol => "broken-protocol",
        }
    }

    /// The close code and its reason; None where nobody would hear it.
    pub(super) fn close(&self) -> Option<(CloseCode, Cow<'static, str>)> {
        let (code, reason) = match self {
            Self::PeerClosed | Self::PeerLost | Self::Silent | Self::Stuck => return None,
            Self::ClosedByServer(CloseReason::GoingAway { reconnect_within }) => {
                let reason = close_code::reconnect_reason(*reconnect_within);
                return Some((CloseCode::Away, reason.into()));
            }
            Self::ClosedByServer(CloseReason::Superseded) => {
                (CloseCode::Library(close_code::SUPERSEDED), "superseded")
            }
            Self::ClosedByServer(CloseReason::TooSlow) => (CloseCode::Again, "reads too slowly"),
            Self::ClosedByServer(CloseReason::Dismissed) => {
                (CloseCode::Policy, "ended by the host")
            }
            Self::LoginTooLate | Self::LoginFailed(_) => (CloseCode::Policy, "login failed"),
            Self::NoRandomness => (CloseCode::Error, "internal error"),
            Self::NoPlace { reconnect_within } | Self::Drained { reconnect_within } => {
                let reason = close_code::reconnect_reason(*reconnect_within);
                return Some((CloseCode::Again, reason.into()));
            }
            Self::Flood => (CloseCode::Policy, "too many messages"),
            Self::TooLarge => (CloseCode::Size, "message too large"),
            Self::NotText => (CloseCode::Invalid, "not UTF-8"),
            Self::BrokenProtocol => (CloseCode::Protocol, "protocol error"),
        };
        Some((code, reason.into()))
    }

    /// The error that goes before the close.
    pub(super) fn last_words(&self) -> Option<ErrorMessage> {
        Some(match self {
            Self::LoginTooLate => error(ErrorCode::LoginFailed, "The login came too late."),
            Self::LoginFailed(LoginError::Refused(reason)) => ErrorMessage {
                reason: Some(*reason),
                ..error(ErrorCode::LoginFailed, refusal(*reason))
            },
            Self::LoginFailed(why) => error(ErrorCode::LoginFailed, &sentence(&why.to_string())),
            Self::NoPlace { .. } => error(
                ErrorCode::TooManyConnections,
                "Too many connections from this address; try again later.",
            ),
            Self::Flood => error(ErrorCode::RateLimited, "Too many messages for too long."),
            _ => return None,
        })
    }

    /// Whether the client may come back over another socket and go on: nobody
    /// said goodbye.
    pub(super) fn may_come_back(&self) -> bool {
        matches!(self, Self::PeerLost | Self::Silent | Self::Stuck)
    }

    /// Whether what waits in the queue is still worth writing.
    pub(super) fn flushes(&self) -> bool {
        !matches!(
            self,
            Self::ClosedByServer(CloseReason::TooSlow)
                | Self::PeerClosed
                | Self::PeerLost
                | Self::Silent
                | Self::Stuck
        )
    }
}

/// For clients that know no reasons; ours has words of its own.
fn refusal(reason: AccessRefusal) -> &'static str {
    match reason {
        AccessRefusal::NotInvited => "Only people who were invited may use this server.",
        AccessRefusal::InvitationOver => "This invitation does not count any more.",
        AccessRefusal::NoGuests => "Only owners of keys may use this server.",
        AccessRefusal::Blocked => "The host of this server has shut you out.",
        AccessRefusal::Unknown => "The host of this server does not let you in.",
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(['.']).collect()
}

impl From<LoginError> for CloseCause {
    fn from(error: LoginError) -> Self {
        Self::LoginFailed(error)
    }
}

impl From<tungstenite::Error> for CloseCause {
    fn from(error: tungstenite::Error) -> Self {
        use tungstenite::error::ProtocolError::ResetWithoutClosingHandshake;
        match error {
            tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
                Self::PeerClosed
            }
            tungstenite::Error::Protocol(ResetWithoutClosingHandshake) => Self::PeerLost,
            // What the frame meter says.
            tungstenite::Error::Io(error) if error.kind() == io::ErrorKind::QuotaExceeded => {
                Self::Flood
            }
            tungstenite::Error::Io(_) => Self::PeerLost,
            tungstenite::Error::Capacity(_) => Self::TooLarge,
            tungstenite::Error::Utf8(_) => Self::NotText,
            _ => Self::BrokenProtocol,
        }
    }
}

impl fmt::Display for CloseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClosedByServer(CloseReason::GoingAway { .. }) => "server stops",
            Self::ClosedByServer(CloseReason::Superseded) => "superseded",
            Self::ClosedByServer(CloseReason::TooSlow) => "reads too slowly",
            Self::ClosedByServer(CloseReason::Dismissed) => "ended by the host",
            Self::PeerClosed => "closed by peer",
            Self::PeerLost => "connection lost",
            Self::Silent => "silent",
            Self::Stuck => "takes nothing",
            Self::LoginTooLate => "no login",
            Self::LoginFailed(_) => "login failed",
            Self::NoRandomness => "no randomness",
            Self::NoPlace { .. } => "no place",
            Self::Drained { .. } => "drained",
            Self::Flood => "flood",
            Self::TooLarge => "frame too large",
            Self::NotText => "not UTF-8",
            Self::BrokenProtocol => "protocol error",
        })
    }
}
