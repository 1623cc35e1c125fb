//! What is on its way between the parts of the world.

use wimpex_call::CallMachine;
use wimpex_client::{Input, Loaded, SocketEvent};
use wimpex_verification::Verifier;

use super::server::Link;

/// With what the page loads later.
pub type ClientInput = Input<Loaded<Verifier, Box<CallMachine>>>;

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
        input: Box<ClientInput>,
    },
}

/// Answers of a browser that do not overtake each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    PeerConnection,
    Database,
}

impl Lane {
    pub fn of(input: &ClientInput) -> Option<Self> {
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
