//! The connection check before a call: what is checked, and what came of it.

/// One thing that a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// The microphone.
    Microphone,
    /// The camera.
    Camera,
    /// The speaker: only the user can tell.
    Speaker,
    /// The connection to the server.
    Server,
    /// STUN (RFC 8489): whether a public address can be found.
    Stun,
    /// The relay (TURN, RFC 8656) over UDP.
    RelayUdp,
    /// The relay over TCP, for networks that block UDP.
    RelayTcp,
    /// The relay over TLS, for networks that let only the web through.
    RelayTls,
}

impl Check {
    /// All checks, in the order in which they run.
    pub const ALL: [Self; 8] = [
        Self::Microphone,
        Self::Camera,
        Self::Speaker,
        Self::Server,
        Self::Stun,
        Self::RelayUdp,
        Self::RelayTcp,
        Self::RelayTls,
    ];
}

/// What packets through the relay and back have shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loopback {
    /// The median round trip, in milliseconds.
    pub round_trip: u32,
    /// Packets that never came back, in percent.
    pub lost: u32,
}

/// How one check fares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CheckResult {
    /// Its turn has not come.
    Waiting,
    /// It is running.
    Running,
    /// It works.
    Works,
    /// A sound was played; the user is asked whether they heard it.
    Asks,
    /// They did not.
    NotHeard,
    /// Packets went through the relay and came back.
    Relayed(Loopback),
    /// The server does not offer it.
    NotOffered,
    /// It does not work; the browser's name for the error, if it has one.
    Fails(Option<String>),
}

impl CheckResult {
    /// Whether it is still to come.
    pub(crate) fn is_pending(&self) -> bool {
        match self {
            Self::Waiting | Self::Running => true,
            Self::Works
            | Self::Asks
            | Self::NotHeard
            | Self::Relayed(_)
            | Self::NotOffered
            | Self::Fails(_) => false,
        }
    }
}
