//! Links that end: who comes by one rings where strangers may not, or is told why not.

use wimpex_identity::{LinkCheck, LinkId, LinkState};
use wimpex_protocol::{CallReject, CallRejectReason, DeviceId, Signal, UserId};
use wimpex_sansio::Now;
use wimpex_verification::Incoming;

use super::Client;
use crate::contact_write::ContactWrite;
use crate::host::Host;
use crate::view::{LinkedCall, Part};

/// The link, if it opens the door; or what its bearer is told.
pub(super) fn opened(check: LinkCheck) -> Result<LinkId, CallRejectReason> {
    match check {
        LinkCheck::Proved(id, LinkState::Open) => Ok(id),
        LinkCheck::Proved(_, LinkState::Expired) => Err(CallRejectReason::LinkExpired),
        LinkCheck::Proved(_, LinkState::UsedUp) => Err(CallRejectReason::LinkUsedUp),
        LinkCheck::Proved(_, LinkState::Revoked) => Err(CallRejectReason::LinkRevoked),
        LinkCheck::Unknown => Err(CallRejectReason::LinkUnknown),
    }
}

impl<H: Host> Client<H> {
    pub(super) fn refuse_link(
        &mut self,
        from: UserId,
        device: DeviceId,
        signal: &Signal,
        reason: CallRejectReason,
        now: Now,
    ) {
        if let Signal::CallOffer(offer) = signal {
            self.note("somebody calls by a link that opens nothing", now);
            let reject = Signal::CallReject(CallReject {
                call_id: offer.call_id.clone(),
                reason: Some(reason),
            });
            self.send_to(from, device, reject, now);
        }
    }

    /// This call rings by that link.
    pub(super) fn comes_by_link(&mut self, message: &Incoming, link: LinkId) {
        if let Signal::CallOffer(offer) = &message.signal {
            self.view.linked_call = Some(LinkedCall {
                peer: message.from.clone(),
                call_id: offer.call_id.clone(),
                link,
            });
            self.changed(Part::Call);
        }
    }

    /// A call is taken: the link that it came by has been used once more. A call that nobody
    /// answered does not count.
    pub(super) fn count_use_of_link(&mut self) {
        let calls = self.call_keys();
        let linked = self.view.linked_call.as_ref();
        let by = linked.filter(|it| {
            let mut calls = calls.iter();
            calls.any(|call| call.peer == it.peer && call.call_id == it.call_id)
        });
        if let Some((link, call)) = by.map(|it| (it.link, it.call_id.clone())) {
            self.write_contacts(vec![ContactWrite::UseLink(link, call)]);
        }
    }
}
