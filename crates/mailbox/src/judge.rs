//! Whether somebody takes a message that was left.

use wimpex_protocol::UserId;
use wimpex_sansio::UnixTime;

use crate::envelope::Envelope;
use crate::limits::{CLOCK_SKEW, KEEP, SEALED_BYTES};

/// Who the sender is to the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A contact who is not blocked.
    Contact,
    /// Whoever is no contact and not blocked.
    Stranger,
    /// Somebody of whom the receiver wants nothing.
    Blocked,
}

/// Why a message is not taken. Each stands for "delete it", but for the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is for somebody else.
    OtherReceiver,
    /// It is sealed with a key that this browser does not have (any more).
    OtherKey,
    /// It is older than messages are kept: it was held back, or comes again.
    Old,
    /// It was signed in the future.
    Future,
    /// It is larger than messages are.
    TooLarge,
    /// It has been here before: somebody plays it again.
    Replayed,
    /// The sender is blocked.
    Blocked,
    /// The sender is no contact, and this page takes calls from contacts only.
    Stranger,
    /// The signature is not the sender's.
    Signature,
    /// What came is not what was signed, or does not open: a bit was flipped.
    Damaged,
}

/// What the receiver knows when a message comes.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The receiver.
    pub me: &'a UserId,
    /// The receiver's X25519 keys: the one that is published, and those before it.
    pub keys: &'a [[u8; 32]],
    /// By the receiver's clock.
    pub now: UnixTime,
    /// Who the sender is.
    pub sender: Sender,
    /// Calls are taken from contacts only.
    pub contacts_only: bool,
    /// A message of this name has been here before, deleted or not.
    pub is_known: bool,
}

impl Delivery<'_> {
    /// Whether it is worth fetching and checking: [`Envelope::claim`], then [`Envelope::hash`], then
    /// the seal.
    ///
    /// # Errors
    /// Why it is to be deleted unopened.
    pub fn judge(&self, envelope: &Envelope) -> Result<(), Refused> {
        let draft = &envelope.draft;
        if draft.receiver != *self.me {
            return Err(Refused::OtherReceiver);
        }
        if self.is_known {
            return Err(Refused::Replayed);
        }
        match self.sender {
            Sender::Blocked => return Err(Refused::Blocked),
            Sender::Stranger if self.contacts_only => return Err(Refused::Stranger),
            Sender::Contact | Sender::Stranger => {}
        }
        let (time, now) = (draft.time.as_millis(), self.now.as_millis());
        let skew = CLOCK_SKEW.as_millis() as u64;
        if time > now + skew {
            return Err(Refused::Future);
        }
        if now.saturating_sub(time) > KEEP.as_millis() as u64 + skew {
            return Err(Refused::Old);
        }
        if envelope.size > SEALED_BYTES {
            return Err(Refused::TooLarge);
        }
        if !self.keys.contains(&draft.receiver_key) {
            return Err(Refused::OtherKey);
        }
        Ok(())
    }
}
