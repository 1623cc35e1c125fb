//! What is on its way between the parts of the world.

use wimpex_client::{Input, SocketEvent};
use wimpex_verification::Verifier;

use super::server::Link;

/// Something on its way.
#[derive(Debug)]
pub enum Flight {
    ToServer(Link, String),
    ToClient(Link, SocketEvent),
    Opens(Link),
    Closes(Link, bool),
    Browser {
        tab: usize,
        life: u32,
        input: Box<Input<Verifier>>,
    },
}

/// Answers of a browser that do not overtake each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    PeerConnection,
    Database,
}

impl Lane {
    pub fn of(input: &Input<Verifier>) -> Option<Self> {
        match input {
            Input::ConnectionState { .. } | Input::DataChannelMessage(..) => {
                Some(Self::PeerConnection)
            }
            Input::ContactsRead(..)
            | Input::ContactsWritten(_)
            | Input::ContactsChangedElsewhere => Some(Self::Database),
            _ => None,
        }
    }
}
