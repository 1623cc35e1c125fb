//! A stream whose peer must take what is written to it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Fails with [`io::ErrorKind::TimedOut`] when nothing can be written for so long. It has a timer
/// only while that is so.
pub(crate) struct WriteTimeout<S> {
    io: S,
    /// Milliseconds, because there is one of these for every client.
    limit: u32,
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<S> WriteTimeout<S> {
    /// Over that stream, with that limit.
    pub(crate) fn new(io: S, limit: Duration) -> Self {
        Self {
            io,
            limit: u32::try_from(limit.as_millis()).unwrap_or(u32::MAX),
            stuck: None,
        }
    }

    fn limit<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let limit = Duration::from_millis(self.limit.into());
        let stuck = (self.stuck).get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stuck.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(context, bytes);
        this.limit(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write_vectored(context, parts);
        this.limit(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.io).poll_flush(context);
        this.limit(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.io).poll_shutdown(context);
        this.limit(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_let_go() {
        let (io, mut peer) = duplex(4);
        let mut stream = WriteTimeout::new(io, Duration::from_secs(10));
        assert!(stream.write_all(b"1234").await.is_ok());
        let stuck = stream.write_all(b"5").await;
        assert_eq!(stuck.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let mut taken = [0; 4];
        assert!(peer.read_exact(&mut taken).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_something_has_all_the_time_again() {
        let (io, mut peer) = duplex(4);
        let mut stream = WriteTimeout::new(io, Duration::from_secs(10));
        let writing = tokio::spawn(async move { stream.write_all(&[0; 40]).await });
        for _ in 0..9 {
            tokio::time::sleep(Duration::from_secs(9)).await;
            assert!(peer.read_exact(&mut [0; 4]).await.is_ok());
        }
        assert!(matches!(writing.await, Ok(Ok(()))));
    }
}
