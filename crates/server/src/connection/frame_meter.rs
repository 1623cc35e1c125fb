//! Bytes and frames, counted where they come in: below the messages that they make up.
//!
//! Bytes have a rate: who sends faster is read more slowly, and TCP passes that on. It is
//! no reason to end the connection, whose messages have a rate of their own.
//!
//! What the socket has goes through one buffer of the thread, so that a client who is silent
//! needs none: the library would keep one for each from the start.
//!
//! A message may come in any number of fragments (RFC 6455, section 5.4), and
//! fragments may be empty. The library shows whole messages only, so that a
//! client that never ends one escapes every limit on messages.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use wimpex_limits::TokenBucket;
use wimpex_relay::clock::Clock;
use wimpex_sansio::Now;

/// The longest header: two bytes, eight of length, four of mask.
const HEADER_BYTES: usize = 14;

/// What is read at a time; a description fits in two of them.
const READ_BYTES: usize = 16 * 1024;

thread_local! {
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// A stream that ends with [`io::ErrorKind::QuotaExceeded`] when the peer sends too
/// many fragments, or does not end a fragmented message in time.
pub(super) struct FrameMeter<S> {
    io: S,
    headers: Headers,
    bytes: TokenBucket,
    /// Nothing is read until then: too many bytes have come.
    rest: Option<Pin<Box<Sleep>>>,
    fragments: TokenBucket,
    fragmented_since: Option<Now>,
    deadline: Duration,
    clock: Clock,
    /// What was read and not asked for yet, and how much of it was.
    left: Option<(Box<[u8]>, usize)>,
    /// The error has been returned; what comes now is thrown away by the reader.
    is_over: bool,
}

impl<S> FrameMeter<S> {
    /// `bytes` and `fragments` at a time and in the long run; a fragmented message must
    /// end within `deadline` of its first fragment.
    pub(super) fn new(
        io: S,
        bytes: TokenBucket,
        fragments: TokenBucket,
        deadline: Duration,
        clock: Clock,
    ) -> Self {
        Self {
            io,
            headers: Headers::default(),
            bytes,
            rest: None,
            fragments,
            fragmented_since: None,
            deadline,
            clock,
            left: None,
            is_over: false,
        }
    }

    /// Whether so many bytes may come now.
    fn count(&mut self, bytes: &[u8]) -> bool {
        let now = self.clock.now();
        let (fragments, since) = (&mut self.fragments, &mut self.fragmented_since);
        let mut is_within = true;
        self.headers.read(bytes, |frame| {
            let is_last = frame & 0x80 != 0;
            match (frame & 0x0f, is_last) {
                // A control frame, or a whole message.
                (0x8.., _) | (0x1..=0x7, true) => return,
                (0x1..=0x7, false) => *since = Some(now),
                (_, false) => {}
                (_, true) => *since = None,
            }
            is_within &= fragments.take(1.0, now);
        });
        is_within && since.is_none_or(|since| now.since(since) <= self.deadline)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FrameMeter<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some((bytes, taken)) = &mut this.left {
            let more = &bytes[*taken..];
            let fits = more.len().min(buffer.remaining());
            buffer.put_slice(&more[..fits]);
            *taken += fits;
            if *taken == bytes.len() {
                this.left = None;
            }
            return Poll::Ready(Ok(()));
        }
        if let Some(rest) = &mut this.rest {
            ready!(rest.as_mut().poll(context));
            this.rest = None;
        }
        READ.with_borrow_mut(|read| {
            let mut read = ReadBuf::new(read);
            ready!(Pin::new(&mut this.io).poll_read(context, &mut read))?;
            let bytes = read.filled();
            if !this.is_over {
                let rest = this.bytes.debit(bytes.len() as f64, this.clock.now());
                this.rest = (!rest.is_zero()).then(|| Box::pin(sleep(rest)));
                if !this.count(bytes) {
                    this.is_over = true;
                    return Poll::Ready(Err(io::ErrorKind::QuotaExceeded.into()));
                }
            }
            let (now, later) = bytes.split_at(bytes.len().min(buffer.remaining()));
            buffer.put_slice(now);
            this.left = (!later.is_empty()).then(|| (later.into(), 0));
            Poll::Ready(Ok(()))
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FrameMeter<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }
}

/// Finds the headers of frames (RFC 6455, section 5.2) in a stream of bytes.
#[derive(Default)]
struct Headers {
    header: [u8; HEADER_BYTES],
    /// How much of it is there.
    length: usize,
    /// What is left of a frame's payload.
    payload: u64,
}

impl Headers {
    /// Calls `found` with the first byte of each header that is complete.
    fn read(&mut self, mut bytes: &[u8], mut found: impl FnMut(u8)) {
        while !bytes.is_empty() {
            if self.payload > 0 {
                let skipped = self.payload.min(bytes.len() as u64);
                self.payload -= skipped;
                // No more than there are bytes.
                bytes = &bytes[skipped as usize..];
                continue;
            }
            self.header[self.length] = bytes[0];
            self.length += 1;
            bytes = &bytes[1..];
            if let Some(payload) = self.payload() {
                self.payload = payload;
                self.length = 0;
                found(self.header[0]);
            }
        }
    }

    /// The length of the payload, once the header is complete.
    fn payload(&self) -> Option<u64> {
        let header = &self.header[..self.length];
        let (mask, short) = (header.get(1)? & 0x80 != 0, header[1] & 0x7f);
        let extended = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if header.len() < 2 + extended + if mask { 4 } else { 0 } {
            return None;
        }
        let long = header[2..2 + extended]
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        Some(if extended == 0 { short.into() } else { long })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_however_the_bytes_come() {
        let mut stream = vec![0x81, 0x85, 1, 2, 3, 4];
        stream.extend([b'x'; 5]);
        stream.extend([0x01, 0xfe, 0x01, 0x00, 1, 2, 3, 4]);
        stream.extend([b'y'; 256]);
        stream.extend([0x00, 0x80, 1, 2, 3, 4]);
        stream.extend([0x80, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, b'z']);
        stream.extend([0x89, 0x00]);
        for piece in [1, 2, 3, 7, 1000] {
            let (mut headers, mut found) = (Headers::default(), Vec::new());
            for bytes in stream.chunks(piece) {
                headers.read(bytes, |first| found.push(first));
            }
            assert_eq!(found, [0x81, 0x01, 0x00, 0x80, 0x89], "{piece}");
        }
    }
}
