//! Bytes and frames, counted where they come in: below the messages that they make up.
//!
//! Bytes have a rate: who sends faster is read more slowly, and TCP passes that on. It is
//! no reason to end the connection, whose messages have a rate of their own.
//!
//! A message may come in any number of fragments (RFC 6455, section 5.4), and
//! fragments may be empty. The library shows whole messages only, so that a
//! client that never ends one escapes every limit on messages.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use wimpex_limits::TokenBucket;
use wimpex_sansio::Now;

use crate::app::App;
use crate::config::Config;
use crate::rate_limit;

/// The longest header: two bytes, eight of length, four of mask.
const HEADER_BYTES: usize = 14;

/// A stream that ends with [`io::ErrorKind::QuotaExceeded`] when the peer sends too
/// many fragments, or does not end a fragmented message in time.
pub(super) struct FrameMeter<S> {
    io: S,
    headers: Headers,
    bytes: TokenBucket,
    /// Nothing is read until then: too many bytes have come.
    rest: Option<Pin<Box<Sleep>>>,
    app: Arc<App>,
    /// Once there were any.
    fragments: Option<Box<Fragments>>,
    /// The error has been returned; what comes now is thrown away by the reader.
    is_over: bool,
}

struct Fragments {
    bucket: TokenBucket,
    /// When a message began that has not ended.
    since: Option<Now>,
}

impl<S> FrameMeter<S> {
    /// Within the limits of the server.
    pub(super) fn new(io: S, app: Arc<App>) -> Self {
        let rate = app.config.limits.bytes_per_second;
        Self {
            io,
            headers: Headers::default(),
            bytes: rate_limit::byte_bucket(rate, app.clock.now()),
            rest: None,
            app,
            fragments: None,
            is_over: false,
        }
    }

    /// The longest message that may come; 0 is no limit.
    pub(super) fn max_frame_bytes(&self) -> usize {
        self.app.config.limits.max_frame_bytes
    }

    /// Whether whatever was read is whole: no frame and no fragmented message has begun.
    pub(super) fn is_between_messages(&self) -> bool {
        let fragments = self.fragments.as_ref();
        self.headers.is_between_frames() && fragments.is_none_or(|it| it.since.is_none())
    }

    /// Whether so many bytes may come now.
    fn count(&mut self, bytes: &[u8], now: Now) -> bool {
        let (config, fragments) = (&self.app.config, &mut self.fragments);
        let mut is_within = true;
        self.headers.read(bytes, |frame| {
            let is_last = frame & 0x80 != 0;
            if let (0x8.., _) | (0x1..=0x7, true) = (frame & 0x0f, is_last) {
                // A control frame, or a whole message.
                return;
            }
            let fragments = fragments.get_or_insert_with(|| Box::new(Fragments::new(config, now)));
            match (frame & 0x0f, is_last) {
                (0x1.., _) => fragments.since = Some(now),
                (_, false) => {}
                (_, true) => fragments.since = None,
            }
            is_within &= fragments.bucket.take(1.0, now);
        });
        let since = self.fragments.as_ref().and_then(|it| it.since);
        is_within && since.is_none_or(|since| now.since(since) <= config.timing.fragments)
    }
}

impl Fragments {
    fn new(config: &Config, now: Now) -> Self {
        Self {
            bucket: rate_limit::bucket(config.limits.messages_per_second, now),
            since: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FrameMeter<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(rest) = &mut this.rest {
            ready!(rest.as_mut().poll(context));
            this.rest = None;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.io).poll_read(context, buffer))?;
        let bytes = &buffer.filled()[before..];
        if !this.is_over {
            let now = this.app.clock.now();
            let rest = this.bytes.debit(bytes.len() as f64, now);
            this.rest = (!rest.is_zero()).then(|| Box::pin(sleep(rest)));
            if !this.count(bytes, now) {
                this.is_over = true;
                return Poll::Ready(Err(io::ErrorKind::QuotaExceeded.into()));
            }
        }
        Poll::Ready(Ok(()))
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
    length: u8,
    /// What is left of a frame's payload.
    payload: u64,
}

impl Headers {
    /// Whether no frame has begun that has not ended.
    fn is_between_frames(&self) -> bool {
        self.length == 0 && self.payload == 0
    }

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
            self.header[usize::from(self.length)] = bytes[0];
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
        let header = &self.header[..usize::from(self.length)];
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
