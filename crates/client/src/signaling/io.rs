//! What goes into the signaling client and what comes out.

use std::fmt;

use wimpex_protocol::{DeviceId, Envelope, Name, ServerMessage, UserId, Welcome};

use crate::view::ServerState;

/// Names one WebSocket of the page, so that the last events of an old one are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u32);

/// What a WebSocket reports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SocketEvent {
    /// Connected.
    Open,
    /// A text frame came.
    Text(String),
    /// A binary frame came; the protocol has none.
    Binary,
    /// It is gone, or never came about; nothing more will come of it.
    Closed {
        /// RFC 6455, section 7.4.
        code: u16,
        /// In the close frame; may be empty.
        reason: String,
    },
    /// The browser does not allow it to be opened at all.
    Refused,
}

/// Who logs in with a key; the private key stays with whoever signs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyOwner {
    /// The id that is made of the key.
    pub user: UserId,
    /// The public key as it goes over the wire (base64url, 32 bytes).
    pub public_key: String,
}

/// Proves to the server that this tab is the same user again. A secret of the tab.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResumeToken {
    /// For whom it was issued.
    pub user: UserId,
    /// `welcome.resumeToken`.
    pub token: String,
}

impl fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumeToken").finish_non_exhaustive()
    }
}

/// As whom the server knew the page that was left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeftSession {
    /// The device, which the peer knows as well.
    pub device: DeviceId,
    /// Proves that it is this one.
    pub token: ResumeToken,
}

/// Of an invitation link: lets its bearer in where the server lets in nobody else. A secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Ticket(pub String);

impl Ticket {
    /// Of the fragment of the page's address, `#invite=TICKET`.
    pub fn from_fragment(fragment: &str) -> Option<Self> {
        let ticket = fragment.strip_prefix("#invite=")?;
        Some(Self(ticket.to_owned()))
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(…)")
    }
}

/// What can happen to a [`super::SignalingClient`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SignalingInput {
    /// Log in under this name, anew if need be.
    SetName(Name),
    /// Log in as the owner of this key, or as a guest.
    Identify(Option<KeyOwner>),
    /// A socket reports.
    Socket(SocketId, SocketEvent),
    /// The answer to [`SignalingOutput::SignLogin`]: base64url of 64 bytes.
    LoginSigned(SocketId, String),
    /// Send this to another user, now or as soon as the server is back.
    Send(Envelope),
    /// Be told when these users come and go; replaces the list before.
    Watch(Vec<UserId>),
    /// Let these learn that this device is online, and nobody else; `None`: everybody.
    ShowTo(Option<Vec<UserId>>),
    /// Missed calls are known up to [`wimpex_protocol::MissedCalls::until`] of this.
    KnowMissed(u64),
    /// Have the server forget missed calls up to that, or all.
    EraseMissed(Option<u64>),
    /// Ask for STUN and TURN servers for a call that is about to begin.
    RequestIceServers,
    /// Whether there is a call: then a dead connection is found sooner.
    InCall(bool),
    /// Try now what would otherwise be tried later: the page is in sight again.
    ReconnectNow,
    /// This machine is on another network.
    NetworkChanged,
    /// The path of a call is lost.
    PathLost,
    /// The page is left.
    Close,
    /// The time that `poll_timeout` named has come.
    Timeout,
}

/// What a [`super::SignalingClient`] asks for, and what it tells.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SignalingOutput {
    /// Open a WebSocket to `/ws`; its events name it by this id.
    OpenSocket(SocketId),
    /// Send this text frame over the open socket.
    Transmit(String),
    /// Close without a code: the server forgets the session.
    CloseSocket(SocketId),
    /// Close with code 4002: the server keeps the session (docs/protocol.md).
    AbandonSocket(SocketId),
    /// Sign the login with the user's key; the answer is [`SignalingInput::LoginSigned`].
    SignLogin {
        /// Over which socket.
        socket: SocketId,
        /// `hello.challenge`.
        challenge: String,
    },
    /// Keep this for as long as the tab lives, reloads included.
    KeepResumeToken(ResumeToken),
    /// The connection is lost, or the login was rejected.
    State(ServerState),
    /// The server greets this client.
    Hello {
        /// Its clock, in milliseconds since 1970.
        server_time: u64,
        /// Which build of the page it has, if it says so.
        build: Option<String>,
    },
    /// Logged in.
    Welcome {
        /// As whom, and what the server offers.
        welcome: Welcome,
        /// The server remembers nothing of what it knew before.
        renewed: bool,
    },
    /// A message for the rest of the client.
    Message(ServerMessage),
}
