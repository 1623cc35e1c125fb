//! Messages that go straight to a page of their receiver's: as they come in they go out, and rest
//! nowhere.
//!
//! The page hears of one as of those that rest here, and asks for it in the same way; nothing is read
//! from its sender's socket before. If no page asks, nothing is lost: it can come to rest still.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use wimpex_mailbox::MessageName;
use wimpex_protocol::UserId;

/// Pieces, of what a socket is read by, that are between two sockets at most.
const PIECES: usize = 2;

/// Those that may be asked for, or are on their way.
#[derive(Default)]
pub(super) struct Passages(Mutex<HashMap<(UserId, MessageName), Open>>);

struct Open {
    envelope: String,
    size: u64,
    /// `None` once a page has asked.
    asked: Option<oneshot::Sender<mpsc::Sender<Bytes>>>,
    came: oneshot::Sender<()>,
}

impl Passages {
    /// Envelopes of those that nobody has asked for yet.
    pub(super) fn of(&self, user: &UserId) -> Vec<String> {
        let open = self.lock();
        let of_user = open.iter().filter(|((receiver, _), _)| receiver == user);
        let unasked = of_user.filter(|(_, it)| it.asked.is_some());
        unasked.map(|(_, it)| it.envelope.clone()).collect()
    }

    /// Somebody asks for it: its size, and what will come of it.
    pub(super) fn take(&self, user: &UserId, name: &MessageName) -> Option<(u64, Passing)> {
        let mut open = self.lock();
        let it = open.get_mut(&(user.clone(), name.clone()))?;
        let (to, pieces) = mpsc::channel(PIECES);
        it.asked.take()?.send(to).ok()?;
        let left = it.size;
        Some((left, Passing { pieces, left }))
    }

    pub(super) fn has(&self, user: &UserId, name: &MessageName) -> bool {
        self.lock().contains_key(&(user.clone(), name.clone()))
    }

    /// The page has it, or does not want it: which of both is not its sender's to know.
    pub(super) fn came(&self, user: &UserId, name: &MessageName) {
        if let Some(open) = self.lock().remove(&(user.clone(), name.clone())) {
            // The sender may have left.
            let _ = open.came.send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(UserId, MessageName), Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sender's end.
pub(crate) struct Passage {
    passages: Arc<Passages>,
    key: (UserId, MessageName),
    asked: oneshot::Receiver<mpsc::Sender<Bytes>>,
    came: oneshot::Receiver<()>,
}

/// What becomes of an offer.
pub(crate) enum PageReply {
    /// A page asks for it.
    Asked(mpsc::Sender<Bytes>),
    /// It has judged by the envelope alone.
    Came,
}

impl Passage {
    pub(super) fn open(
        passages: Arc<Passages>,
        receiver: UserId,
        name: MessageName,
        envelope: String,
        size: u64,
    ) -> Self {
        let (to_page, asked) = oneshot::channel();
        let (to_sender, came) = oneshot::channel();
        let open = Open {
            envelope,
            size,
            asked: Some(to_page),
            came: to_sender,
        };
        let key = (receiver, name);
        // The place that it holds in the index is its alone, and so is this.
        passages.lock().insert(key.clone(), open);
        Self {
            passages,
            key,
            asked,
            came,
        }
    }

    /// Completes when a page has said something of it.
    pub(crate) async fn offered(&mut self) -> PageReply {
        match (&mut self.asked).await {
            Ok(to) => PageReply::Asked(to),
            Err(_) => PageReply::Came,
        }
    }

    /// Completes when the page has said that it came.
    pub(crate) async fn came(mut self) -> bool {
        (&mut self.came).await.is_ok()
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.passages.lock().remove(&self.key);
    }
}

/// The page's end.
pub(crate) struct Passing {
    pieces: mpsc::Receiver<Bytes>,
    left: u64,
}

impl Passing {
    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// Where its sender has left, or sent something else than what was signed.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        match self.pieces.recv().await {
            Some(piece) => {
                self.left = self.left.saturating_sub(piece.len() as u64);
                Ok(Some(piece))
            }
            None if self.left == 0 => Ok(None),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
