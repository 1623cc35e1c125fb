//! Messages for who did not answer: whoever takes some says so with a key to seal them with, others
//! leave them. They pass through to a page that is there, or rest here, sealed, until they are fetched
//! or a week old.
//!
//! The server sees from whom and to whom a message is, when, and how large; nothing else.

mod arrival;
mod folder;
mod index;
mod passage;
mod place;
mod receiver;
mod request;
mod shared;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::RwLock;
use tracing::{debug, warn};
use wimpex_mailbox::{MessageName, limits};
use wimpex_protocol::UserId;
use wimpex_store::{Entry, Store, StoreError, Table};

use crate::config::Config;
use crate::push::{CallerMark, Marks};
use crate::store_file::{StoreFile, millis};
use folder::Folder;
use index::Index;
use passage::Passages;
use place::{Place, Resting};
use receiver::{Receiver, Standing};
use shared::gone_id;

pub(crate) use arrival::{Arrival, Upload};
pub(crate) use index::NoRoom;
pub(crate) use passage::{PageReply, Passing};
pub(crate) use request::{InvalidRequest, MailboxRequest, MailboxWish, ReceiverWish};

/// Who has not said for so long that they take messages takes none: pages say it at each start.
const KEEP_RECEIVERS: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// The one entry of a receiver.
const ENTRY: &[u8] = b"key";

/// See the module.
pub(crate) struct Mailbox {
    store: Arc<StoreFile>,
    marks: Marks,
    /// Read when it is first used: until then another process may have it, which hands over.
    messages: OnceLock<Messages>,
    /// Held by who reads it: what has failed is tried again.
    opening: Mutex<()>,
    /// Stands for them until they are read.
    none: Messages,
    /// Held by whoever puts a message in place.
    placing: RwLock<()>,
    passages: Arc<Passages>,
    total_bytes: u64,
}

/// What was sealed, wherever it comes from.
pub(crate) enum Sealed {
    Resting(Resting),
    Passing(Passing),
}

/// The files, and what is known of them.
#[derive(Default)]
struct Messages {
    /// `None` where there is none, or another server has it.
    place: Option<Place>,
    index: Mutex<Index>,
}

/// Why a message is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailboxRefusal {
    /// Nobody of that id takes messages from this sender: which it is they are not told.
    #[error("nobody takes that message")]
    NotWanted,
    #[error("the receiver has another key by now")]
    OtherKey,
    #[error("the signature does not hold")]
    Signature,
    /// The host does not let in who has signed it.
    #[error("whoever sends it is not let in")]
    Access,
    #[error("it is too large, too old, or of tomorrow")]
    Bounds,
    #[error("there is no room: {0:?}")]
    Full(NoRoom),
    /// What came is not what was signed.
    #[error("it came damaged")]
    Damaged,
    /// The messages are another process's by now.
    #[error("another process takes messages")]
    Moving,
    /// The page that it should go straight to did not say that it came: it should rest here.
    #[error("the receiver's page has not got it")]
    Again,
    #[error("something newer is known")]
    Old,
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Disk(#[from] io::Error),
}

impl Mailbox {
    /// If it is wanted. `secret` is the server's.
    pub(crate) fn open(
        config: &Config,
        store: &Arc<StoreFile>,
        secret: &[u8],
    ) -> Option<Arc<Self>> {
        config.mailbox.messages.then(|| {
            Arc::new(Self {
                store: Arc::clone(store),
                marks: Marks::derive(secret),
                messages: OnceLock::new(),
                opening: Mutex::default(),
                none: Messages::default(),
                placing: RwLock::default(),
                passages: Arc::default(),
                total_bytes: config.mailbox.messages_total_mb.saturating_mul(1_000_000),
            })
        })
    }

    /// Somebody takes messages from now on.
    pub(crate) async fn receive(
        &self,
        user: UserId,
        wish: ReceiverWish,
        time: u64,
    ) -> Result<(), MailboxRefusal> {
        let receiver = Receiver::new(&wish, &self.marks, &user, time);
        self.with_store(move |store| {
            if known(store, &user)?.is_some_and(|known| known.time > time) {
                return Err(MailboxRefusal::Old);
            }
            let now = millis();
            let entry = Entry {
                id: ENTRY.to_vec(),
                value: receiver.encode(),
                expires: now + KEEP_RECEIVERS.as_millis() as u64,
            };
            let owner = user.as_str().as_bytes();
            Ok(store.put(Table::MessageReceivers, owner, &entry, now)?)
        })
        .await
    }

    /// Deletes what waits for somebody. Waits for whoever keeps it.
    pub(crate) fn discard(&self, user: &UserId) -> Result<(), MailboxRefusal> {
        if self.store.shared().is_some() {
            let owner = user.as_str().as_bytes();
            self.found(user, &self.store.of(Table::Messages, owner, 0)?);
            self.store.delete_all(Table::Messages, owner)?;
        }
        let names: Vec<MessageName> = {
            let index = self.lock();
            let waiting = index.waiting(user, 0);
            waiting.map(|(name, _)| name.clone()).collect()
        };
        for name in names {
            self.delete_here(user, &name)?;
        }
        Ok(())
    }

    /// Somebody takes none any more.
    pub(crate) async fn stop(self: &Arc<Self>, user: UserId) -> Result<(), MailboxRefusal> {
        let (mailbox, owner) = (Arc::clone(self), user.clone());
        let discarded = tokio::task::spawn_blocking(move || mailbox.discard(&owner));
        discarded.await.map_err(io::Error::other)??;
        self.with_store(move |store| {
            Ok(store.delete_all(Table::MessageReceivers, user.as_str().as_bytes())?)
        })
        .await
    }

    /// The signed key of somebody, for who may leave them a message.
    pub(crate) async fn key(&self, of: &UserId, sender: &UserId) -> Result<String, MailboxRefusal> {
        Ok(self.receiver(of, sender).await?.0.key)
    }

    /// The envelopes of what waits for somebody, or would pass through to them.
    pub(crate) async fn list(&self, user: &UserId) -> Result<Vec<String>, MailboxRefusal> {
        self.look(user).await?;
        let passing = self.passages.of(user);
        let index = self.lock();
        let waiting = index.waiting(user, millis());
        let envelopes = waiting.filter_map(|(_, held)| held.envelope.clone());
        Ok(envelopes.chain(passing).collect())
    }

    /// Whether anything does; `None` where that is asked of others, by [`Mailbox::has_any`].
    pub(crate) fn has_any_here(&self, user: &UserId) -> Option<bool> {
        let is_alone = self.store.shared().is_none();
        is_alone.then(|| self.lock().waiting(user, millis()).next().is_some())
    }

    /// Whether anything does.
    pub(crate) async fn has_any(&self, user: &UserId) -> bool {
        match self.list(user).await {
            Ok(list) => !list.is_empty(),
            Err(error) => {
                warn!(%error, "cannot look for messages");
                false
            }
        }
    }

    /// One of them: its size, and what was sealed. One of which somebody has taken the file away is
    /// there no more; one that passes through does so once.
    pub(crate) async fn fetch(
        &self,
        user: &UserId,
        name: &MessageName,
    ) -> Option<io::Result<(u64, Sealed)>> {
        if let Some((size, passing)) = self.passages.take(user, name) {
            return Some(Ok((size, Sealed::Passing(passing))));
        }
        if let Err(error) = self.look(user).await {
            return Some(Err(io::Error::other(error)));
        }
        let size = {
            let index = self.lock();
            let mut waiting = index.waiting(user, millis());
            waiting.find(|(other, _)| *other == name)?.1.size
        };
        let file = match self.place() {
            Ok(place) => place.read(user, name).await,
            Err(error) => Err(error),
        };
        match file {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.lock().remove_whole(user, name);
                if let Err(error) = self.forget_shared(user, name).await {
                    warn!(%error, "cannot forget a message that is gone");
                }
                None
            }
            file => Some(file.map(|file| (size, Sealed::Resting(file)))),
        }
    }

    /// One has come: deletes it, and remembers for as long as it may be sent that it is gone.
    pub(crate) async fn came(
        &self,
        user: &UserId,
        name: &MessageName,
    ) -> Result<(), MailboxRefusal> {
        self.look(user).await?;
        let is_here = {
            let index = self.lock();
            let mut waiting = index.waiting(user, 0);
            waiting.any(|(other, _)| other == name)
        };
        if is_here || self.passages.has(user, name) {
            let (owner, id) = (user.clone(), gone_id(name));
            let noted = self.with_store(move |store| {
                let now = millis();
                let last = limits::KEEP + limits::CLOCK_SKEW;
                let entry = Entry {
                    id,
                    value: Vec::new(),
                    expires: now + last.as_millis() as u64,
                };
                Ok(store.put(Table::MessagesGone, owner.as_str().as_bytes(), &entry, now)?)
            });
            // Then it may come twice, which the page notices.
            if let Err(error) = noted.await {
                warn!(%error, "cannot note that a message has come");
            }
        }
        if is_here {
            self.forget_shared(user, name).await?;
        }
        self.passages.came(user, name);
        self.delete_here(user, name)
    }

    /// Where several servers keep them together: nobody finds it any more.
    async fn forget_shared(&self, user: &UserId, name: &MessageName) -> Result<(), MailboxRefusal> {
        if self.store.shared().is_none() {
            return Ok(());
        }
        let (owner, id) = (user.clone(), gone_id(name));
        self.with_store(move |store| {
            Ok(store.delete(Table::Messages, owner.as_str().as_bytes(), &id)?)
        })
        .await
    }

    /// Deletes one, of which nobody else knows any more. Nothing, if there is none, or it comes still.
    fn delete_here(&self, user: &UserId, name: &MessageName) -> Result<(), MailboxRefusal> {
        if !self.lock().remove_whole(user, name) {
            return Ok(());
        }
        match self.place()?.remove(user, name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Deletes what has expired, now and then, for as long as it is polled.
    pub(crate) async fn keep(&self) {
        loop {
            let now = millis();
            let expired = self.lock().expired(now);
            for (user, name) in &expired {
                if let Err(error) = self.delete_here(user, name) {
                    warn!(%error, "cannot delete a message");
                }
            }
            debug!(expired = expired.len(), "deleted messages");
            if let Ok(place) = self.place() {
                place.sweep();
            }
            tokio::time::sleep(Duration::from_secs(60 * 60)).await;
        }
    }

    /// Who takes messages from this sender, and what the sender is to them.
    async fn receiver(
        &self,
        user: &UserId,
        sender: &UserId,
    ) -> Result<(Receiver, Standing), MailboxRefusal> {
        let owner = user.clone();
        let receiver = self.store.run(move |store| known(store, &owner)).await?;
        let receiver = receiver.ok_or(MailboxRefusal::NotWanted)?;
        let standing = receiver.standing(&self.marks.of(user, sender));
        let standing = standing.ok_or(MailboxRefusal::NotWanted)?;
        Ok((receiver, standing))
    }

    async fn with_store(
        &self,
        run: impl FnOnce(&dyn Store) -> Result<(), MailboxRefusal> + Send + 'static,
    ) -> Result<(), MailboxRefusal> {
        self.store.run(move |store| Ok(run(store))).await?
    }

    /// Where several servers keep them together: which wait for somebody now.
    async fn look(&self, user: &UserId) -> Result<(), MailboxRefusal> {
        if self.store.shared().is_some() {
            let owner = user.clone();
            let kept = self
                .store
                .run(move |store| store.of(Table::Messages, owner.as_str().as_bytes(), millis()));
            self.found(user, &kept.await?);
        }
        Ok(())
    }

    fn found(&self, user: &UserId, kept: &[Entry]) {
        let read = |entry: &Entry| shared::decode(user, entry);
        self.lock()
            .replace(user, kept.iter().filter_map(read).collect());
    }

    fn messages(&self) -> &Messages {
        if let Some(messages) = self.messages.get() {
            return messages;
        }
        let _opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(messages) = self.messages.get() {
            return messages;
        }
        if let Some(store) = self.store.shared() {
            let age = limits::KEEP + limits::CLOCK_SKEW;
            let shelf = store.shelf("messages", self.total_bytes, age);
            return self.messages.get_or_init(|| Messages {
                place: Some(Place::Shelf(shelf)),
                index: Mutex::default(),
            });
        }
        let Some(folder) = self.store.folder() else {
            debug!("no folder for messages: nobody can leave one");
            return &self.none;
        };
        match Folder::open(folder.join("messages"), millis()) {
            Ok((folder, index)) => self.messages.get_or_init(|| Messages {
                place: Some(Place::Folder(folder)),
                index: Mutex::new(index),
            }),
            Err(error) => {
                warn!(%error, "cannot use the folder for messages: nobody can leave one");
                &self.none
            }
        }
    }

    /// Completes when what was being put in place is, if the store is another process's by now: from
    /// then on no file comes of which that process does not know.
    pub(crate) async fn settled(&self) {
        drop(self.placing.write().await);
    }

    fn place(&self) -> io::Result<&Place> {
        let place = self.messages().place.as_ref();
        place.ok_or_else(|| io::Error::other("there is no folder for messages"))
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        let index = self.messages().index.lock();
        index.unwrap_or_else(PoisonError::into_inner)
    }
}

/// From whom somebody takes messages, by name.
pub(crate) fn named(kept: &[Entry]) -> Vec<CallerMark> {
    let receiver = kept.first();
    let receiver = receiver.and_then(|entry| Receiver::decode(&entry.value));
    receiver.map_or_else(Vec::new, |receiver| receiver.senders)
}

fn known(store: &dyn Store, user: &UserId) -> Result<Option<Receiver>, StoreError> {
    let entries = store.of(Table::MessageReceivers, user.as_str().as_bytes(), millis())?;
    let entry = entries.first();
    Ok(entry.and_then(|entry| Receiver::decode(&entry.value)))
}
