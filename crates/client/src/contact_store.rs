//! Contacts and past calls: what changes them, and what has to be written.
//!
//! Every tab of this origin has them, and the browser's database is where they meet: a
//! change is applied here at once, written, and then everything is read again, so that
//! the changes of two tabs become one list.

use wimpex_call::{EndReason, Ended, Role};
use wimpex_contacts::{Contacts, Direction, Outcome, PastCall};
use wimpex_protocol::{CallId, CallOffer, MissedCall, UserId};
use wimpex_sansio::UnixTime;

use crate::command::ContactCommand;
use crate::contact_write::ContactWrite;

/// Names one reading of the contacts, so that an older one which comes later is told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContactsRead(pub u64);

/// Whether the contacts have been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Loading {
    /// Nobody has asked for them.
    #[default]
    NotAsked,
    /// The database is being read for the first time.
    Reading,
    /// They are there; or the browser keeps none, and they last as long as the page.
    Done,
}

/// What became of the writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ContactStore {
    pub(crate) loading: Loading,
    /// Changes on their way to the database: what is read meanwhile is not the newest.
    pub(crate) pending_writes: u32,
    /// The last reading that was asked for: what an earlier one found is not the newest.
    pub(crate) last_read: ContactsRead,
}

/// Applies a command; returns what has to be written.
pub(crate) fn apply(contacts: &mut Contacts, command: ContactCommand) -> Vec<ContactWrite> {
    match command {
        ContactCommand::Load | ContactCommand::SetContactsOnly(_) => Vec::new(),
        ContactCommand::Add(contact) => {
            let id = contact.id.clone();
            // Who is wanted among the contacts is wanted to ring.
            let mut writes = unblock_stranger(contacts, id.clone());
            // Screens say before if there are too many.
            if contacts.add(contact).is_ok() {
                writes.extend(write_contact(contacts, &id));
            }
            writes
        }
        ContactCommand::Import(imported) => {
            let mut writes = Vec::new();
            for contact in imported {
                let write = ContactWrite::PutContact(contact.clone());
                let id = contact.id.clone();
                if contacts.contact(&id).is_none() && contacts.room() > 0 {
                    writes.extend(unblock_stranger(contacts, id));
                    // There is room.
                    let _ = contacts.add(contact);
                    writes.push(write);
                }
            }
            writes
        }
        ContactCommand::Rename(id, name) => {
            contacts.rename(&id, name);
            write_contact(contacts, &id)
        }
        ContactCommand::Remove(id) => {
            contacts.remove(&id);
            vec![ContactWrite::DeleteContact(id)]
        }
        ContactCommand::Block(id, blocked) => {
            contacts.block(&id, blocked);
            write_contact(contacts, &id)
        }
        ContactCommand::RingAlways(id, rings) => {
            contacts.ring_always(&id, rings);
            write_contact(contacts, &id)
        }
        ContactCommand::BlockStranger(stranger) => {
            let id = stranger.id.clone();
            let dropped = contacts.block_stranger(stranger.clone());
            // Who is a contact is blocked as one.
            let mut writes = write_contact(contacts, &id);
            if writes.is_empty() {
                writes.push(ContactWrite::PutBlocked(stranger));
            }
            for dropped in dropped {
                writes.push(ContactWrite::DeleteBlocked(dropped.id));
            }
            writes
        }
        // They are there when they have been read again.
        ContactCommand::WriteLinks(writes) => writes,
        ContactCommand::UnblockStranger(id) => unblock_stranger(contacts, id),
        ContactCommand::TrustAgain(id) => {
            contacts.mistrust(&id, false);
            write_contact(contacts, &id)
        }
        ContactCommand::MarkCallsSeen => {
            let missed: Vec<CallId> = contacts.missed().cloned().collect();
            contacts.see_all();
            let calls = contacts.calls().iter();
            calls
                .filter(|call| missed.contains(&call.call_id))
                .map(|call| ContactWrite::PutCall(call.clone()))
                .collect()
        }
        ContactCommand::ForgetCalls => {
            let calls = contacts.calls().iter();
            let writes = calls
                .map(|call| ContactWrite::DeleteCall(call.call_id.clone()))
                .collect();
            contacts.forget_calls();
            writes
        }
    }
}

/// Whether the SAS of a call with this user was the same; `None`: that it was is taken back. Kept if
/// they are a contact.
pub(crate) fn compared(
    contacts: &mut Contacts,
    user: &UserId,
    same: Option<bool>,
) -> Vec<ContactWrite> {
    contacts.compared(user, same);
    write_contact(contacts, user)
}

fn unblock_stranger(contacts: &mut Contacts, id: UserId) -> Vec<ContactWrite> {
    let was_blocked = contacts.unblock_stranger(&id);
    let write = was_blocked.then_some(ContactWrite::DeleteBlocked(id));
    write.into_iter().collect()
}

fn write_contact(contacts: &Contacts, id: &UserId) -> Vec<ContactWrite> {
    let contact = contacts.contact(id).cloned();
    contact.map(ContactWrite::PutContact).into_iter().collect()
}

/// Records a call that is over.
pub(crate) fn record_call(contacts: &mut Contacts, call: PastCall) -> Vec<ContactWrite> {
    // Where another tab has settled it, that tab knows how.
    let write = if call.outcome == Outcome::Elsewhere {
        ContactWrite::PutCallIfAbsent
    } else {
        ContactWrite::PutCall
    };
    let dropped = contacts.note(call.clone()).into_iter();
    dropped
        .map(|dropped| ContactWrite::DeleteCall(dropped.call_id))
        .chain([write(call)])
        .collect()
}

/// Records a call that the server has told of. Where it is kept already, that is how it was.
pub(crate) fn told_call(contacts: &mut Contacts, told: MissedCall, at: u64) -> Vec<ContactWrite> {
    let call = PastCall {
        call_id: told.call_id,
        peer: told.from_id,
        peer_name: None,
        at,
        direction: Direction::Incoming,
        call_type: told.call_type,
        outcome: Outcome::Missed,
        is_seen: false,
    };
    let dropped = contacts.note(call.clone()).into_iter();
    dropped
        .map(|dropped| ContactWrite::DeleteCall(dropped.call_id))
        .chain([ContactWrite::PutCallIfAbsent(call)])
        .collect()
}

/// The entry of an offer that did not ring.
pub(crate) fn missed_call(from: UserId, offer: &CallOffer, at: UnixTime) -> PastCall {
    PastCall {
        call_id: offer.call_id.clone(),
        peer: from,
        peer_name: offer.from_username.clone(),
        at: at.as_millis(),
        direction: Direction::Incoming,
        call_type: offer.call_type,
        outcome: Outcome::Missed,
        is_seen: false,
    }
}

/// The entry of a call that ended here. `stopped`: since the peer could not be verified.
pub(crate) fn past_call(ended: Ended, stopped: bool, at: UnixTime) -> PastCall {
    let outcome = if stopped {
        Outcome::Stopped
    } else {
        outcome(&ended)
    };
    PastCall {
        call_id: ended.call_id,
        peer: ended.peer,
        peer_name: ended.peer_name,
        at: at.as_millis(),
        direction: match ended.role {
            Role::Caller => Direction::Outgoing,
            Role::Callee => Direction::Incoming,
        },
        call_type: ended.call_type,
        outcome,
        // Whoever was there knows of it.
        is_seen: !matches!(outcome, Outcome::Missed),
    }
}

fn outcome(ended: &Ended) -> Outcome {
    if let Some(duration) = ended.duration {
        return Outcome::Answered {
            seconds: duration.as_secs(),
        };
    }
    match ended.reason {
        EndReason::Missed => Outcome::Missed,
        EndReason::Declined
        | EndReason::PeerDeclined
        | EndReason::LinkExpired
        | EndReason::LinkUsedUp
        | EndReason::LinkRevoked
        | EndReason::LinkUnknown => Outcome::Declined,
        EndReason::Busy => Outcome::Busy,
        EndReason::NoAnswer | EndReason::PeerAsleep | EndReason::PeerOffline => Outcome::NoAnswer,
        EndReason::HungUp
        | EndReason::PeerHungUp
        | EndReason::PeerClosed
        | EndReason::Cancelled => Outcome::Cancelled,
        EndReason::AnsweredElsewhere | EndReason::DeclinedElsewhere | EndReason::Superseded => {
            Outcome::Elsewhere
        }
        EndReason::Unsupported
        | EndReason::PeerGone
        | EndReason::PeerDidNotReturn
        | EndReason::Refused
        | EndReason::ConnectionFailed
        | EndReason::ConnectionLost
        | EndReason::Slept
        | EndReason::NegotiationFailed => Outcome::Failed,
    }
}
