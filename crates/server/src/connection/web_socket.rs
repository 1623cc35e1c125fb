//! A WebSocket that needs the library's state only while something is under way.
//!
//! Between two messages a connection that is open has nothing to remember of the protocol: no part
//! of a frame, no fragment, nothing to write. The library's state with its two buffers is taken out
//! of a few of the thread's then, and put back, so that whoever is silent costs none of it.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::frame_meter::FrameMeter;

/// What is read at a time.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// A state through which a longer message has gone has buffers as long, and is not used again.
const KEPT_BUFFER_BYTES: usize = 16 * 1024;
/// So many states does a thread keep: one is enough, but for those who are in the middle of
/// something.
const KEPT_STATES: usize = 16;

thread_local! {
    #[expect(clippy::vec_box, reason = "they go to a connection and come back, as they are")]
    static KEPT: RefCell<Vec<Box<State>>> = const { RefCell::new(Vec::new()) };
}

/// See the module.
pub(super) struct WebSocket<S> {
    io: FrameMeter<S>,
    state: Option<Box<State>>,
}

/// What the library remembers of a connection.
struct State {
    protocol: WebSocketContext,
    /// What was written since all had left.
    unflushed: usize,
    is_large: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// The server's end of a connection, after the handshake.
    pub(super) fn new(io: FrameMeter<S>) -> Self {
        Self { io, state: None }
    }

    /// What is below.
    pub(super) fn io(&mut self) -> &mut FrameMeter<S> {
        &mut self.io
    }

    /// The next message; `None` after the end.
    pub(super) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, Error>>> {
        let (state, mut io) = self.parts(context);
        match state.protocol.read(&mut io) {
            Ok(message) => {
                state.is_large |= message.len() > KEPT_BUFFER_BYTES;
                Poll::Ready(Some(Ok(message)))
            }
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => Poll::Ready(None),
            Err(error) if would_block(&error) => {
                if let Err(error) = self.rest(context) {
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Pending
            }
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    /// Takes a message to be written; it is on its way when [`poll_flush`](Self::poll_flush) says
    /// so.
    pub(super) fn feed(
        &mut self,
        context: &mut Context<'_>,
        message: Message,
    ) -> Result<(), Error> {
        let (state, mut io) = self.parts(context);
        state.unflushed += message.len();
        state.is_large |= state.unflushed > KEPT_BUFFER_BYTES;
        match state.protocol.write(&mut io, message) {
            // It has been taken all the same.
            Err(error) if would_block(&error) => Ok(()),
            done => done,
        }
    }

    /// Completes when all that was fed has been written.
    pub(super) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.state.is_none() {
            return Poll::Ready(Ok(()));
        }
        let (state, mut io) = self.parts(context);
        match state.protocol.flush(&mut io) {
            Err(error) if would_block(&error) => Poll::Pending,
            done => {
                state.unflushed = 0;
                Poll::Ready(done)
            }
        }
    }

    /// Gives the state back if there is nothing to remember: nothing more can be read now.
    fn rest(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        if !self.io.is_between_messages() {
            return Ok(());
        }
        if let Poll::Ready(flushed) = self.poll_flush(context) {
            flushed?;
            if let Some(state) = self.state.take_if(|state| state.protocol.can_write()) {
                state.keep();
            }
        }
        Ok(())
    }

    fn parts<'a, 'b>(
        &'a mut self,
        context: &'a mut Context<'b>,
    ) -> (&'a mut State, Blocking<'a, 'b, S>) {
        let io = &self.io;
        let state = (self.state).get_or_insert_with(|| State::take(io.max_frame_bytes()));
        let io = Blocking {
            io: &mut self.io,
            context,
        };
        (state, io)
    }
}

impl State {
    fn take(max_bytes: usize) -> Box<Self> {
        let max = Some(max_bytes).filter(|max| *max != 0);
        let kept = KEPT.with_borrow_mut(Vec::pop);
        let mut state = kept.unwrap_or_else(|| {
            let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
            Box::new(Self {
                protocol: WebSocketContext::new(Role::Server, Some(config)),
                unflushed: 0,
                is_large: false,
            })
        });
        state.protocol.set_config(|config| {
            config.max_frame_size = max;
            config.max_message_size = max;
        });
        state
    }

    fn keep(self: Box<Self>) {
        if !self.is_large {
            KEPT.with_borrow_mut(|kept| {
                if kept.len() < KEPT_STATES {
                    kept.push(self);
                }
            });
        }
    }
}

fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
}

/// What is polled, as the library wants it: it says that it would block, and the task is woken
/// when it would not.
struct Blocking<'a, 'b, S> {
    io: &'a mut FrameMeter<S>,
    context: &'a mut Context<'b>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Blocking<'_, '_, S> {
    fn answer<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
        match poll {
            Poll::Ready(done) => done,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn poll_read(&mut self, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut read = ReadBuf::new(bytes);
        ready!(Pin::new(&mut *self.io).poll_read(self.context, &mut read))?;
        Poll::Ready(Ok(read.filled().len()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Read for Blocking<'_, '_, S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Self::answer(self.poll_read(bytes))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Write for Blocking<'_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::answer(Pin::new(&mut *self.io).poll_write(self.context, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Self::answer(Pin::new(&mut *self.io).poll_flush(self.context))
    }
}
