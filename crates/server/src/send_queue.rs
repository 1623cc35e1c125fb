//! What waits to be written to one connection: bounded, so that a reader who is
//! too slow costs the server a known amount and nobody else any time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::frame::OutgoingFrame;

/// Why the server ends a connection from its own side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// The server stops; clients are to come back within this time.
    GoingAway {
        /// Longer than zero where there are many.
        reconnect_within: Duration,
    },
    /// A newer connection of the same device took its place.
    Superseded,
    /// Its queue is full.
    TooSlow,
    /// The host has ended it.
    Dismissed,
}

/// Over which clients of a server that stops come back; see [`reconnect_window`].
const LEAST_RECONNECT_WINDOW: Duration = Duration::from_millis(250);

/// Over which so many clients of a server that stops are to come back: a server that has
/// just started, and the proxy before it, take five hundred TLS handshakes and logins a
/// second with ease.
pub(crate) fn reconnect_window(clients: usize) -> Duration {
    let millis = u64::try_from(clients).unwrap_or(u64::MAX).saturating_mul(2);
    let most = wimpex_protocol::close_code::MAX_RECONNECT_WINDOW;
    Duration::from_millis(millis).clamp(LEAST_RECONNECT_WINDOW, most)
}

/// More is waiting than may wait.
#[derive(Debug)]
pub(crate) struct Full;

/// How much may wait for one client; 0 is no limit.
#[derive(Clone, Copy)]
pub(crate) struct QueueLimits {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

/// Shared by both ends. Frames take memory only while some wait: tokio's channels keep a block of
/// 32 places for everybody, which is more than all the rest of an idle client.
struct Shared {
    limits: QueueLimits,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    frames: VecDeque<OutgoingFrame>,
    /// Of the frames.
    bytes: usize,
    close: Option<CloseReason>,
    reader: Option<Waker>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what waits, and wakes who reads it.
    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        let mut waiting = self.lock();
        change(&mut waiting);
        let reader = waiting.reader.take();
        drop(waiting);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Waiting {
    fn push(&mut self, frame: OutgoingFrame) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
    }

    fn pop(&mut self) -> Option<OutgoingFrame> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.len();
        if self.frames.is_empty() {
            self.frames = VecDeque::new();
        }
        Some(frame)
    }

    fn fits(&self, bytes: usize, limits: QueueLimits) -> bool {
        let fits = |limit: usize, sum: usize| limit == 0 || sum <= limit;
        // One message always fits, however small the limit.
        self.frames.is_empty()
            || (fits(limits.messages, self.frames.len() + 1)
                && fits(limits.bytes, self.bytes + bytes))
    }
}

/// The end that everybody writes to. Once it is dropped the connection's task ends.
pub(crate) struct SendQueue(Arc<Shared>);

/// The end that the connection's own task reads.
pub(crate) struct SendQueueReader(Arc<Shared>);

/// What the connection's own task is to do next.
#[derive(Debug)]
pub(crate) enum Next {
    /// To write this; whether there is more.
    Write(OutgoingFrame, bool),
    /// To end. Said each time.
    Close(CloseReason),
}

/// A queue within these limits.
pub(crate) fn channel(limits: QueueLimits) -> (SendQueue, SendQueueReader) {
    let shared = Arc::new(Shared {
        limits,
        waiting: Mutex::default(),
    });
    (SendQueue(Arc::clone(&shared)), SendQueueReader(shared))
}

impl SendQueue {
    /// Adds a frame, or says that it does not fit. Never waits.
    pub(crate) fn push(&self, frame: OutgoingFrame) -> Result<(), Full> {
        if !self.has_room(frame.len(), self.0.limits) {
            return Err(Full);
        }
        self.push_owed(frame);
        Ok(())
    }

    /// Whether a frame of so many bytes fits within these limits.
    pub(crate) fn has_room(&self, bytes: usize, limits: QueueLimits) -> bool {
        self.0.lock().fits(bytes, limits)
    }

    /// How many frames wait, and how many bytes.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let waiting = self.0.lock();
        (waiting.frames.len(), waiting.bytes)
    }

    /// Adds a frame that another limit has let pass already: what a session is
    /// owed was bounded while it was absent, and it goes out in one piece.
    pub(crate) fn push_owed(&self, frame: OutgoingFrame) {
        self.0.change(|waiting| waiting.push(frame));
    }

    /// Tells the connection's task to end, even while it is stuck writing.
    pub(crate) fn close(self, reason: CloseReason) {
        self.0.change(|waiting| waiting.close = Some(reason));
    }
}

impl Drop for SendQueue {
    /// Without a word: the server is going down.
    fn drop(&mut self) {
        let reason = CloseReason::GoingAway {
            reconnect_within: LEAST_RECONNECT_WINDOW,
        };
        self.0.change(|waiting| {
            waiting.close.get_or_insert(reason);
        });
    }
}

impl SendQueueReader {
    /// What is next; frames only where `writes`.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>, writes: bool) -> Poll<Next> {
        let mut waiting = self.0.lock();
        if let Some(reason) = waiting.close {
            return Poll::Ready(Next::Close(reason));
        }
        if writes && let Some(frame) = waiting.pop() {
            return Poll::Ready(Next::Write(frame, !waiting.frames.is_empty()));
        }
        let waker = context.waker();
        if !(waiting.reader.as_ref()).is_some_and(|known| known.will_wake(waker)) {
            waiting.reader = Some(waker.clone());
        }
        Poll::Pending
    }

    /// The text of the next frame if it is there already.
    pub(crate) fn try_next(&mut self) -> Option<Utf8Bytes> {
        Some(self.0.lock().pop()?.text())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    fn frame(text: &str) -> OutgoingFrame {
        OutgoingFrame::raw(text)
    }

    fn queue(messages: usize, bytes: usize) -> (SendQueue, SendQueueReader) {
        channel(QueueLimits { messages, bytes })
    }

    #[test]
    fn messages_and_bytes_are_both_bounded() {
        let (queue, mut reader) = queue(2, 10);
        assert!(queue.push(frame("123456")).is_ok());
        assert!(queue.push(frame("1234")).is_ok());
        assert!(queue.push(frame("")).is_err(), "a third message");
        assert_eq!(reader.try_next().unwrap().as_str(), "123456");
        assert!(queue.push(frame("12345678")).is_err(), "12 bytes");
    }

    #[test]
    fn one_message_fits_however_large() {
        let (queue, mut reader) = queue(2, 10);
        assert!(queue.push(frame("12345678901234567890")).is_ok());
        assert!(reader.try_next().is_some());
        assert!(queue.push(frame("12345678901234567890")).is_ok());
    }

    #[test]
    fn what_is_owed_goes_out_whatever_the_limits() {
        let (queue, mut reader) = queue(1, 10);
        queue.push_owed(frame("12345678"));
        queue.push_owed(frame("12345678"));
        assert!(queue.push(frame("1")).is_err());
        assert!(reader.try_next().is_some() && reader.try_next().is_some());
        assert!(queue.push(frame("1")).is_ok());
    }

    #[test]
    fn the_more_clients_the_longer_they_take_to_come_back() {
        let seconds = |clients| reconnect_window(clients).as_secs_f64();
        assert_eq!((seconds(0), seconds(5)), (0.25, 0.25));
        assert_eq!((seconds(1_000), seconds(10_000)), (2.0, 20.0));
        assert_eq!((seconds(1_000_000), seconds(usize::MAX)), (60.0, 60.0));
    }

    #[test]
    fn zero_is_no_limit() {
        let (queue, _reader) = queue(0, 0);
        for _ in 0..10_000 {
            assert!(queue.push(frame(&"x".repeat(100))).is_ok());
        }
    }

    #[tokio::test]
    async fn the_end_is_told_before_the_frames_that_wait() {
        let (sender, mut reader) = queue(1, 0);
        assert!(sender.push(frame("x")).is_ok());
        sender.close(CloseReason::TooSlow);
        let next = poll_fn(|context| reader.poll(context, true)).await;
        assert!(matches!(next, Next::Close(CloseReason::TooSlow)));
        assert!(reader.try_next().is_some());
    }

    #[tokio::test]
    async fn who_reads_is_woken() {
        let (sender, mut reader) = queue(0, 0);
        let reading = tokio::spawn(async move {
            let next = poll_fn(|context| reader.poll(context, true)).await;
            (next, reader)
        });
        tokio::task::yield_now().await;
        assert!(sender.push(frame("x")).is_ok());
        let (next, mut reader) = reading.await.unwrap();
        assert!(matches!(next, Next::Write(_, false)));
        let reading = tokio::spawn(async move {
            // Frames wait while it writes, and the end does not.
            poll_fn(|context| reader.poll(context, false)).await
        });
        tokio::task::yield_now().await;
        assert!(sender.push(frame("y")).is_ok());
        tokio::task::yield_now().await;
        assert!(!reading.is_finished());
        drop(sender);
        let next = reading.await.unwrap();
        assert!(matches!(next, Next::Close(CloseReason::GoingAway { .. })));
    }
}
