//! What waits to be written to one connection: bounded, so that a reader who is
//! too slow costs the server a known amount and nobody else any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use wimpex_protocol::{Frame, ServerMessage};

/// Why the server ends a connection from its own side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dismissal {
    /// The server stops.
    GoingAway,
    /// A newer connection of the same device took its place.
    Superseded,
    /// Its queue is full.
    TooSlow,
}

/// More is waiting than may wait.
#[derive(Debug)]
pub(crate) struct Full;

/// A frame that is ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) text: Utf8Bytes,
    /// It only acknowledges what the client has sent.
    pub(crate) is_ack: bool,
}

impl Outgoing {
    /// The message, with its number where its session has numbers.
    pub(crate) fn new(seq: Option<u64>, message: &ServerMessage) -> Self {
        Self {
            text: Frame { seq, message }.encode().into(),
            is_ack: matches!(message, ServerMessage::Ack(_)),
        }
    }
}

/// The end that everybody writes to.
pub(crate) struct Outbox {
    frames: mpsc::Sender<Outgoing>,
    dismissal: oneshot::Sender<Dismissal>,
    waiting_bytes: Arc<AtomicUsize>,
    max_bytes: usize,
}

/// The end that the connection's own task reads.
pub(crate) struct Queue {
    frames: mpsc::Receiver<Outgoing>,
    waiting_bytes: Arc<AtomicUsize>,
}

/// Where the connection's own task hears that it is to end.
pub(crate) struct Dismissed(oneshot::Receiver<Dismissal>);

/// A queue of at most so many messages and bytes; 0 is no limit.
pub(crate) fn channel(max_messages: usize, max_bytes: usize) -> (Outbox, Queue, Dismissed) {
    let or_all = |limit, all| if limit == 0 { all } else { limit };
    let capacity = or_all(max_messages, usize::MAX).min(Semaphore::MAX_PERMITS);
    let (frame_sender, frame_receiver) = mpsc::channel(capacity);
    let (dismissal_sender, dismissal_receiver) = oneshot::channel();
    let waiting_bytes = Arc::new(AtomicUsize::new(0));
    let outbox = Outbox {
        frames: frame_sender,
        dismissal: dismissal_sender,
        waiting_bytes: Arc::clone(&waiting_bytes),
        max_bytes: or_all(max_bytes, usize::MAX),
    };
    let queue = Queue {
        frames: frame_receiver,
        waiting_bytes,
    };
    (outbox, queue, Dismissed(dismissal_receiver))
}

impl Outbox {
    /// Adds a frame, or says that it does not fit. Never waits.
    pub(crate) fn push(&self, frame: Outgoing) -> Result<(), Full> {
        let bytes = frame.text.len();
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        // One message always fits, however small the limit.
        if waiting > 0 && waiting.saturating_add(bytes) > self.max_bytes {
            return Err(Full);
        }
        match self.frames.try_send(frame) {
            Err(mpsc::error::TrySendError::Full(_)) => Err(Full),
            // Closed: the task has ended, and leaves the lobby in a moment.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    /// Tells the connection's task to end, even while it is stuck writing.
    pub(crate) fn dismiss(self, why: Dismissal) {
        // An error means that the task has ended already.
        let _ = self.dismissal.send(why);
    }
}

impl Queue {
    /// The next frame; never ready once the outbox is gone.
    pub(crate) async fn next(&mut self) -> Outgoing {
        match self.frames.recv().await {
            Some(frame) => self.taken(frame),
            None => std::future::pending().await,
        }
    }

    /// The next frame if it is there already.
    pub(crate) fn try_next(&mut self) -> Option<Outgoing> {
        let frame = self.frames.try_recv().ok()?;
        Some(self.taken(frame))
    }

    fn taken(&self, frame: Outgoing) -> Outgoing {
        self.waiting_bytes
            .fetch_sub(frame.text.len(), Ordering::Relaxed);
        frame
    }
}

impl Dismissed {
    /// Completes when the connection is to end; must not be awaited after that.
    pub(crate) async fn wait(&mut self) -> Dismissal {
        // An outbox that is dropped without a word: the server is going down.
        (&mut self.0).await.unwrap_or(Dismissal::GoingAway)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Outgoing {
        Outgoing {
            text: text.into(),
            is_ack: false,
        }
    }

    #[test]
    fn messages_and_bytes_are_both_bounded() {
        let (outbox, mut queue, _dismissed) = channel(2, 10);
        assert!(outbox.push(frame("123456")).is_ok());
        assert!(outbox.push(frame("1234")).is_ok());
        assert!(outbox.push(frame("")).is_err(), "a third message");
        assert_eq!(queue.try_next().unwrap().text.as_str(), "123456");
        assert!(outbox.push(frame("12345678")).is_err(), "12 bytes");
    }

    #[test]
    fn one_message_fits_however_large() {
        let (outbox, mut queue, _dismissed) = channel(2, 10);
        assert!(outbox.push(frame("12345678901234567890")).is_ok());
        assert!(queue.try_next().is_some());
        assert!(outbox.push(frame("12345678901234567890")).is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        let (outbox, _queue, _dismissed) = channel(0, 0);
        for _ in 0..10_000 {
            assert!(outbox.push(frame(&"x".repeat(100))).is_ok());
        }
    }

    #[tokio::test]
    async fn a_dismissal_arrives_while_texts_wait() {
        let (outbox, _queue, mut dismissed) = channel(1, 0);
        assert!(outbox.push(frame("x")).is_ok());
        outbox.dismiss(Dismissal::TooSlow);
        assert_eq!(dismissed.wait().await, Dismissal::TooSlow);
    }
}
