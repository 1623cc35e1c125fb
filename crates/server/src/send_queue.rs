//! What waits to be written to one connection: bounded, so that a reader who is
//! too slow costs the server a known amount and nobody else any time.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use wimpex_limits::Budget;

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

/// What waits, shared by both ends. It takes memory only while something does: tokio's channels
/// keep a block of 32 places for everybody, which is more than all the rest of an idle client.
#[derive(Clone, Default)]
struct Frames(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    frames: VecDeque<OutgoingFrame>,
    reader: Option<Waker>,
}

impl Frames {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, frame: OutgoingFrame) {
        let mut waiting = self.lock();
        waiting.frames.push_back(frame);
        let reader = waiting.reader.take();
        drop(waiting);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Waiting {
    fn pop(&mut self) -> Option<OutgoingFrame> {
        let frame = self.frames.pop_front()?;
        if self.frames.is_empty() {
            self.frames = VecDeque::new();
        }
        Some(frame)
    }
}

/// The end that everybody writes to.
pub(crate) struct SendQueue {
    frames: Frames,
    close: oneshot::Sender<CloseReason>,
    waiting_frames: Budget,
    waiting_bytes: Budget,
}

/// The end that the connection's own task reads.
pub(crate) struct SendQueueReader {
    frames: Frames,
    waiting_frames: Budget,
    waiting_bytes: Budget,
}

/// Where the connection's own task learns that it is to end.
pub(crate) struct CloseSignal(oneshot::Receiver<CloseReason>);

/// A queue of at most so many messages and bytes; 0 is no limit.
pub(crate) fn channel(
    max_messages: usize,
    max_bytes: usize,
) -> (SendQueue, SendQueueReader, CloseSignal) {
    let frames = Frames::default();
    let waiting_frames = Budget::new(max_messages);
    let (close_sender, close_receiver) = oneshot::channel();
    let waiting_bytes = Budget::new(max_bytes);
    let queue = SendQueue {
        frames: frames.clone(),
        close: close_sender,
        waiting_frames: waiting_frames.clone(),
        waiting_bytes: waiting_bytes.clone(),
    };
    let reader = SendQueueReader {
        frames,
        waiting_frames,
        waiting_bytes,
    };
    (queue, reader, CloseSignal(close_receiver))
}

impl SendQueue {
    /// Adds a frame, or says that it does not fit. Never waits.
    pub(crate) fn push(&self, frame: OutgoingFrame) -> Result<(), Full> {
        // One message always fits, however small the limit.
        if !self.waiting_bytes.try_hold_or_alone(frame.len()) {
            return Err(Full);
        }
        if !self.waiting_frames.try_hold(1) {
            self.waiting_bytes.release(frame.len());
            return Err(Full);
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Whether a frame of so many bytes fits within these limits.
    pub(crate) fn has_room(&self, bytes: usize, limits: QueueLimits) -> bool {
        let frames = self.waiting_frames.held();
        let fits = |limit: usize, sum: usize| limit == 0 || sum <= limit;
        frames == 0
            || (fits(limits.messages, frames + 1)
                && fits(limits.bytes, self.waiting_bytes.held() + bytes))
    }

    /// How many frames wait, and how many bytes.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.waiting_frames.held(), self.waiting_bytes.held())
    }

    /// Adds a frame that another limit has let pass already: what a session is
    /// owed was bounded while it was absent, and it goes out in one piece.
    pub(crate) fn push_owed(&self, frame: OutgoingFrame) {
        self.waiting_bytes.hold(frame.len());
        self.waiting_frames.hold(1);
        self.frames.push(frame);
    }

    /// Tells the connection's task to end, even while it is stuck writing.
    pub(crate) fn close(self, reason: CloseReason) {
        // An error means that the task has ended already.
        let _ = self.close.send(reason);
    }
}

impl SendQueueReader {
    /// The next frame, as soon as there is one.
    pub(crate) async fn next(&mut self) -> OutgoingFrame {
        let next = poll_fn(|context| {
            let mut waiting = self.frames.lock();
            match waiting.pop() {
                Some(frame) => Poll::Ready(frame),
                None => {
                    waiting.reader = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        });
        self.taken(next.await)
    }

    /// The text of the next frame if it is there already.
    pub(crate) fn try_next(&mut self) -> Option<Utf8Bytes> {
        let frame = self.frames.lock().pop()?;
        Some(self.taken(frame).text())
    }

    fn taken(&self, frame: OutgoingFrame) -> OutgoingFrame {
        self.waiting_bytes.release(frame.len());
        self.waiting_frames.release(1);
        frame
    }
}

impl CloseSignal {
    /// Completes when the connection is to end; must not be awaited after that.
    pub(crate) async fn wait(&mut self) -> CloseReason {
        // A queue that is dropped without a word: the server is going down.
        (&mut self.0).await.unwrap_or(CloseReason::GoingAway {
            reconnect_within: LEAST_RECONNECT_WINDOW,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> OutgoingFrame {
        OutgoingFrame::raw(text)
    }

    #[test]
    fn messages_and_bytes_are_both_bounded() {
        let (queue, mut reader, _close_signal) = channel(2, 10);
        assert!(queue.push(frame("123456")).is_ok());
        assert!(queue.push(frame("1234")).is_ok());
        assert!(queue.push(frame("")).is_err(), "a third message");
        assert_eq!(reader.try_next().unwrap().as_str(), "123456");
        assert!(queue.push(frame("12345678")).is_err(), "12 bytes");
    }

    #[test]
    fn one_message_fits_however_large() {
        let (queue, mut reader, _close_signal) = channel(2, 10);
        assert!(queue.push(frame("12345678901234567890")).is_ok());
        assert!(reader.try_next().is_some());
        assert!(queue.push(frame("12345678901234567890")).is_ok());
    }

    #[test]
    fn what_is_owed_goes_out_whatever_the_limits() {
        let (queue, mut reader, _close_signal) = channel(1, 10);
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
        let (queue, _reader, _close_signal) = channel(0, 0);
        for _ in 0..10_000 {
            assert!(queue.push(frame(&"x".repeat(100))).is_ok());
        }
    }

    #[tokio::test]
    async fn a_close_signal_arrives_while_frames_wait() {
        let (queue, _reader, mut close_signal) = channel(1, 0);
        assert!(queue.push(frame("x")).is_ok());
        queue.close(CloseReason::TooSlow);
        assert_eq!(close_signal.wait().await, CloseReason::TooSlow);
    }
}
