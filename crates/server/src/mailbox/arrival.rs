//! A message on its way in: what it holds, whether what comes is what was signed, and its file.

use std::sync::Arc;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use wimpex_limits::Network;
use wimpex_mailbox::{Envelope, MessageName, limits};
use wimpex_protocol::UserId;
use wimpex_store::Table;

use super::index::{Held, NoRoom};
use super::passage::Passage;
use super::place::Coming;
use super::receiver::Standing;
use super::shared::{self, gone_id};
use super::{Mailbox, MailboxRefusal};
use crate::access::Access;
use crate::store_file::millis;

impl Mailbox {
    /// Lets a message in from this block of addresses, if its receiver wants it, it is signed by
    /// somebody who is let in, and there is room.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        envelope: Envelope,
        text: &str,
        block: Network,
        access: &Access,
    ) -> Result<Arrival, MailboxRefusal> {
        let now = millis();
        let time = envelope.draft.time.as_millis();
        let oldest = now.saturating_sub(limits::KEEP.as_millis() as u64);
        let latest = now + limits::CLOCK_SKEW.as_millis() as u64;
        if envelope.size > limits::SEALED_BYTES || time < oldest || time > latest {
            return Err(MailboxRefusal::Bounds);
        }
        let (receiver, name) = (&envelope.draft.receiver, envelope.name());
        if !envelope.claim().verify() {
            return Err(MailboxRefusal::Signature);
        }
        if access.admit(&name.sender, None, SystemTime::now()).is_err() {
            return Err(MailboxRefusal::Access);
        }
        let (known, standing) = self.receiver(receiver, &name.sender).await?;
        if !known.has_key(&envelope.draft.receiver_key) {
            return Err(MailboxRefusal::OtherKey);
        }
        // Its sender has not heard that it came, or somebody plays it again.
        let (owner, id) = (receiver.clone(), gone_id(&name));
        let gone = self
            .store
            .run(move |store| store.of(Table::MessagesGone, owner.as_str().as_bytes(), now));
        let gone = gone.await?;
        if gone.iter().any(|entry| entry.id == id) {
            return Err(MailboxRefusal::Full(NoRoom::Known));
        }
        let held = Held {
            size: envelope.size.into(),
            is_stranger: standing == Standing::Stranger,
            block: Some(block),
            expires: now + limits::KEEP.as_millis() as u64,
            envelope: None,
        };
        // Without it nothing can be held.
        self.place()?;
        self.look(receiver).await?;
        self.lock()
            .hold(receiver, &name, held.clone(), self.total_bytes)
            .map_err(MailboxRefusal::Full)?;
        let place = HeldPlace {
            mailbox: Arc::clone(self),
            receiver: receiver.clone(),
            name,
            is_kept: false,
        };
        Ok(Arrival {
            place,
            envelope,
            text: text.to_owned(),
            held,
        })
    }
}

/// One that is let in, of which nothing has been read.
pub(crate) struct Arrival {
    place: HeldPlace,
    envelope: Envelope,
    text: String,
    held: Held,
}

impl Arrival {
    pub(crate) fn receiver(&self) -> &UserId {
        &self.place.receiver
    }

    pub(crate) fn sender(&self) -> UserId {
        self.envelope.name().sender
    }

    /// For what will be read of it.
    pub(crate) fn check(&self) -> Check {
        Check {
            hash: Sha256::new(),
            left: self.envelope.size.into(),
            signed: self.envelope.hash,
        }
    }

    /// Lets a page of its receiver's ask for it, for as long as what is returned is kept.
    pub(crate) fn offer(&self) -> Passage {
        let passages = Arc::clone(&self.place.mailbox.passages);
        let (receiver, name) = (self.place.receiver.clone(), self.place.name.clone());
        Passage::open(passages, receiver, name, self.text.clone(), self.held.size)
    }

    /// It is to rest here.
    pub(crate) async fn rest(self) -> Result<Upload, MailboxRefusal> {
        let (check, place) = (self.check(), self.place.mailbox.place()?);
        let (receiver, name) = (&self.place.receiver, &self.place.name);
        let file = place.begin(receiver, name, &self.text, &self.held).await?;
        Ok(Upload {
            file,
            place: self.place,
            check,
            is_stranger: self.held.is_stranger,
            expires: self.held.expires,
            text: self.text,
        })
    }
}

/// Whether what comes is what was signed.
pub(crate) struct Check {
    hash: Sha256,
    left: u64,
    signed: [u8; 32],
}

impl Check {
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), MailboxRefusal> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or(MailboxRefusal::Damaged)?;
        self.hash.update(bytes);
        Ok(())
    }

    /// All of it has come.
    pub(crate) fn finish(self) -> Result<(), MailboxRefusal> {
        let hash: [u8; 32] = self.hash.finalize().into();
        match self.left == 0 && hash == self.signed {
            true => Ok(()),
            false => Err(MailboxRefusal::Damaged),
        }
    }
}

/// What it holds in the index. Gives it back if it comes to nothing.
pub(super) struct HeldPlace {
    mailbox: Arc<Mailbox>,
    receiver: UserId,
    name: MessageName,
    is_kept: bool,
}

impl Drop for HeldPlace {
    fn drop(&mut self) {
        if !self.is_kept {
            self.mailbox.lock().remove(&self.receiver, &self.name);
        }
    }
}

/// One that comes to rest here.
pub(crate) struct Upload {
    file: Coming,
    place: HeldPlace,
    check: Check,
    is_stranger: bool,
    expires: u64,
    text: String,
}

impl Upload {
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), MailboxRefusal> {
        self.check.take(bytes)?;
        Ok(self.file.write(bytes).await?)
    }

    /// Keeps it, if it is what was signed; says for whom it is.
    pub(crate) async fn finish(mut self) -> Result<UserId, MailboxRefusal> {
        self.check.finish()?;
        let mailbox = Arc::clone(&self.place.mailbox);
        let _placing = mailbox.placing.read().await;
        if mailbox.store.is_released() {
            return Err(MailboxRefusal::Moving);
        }
        let (receiver, name) = (&self.place.receiver, &self.place.name);
        if let Err(error) = self.file.keep().await {
            // It may have its name already, though not for certain.
            let _ = mailbox.place()?.remove(receiver, name);
            return Err(error.into());
        }
        if mailbox.store.shared().is_some() {
            let entry = shared::encode(name, &self.text, self.is_stranger, self.expires);
            let owner = receiver.clone();
            let noted = mailbox.with_store(move |store| {
                Ok(store.put(Table::Messages, owner.as_str().as_bytes(), &entry, millis())?)
            });
            if let Err(error) = noted.await {
                // Perhaps it is there: then there is nothing to fetch, and it goes.
                let _ = mailbox.place()?.remove(receiver, name);
                return Err(error);
            }
        }
        let is_counted = mailbox.lock().complete(receiver, name, self.text);
        if !is_counted {
            // Whatever has taken its place from it: no file is without one.
            mailbox.place()?.remove(receiver, name)?;
            return Err(MailboxRefusal::Damaged);
        }
        self.place.is_kept = true;
        Ok(self.place.receiver.clone())
    }
}
