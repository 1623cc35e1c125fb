//! Allocates the ids of peer connections and media requests.

use crate::input::{MediaRequest, PeerConnectionId};

/// The last id of each kind; 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Ids {
    pub(crate) connection: PeerConnectionId,
    pub(crate) request: MediaRequest,
}

impl Ids {
    pub(crate) fn next_connection(&mut self) -> PeerConnectionId {
        self.connection.0 += 1;
        self.connection
    }

    pub(crate) fn next_request(&mut self) -> MediaRequest {
        self.request.0 += 1;
        self.request
    }
}
