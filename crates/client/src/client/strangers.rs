//! Strangers who call: whether they ring, and what else they get.

use wimpex_call::{EndReason, Ended, Role, Standing, State};
use wimpex_contacts::BlockedStranger;
use wimpex_identity::LinkCheck;
use wimpex_protocol::{
    CallEnd, CallEndReason, CallOffer, CallRejectReason, CallRinging, DeviceId, Envelope, Signal,
    UserId,
};
use wimpex_sansio::{Now, UnixTime};
use wimpex_verification::{CallKey, Incoming};

use super::{Client, links};
use crate::command::ContactCommand;
use crate::host::Host;
use crate::io::{Output, Setting};
use crate::silent_call::{MAX_SILENT_CALLS, SilentCall};
use crate::strangers::SILENCE;
use crate::trust::Caller;
use crate::view::Part;

/// What becomes of a verified message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reception {
    /// The call machine gets it.
    Deliver,
    /// It is a call that is to be found among the missed ones, and makes no sound.
    Silent,
    /// Nothing: there are too many of them.
    Drop,
    /// The caller is told what is wrong with the link.
    Refuse(CallRejectReason),
}

impl<H: Host> Client<H> {
    /// Whether the user means this peer.
    pub(super) fn standing(&self, user: &UserId) -> Standing {
        match Caller::of(user, self.view.peer(user), None) {
            Caller::Contact(_) | Caller::Added(_) | Caller::Mistrusted | Caller::Opened => {
                Standing::Known
            }
            Caller::Unknown => Standing::Stranger,
        }
    }

    /// Receives a message that was verified, or needs no verification.
    pub(super) fn receive(&mut self, message: Incoming, link: Option<LinkCheck>, now: Now) {
        if self.waits_for_return(&message, now) {
            return self.forget_other_handshakes(now);
        }
        match (self.reception(&message, link, now), message.signal) {
            (Reception::Refuse(reason), signal) => {
                self.refuse_link(message.from, message.device, &signal, reason, now);
                self.forget_other_handshakes(now);
            }
            (Reception::Silent, Signal::CallOffer(offer)) => {
                self.take_silent_call(&message.from, message.device, &offer, now);
                self.forget_other_handshakes(now);
            }
            (Reception::Silent | Reception::Deliver, signal) => {
                let message = Incoming { signal, ..message };
                self.deliver(message, now);
            }
            (Reception::Drop, _) => self.forget_other_handshakes(now),
        }
    }

    /// Decides, and counts what rings and what is reacted to.
    fn reception(&mut self, message: &Incoming, link: Option<LinkCheck>, now: Now) -> Reception {
        let Incoming { from, device, .. } = message;
        let standing = self.standing(from);
        let is_with = self.call.is_with(from);
        let is_known = standing == Standing::Known || self.call.is_in_call_with(from);
        if is_known && self.view.do_not_disturb_until.is_none() {
            return Reception::Deliver;
        }
        let rings = match &message.signal {
            Signal::CallOffer(offer) => {
                self.call.would_ring(from, device, &offer.call_id, standing)
            }
            Signal::CallAnswer(_)
            | Signal::CallConfirm(_)
            | Signal::CallReject(_)
            | Signal::CallRinging(_)
            | Signal::CallEnd(_)
            | Signal::IceCandidate(_) => false,
        };
        if is_known {
            let is_quiet = self.is_silent_call(message) || self.is_disturbed_by(from, now);
            return if rings && is_quiet {
                Reception::Silent
            } else {
                Reception::Deliver
            };
        }
        // What rings already, or is told that we are busy, needs no link any more.
        let link = link.filter(|_| rings);
        let link = match link.map(links::opened).transpose() {
            Ok(link) => link,
            Err(_) if !self.strangers.may_react(now) => return Reception::Drop,
            Err(reason) => return Reception::Refuse(reason),
        };
        let is_heard = if rings {
            !self.is_silent_call(message)
                && !self.is_disturbed_by(from, now)
                && (link.is_some() || self.view.strangers_silenced_until.is_none())
                && self.strangers.may_ring(from, link, now)
        } else {
            is_with
        };
        if is_heard {
            if let Some(link) = link {
                self.comes_by_link(message, link);
            }
            Reception::Deliver
        } else if !self.strangers.may_react(now) {
            Reception::Drop
        } else if rings {
            Reception::Silent
        } else {
            Reception::Deliver
        }
    }

    /// Whether it is the offer of a call that was taken note of already.
    fn is_silent_call(&self, message: &Incoming) -> bool {
        let Signal::CallOffer(offer) = &message.signal else {
            return false;
        };
        let mut silent = self.silent_calls.iter();
        silent.any(|it| it.key.peer == message.from && it.key.call_id == offer.call_id)
    }

    /// Notes a missed call, and tells the caller that nobody hears it.
    fn take_silent_call(&mut self, from: &UserId, device: DeviceId, offer: &CallOffer, now: Now) {
        let key = CallKey::new(from.clone(), offer.call_id.clone());
        if self.silent_calls.iter().all(|it| it.key != key) {
            self.note("somebody calls, silently", now);
            self.record_missed_call(from, offer, self.wall(now));
            if self.silent_calls.len() >= MAX_SILENT_CALLS {
                self.silent_calls.remove(0);
            }
            let device = device.clone();
            self.silent_calls.push(SilentCall { key, device });
        }
        let ringing = Signal::CallRinging(CallRinging {
            call_id: offer.call_id.clone(),
            silently: true,
        });
        self.send_to(from.clone(), device, ringing, now);
    }

    /// The user calls somebody: their silent calls would stand in the way of it.
    pub(super) fn calls(&mut self, peer: &UserId, now: Now) {
        self.strangers.talked(peer);
        while let Some(place) = self.silent_calls.iter().position(|it| it.key.peer == *peer) {
            let SilentCall { key, device } = self.silent_calls.remove(place);
            let end = Signal::CallEnd(CallEnd {
                call_id: key.call_id,
                reason: CallEndReason::Superseded,
            });
            self.send_to(key.peer, device, end, now);
        }
    }

    pub(super) fn send_to(&mut self, user: UserId, device: DeviceId, signal: Signal, now: Now) {
        let message = Envelope {
            to_id: user,
            to_device: Some(device),
            from_id: None,
            from_device: None,
            signal,
        };
        self.send(message, now);
    }

    /// What an end says of the stranger who called.
    pub(super) fn learn_from_end(&mut self, ended: &Ended) {
        match (ended.role, ended.reason) {
            (Role::Callee, EndReason::Declined | EndReason::DeclinedElsewhere) => {
                self.strangers.declined(&ended.peer);
            }
            (Role::Callee, EndReason::AnsweredElsewhere) => self.strangers.talked(&ended.peer),
            (_, _) => {}
        }
    }

    /// Blocks who rings, and declines.
    pub(super) fn block_caller(&mut self, now: Now) {
        let Some(call) = self.ringing_call() else {
            return;
        };
        let (peer, claimed_name) = (call.peer.clone(), call.peer_name.clone());
        let command = if self.view.contacts.contact(&peer).is_some() {
            ContactCommand::Block(peer, true)
        } else {
            ContactCommand::BlockStranger(BlockedStranger {
                id: peer,
                claimed_name,
                at: self.wall(now).as_millis(),
            })
        };
        self.contact_command(command, now);
        self.call_command(wimpex_call::Command::Decline, now);
    }

    /// No stranger rings for an hour; one who does is declined.
    pub(super) fn silence_strangers(&mut self, now: Now) {
        let until = UnixTime::from_millis(self.wall(now).as_millis() + SILENCE.as_millis() as u64);
        self.emit(Output::Store(Setting::StrangersSilencedUntil(Some(until))));
        self.set_silence(Some(until));
        let caller = self.ringing_call().map(|call| &call.peer);
        if caller.is_some_and(|caller| self.standing(caller) == Standing::Stranger) {
            self.call_command(wimpex_call::Command::Decline, now);
        }
    }

    /// Strangers ring again.
    pub(super) fn hear_strangers(&mut self) {
        self.strangers.forgive();
        self.emit(Output::Store(Setting::StrangersSilencedUntil(None)));
        self.set_silence(None);
    }

    pub(super) fn set_silence(&mut self, until: Option<UnixTime>) {
        if self.view.strangers_silenced_until != until {
            self.view.strangers_silenced_until = until;
            self.changed(Part::Settings);
        }
    }

    /// A clock that was set back does not make an hour longer.
    pub(super) fn bound_silence(&mut self, now: Now) {
        let most = self.wall(now).as_millis() + SILENCE.as_millis() as u64;
        let until = self.view.strangers_silenced_until;
        self.set_silence(until.map(|until| until.min(UnixTime::from_millis(most))));
    }

    /// When strangers ring again; `None` while they do.
    pub(super) fn silence_ends(&self) -> Option<Now> {
        self.view.strangers_silenced_until.map(|it| self.when(it))
    }

    fn ringing_call(&self) -> Option<&wimpex_call::ActiveCall> {
        let call = &self.view.call;
        call.call.as_ref().filter(|_| call.state == State::Ringing)
    }
}
