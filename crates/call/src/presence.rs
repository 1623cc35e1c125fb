//! Which of the peer's devices are online, as the server last said.

use wimpex_protocol::DeviceId;
use wimpex_sansio::Now;

use crate::limits;

/// Of the peer, and of this page's own login.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Presence {
    /// The peer's devices, if it has said.
    devices: Option<Vec<DeviceId>>,
    /// Until when others may still be on their way back to a restarted server.
    renewed_until: Option<Now>,
}

impl Presence {
    /// The page is logged in anew, to a server that may have restarted.
    pub(crate) fn renewed(now: Now) -> Self {
        Self {
            devices: None,
            renewed_until: Some(now + limits::PEER_LEFT_AFTER_RENEWAL),
        }
    }

    pub(crate) fn set_devices(&mut self, devices: Vec<DeviceId>) {
        self.devices = Some(devices);
    }

    /// Whether that device of the peer is known not to be online.
    pub(crate) fn lacks(&self, device: &DeviceId) -> bool {
        let devices = self.devices.as_ref();
        devices.is_some_and(|devices| !devices.contains(device))
    }

    /// Whether others may still be on their way back to a restarted server.
    pub(crate) fn is_renewed(&self, now: Now) -> bool {
        self.renewed_until.is_some_and(|until| now < until)
    }

    /// How long to wait for a peer that is not online.
    pub(crate) fn patience(&self, now: Now) -> Now {
        let patience = now + limits::PEER_LEFT_AFTER;
        self.renewed_until.map_or(patience, |at| at.max(patience))
    }
}
