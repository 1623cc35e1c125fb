//! What a tab's browser holds.

use std::collections::{BTreeMap, BTreeSet};

use wimpex_call::{MediaRequest, PeerConnectionId};
use wimpex_client::{ContactsRead, SocketId};

/// One `RTCPeerConnection`, as far as a call can tell.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    pub local: Option<String>,
    pub remote: Option<String>,
    pub candidates: usize,
    pub descriptions: u32,
    pub connected: bool,
    /// The browser has closed it by itself.
    pub dead: bool,
}

#[derive(Debug, Default)]
pub struct Browser {
    pub socket: Option<SocketId>,
    pub connections: BTreeMap<PeerConnectionId, Connection>,
    /// Tracks that are live.
    pub live: BTreeSet<(MediaRequest, &'static str)>,
    /// What was written down for whoever debugs.
    pub reloads: u32,
    /// The last reading of the contacts that was asked for.
    pub last_read: ContactsRead,
}
