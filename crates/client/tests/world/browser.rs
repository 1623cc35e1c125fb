//! What a tab's browser holds.

use std::collections::{BTreeMap, BTreeSet};

use wimpex_call::{MediaRequest, PeerConnectionId};
use wimpex_client::{ContactsRead, SocketId};
use wimpex_protocol::UserId;
use wimpex_sansio::Now;

/// One `RTCPeerConnection`, as far as a call can tell.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    pub local: Option<String>,
    pub remote: Option<String>,
    pub candidates: usize,
    pub descriptions: u32,
    pub connected: bool,
    /// When its data channel opens: a little after it was connected first.
    pub channel_opens: Option<Now>,
    /// The browser has closed it by itself.
    pub dead: bool,
    /// Nothing is sent over it, and nothing of it is heard.
    pub on_hold: bool,
    /// What is sent over it.
    pub sends: BTreeSet<(MediaRequest, &'static str)>,
}

#[derive(Debug, Default)]
pub struct Browser {
    pub socket: Option<SocketId>,
    pub connections: BTreeMap<PeerConnectionId, Connection>,
    /// Tracks that are live.
    pub live: BTreeSet<(MediaRequest, &'static str)>,
    /// What was written down for whoever debugs.
    pub reloads: u32,
    /// Whom the page offers to call, after it was loaded anew.
    pub callee: Option<UserId>,
    /// The last reading of the contacts that was asked for.
    pub last_read: ContactsRead,
}
