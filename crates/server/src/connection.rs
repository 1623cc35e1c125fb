//! One WebSocket's life: hello, login, messages both ways, the close handshake.
//!
//! One task, which is polled and not awaited, so that it is small: most of them wait. It goes on
//! with whatever comes first: word that it must
//! end, a text to write, a frame to read, or a moment of its timers. It must
//! not know other connections: what they have to do with each other is the
//! registry's.

#[cfg(test)]
mod autobahn;
mod close_cause;
mod close_handshake;
mod errors;
mod frame_meter;
mod timers;
mod web_socket;

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep_until};
use tokio_tungstenite::tungstenite::{self, Bytes, Message};
use tracing::{debug, info};
use wimpex_hub::{Identity, SessionId};
use wimpex_limits::Network;
use wimpex_protocol::{
    ClientMessage, DecodeError, ErrorCode, ErrorMessage, Frame, Hello, Login, MessagesWaiting,
    ServerMessage, Welcome, close_code,
};
use wimpex_sansio::Now;
use wimpex_stream::AckOutOfRange;

use crate::app::App;
use crate::connection_id::ConnectionId;
use crate::frame::FrameKind;
use crate::login::{self, LoginChallenge};
use crate::random;
use crate::rate_limit::{Decision, RateLimiter};
use crate::resumable_session::Receipt;
use crate::send_queue::{Next, SendQueueReader};
use close_cause::CloseCause;
use errors::error;
use frame_meter::FrameMeter;
use timers::{NEVER, Timers};
use web_socket::WebSocket;

/// So many texts go out together, when more than one waits.
const WRITE_BATCH: usize = 16;
/// A client is told at least every so many frames that they have arrived …
const ACK_EVERY: u64 = 16;
/// … and after this long at the latest.
const ACK_AFTER: Duration = Duration::from_secs(1);
/// Over which those come back for whom there was no place: soon, because somebody may have closed
/// a tab, and not all at once.
const NO_PLACE: Duration = Duration::from_secs(5);
/// So much is done for one connection before others have their turn.
const STEPS_AT_ONCE: usize = 64;

/// Serves a socket until it has ended, and holds `held` as long. A login by key must be signed for
/// one of `origins`.
pub(crate) fn serve<S, H>(
    io: S,
    app: Arc<App>,
    network: Network,
    origins: Vec<String>,
    held: H,
) -> impl Future<Output = ()> + Send
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    H: Send + Unpin,
{
    let (id, queue) = app.registry.enter(network);
    info!(connection = id.0, "connected");
    let mut socket = Connection::new(io, Member { app, id }, queue);
    let stage = match socket.say_hello(origins) {
        Ok(()) => Stage::Talking(socket),
        Err(NoRandomness) => Stage::Closing(socket.end(CloseCause::NoRandomness)),
    };
    Serving { stage, _held: held }
}

/// Tells a client why it is not let in, and over how long it should come back: this server is
/// being drained, or there are too many connections.
pub(crate) async fn refuse<S>(io: S, app: Arc<App>, is_draining: bool)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let cause = match is_draining {
        true => CloseCause::Drained {
            reconnect_within: app.registry.drained_window(),
        },
        false => CloseCause::NoPlace {
            reconnect_within: NO_PLACE,
        },
    };
    info!(%cause, "turned away");
    let limit = app.config.timing.close_handshake;
    let ws = WebSocket::new(FrameMeter::new(io, app));
    close_handshake::perform(ws, cause, None, limit).await;
}

/// A connection's life. A future by hand: what an `async fn` is given it would keep beside what it
/// makes of that, and there is one of these for everybody.
struct Serving<S, H> {
    stage: Stage<S>,
    _held: H,
}

#[expect(clippy::large_enum_variant, reason = "nearly all are the large one")]
enum Stage<S> {
    Talking(Connection<S>),
    /// Boxed, because it is short.
    Closing(Closing),
    Over,
}

type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<S, H> Future for Serving<S, H>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    H: Unpin,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let stage = &mut self.get_mut().stage;
        loop {
            match stage {
                Stage::Talking(socket) => {
                    let end = ready!(socket.poll_talk(context));
                    if let Stage::Talking(socket) = mem::replace(stage, Stage::Over) {
                        *stage = Stage::Closing(socket.end(end));
                    }
                }
                Stage::Closing(closing) => return closing.as_mut().poll(context),
                Stage::Over => return Poll::Ready(()),
            }
        }
    }
}

/// A connection's place in the registry. It is left also when the task is dropped in the middle of
/// something.
struct Member {
    app: Arc<App>,
    id: ConnectionId,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.app.registry.leave(self.id);
    }
}

/// The system has no randomness to give.
struct NoRandomness;

struct Connection<S> {
    ws: WebSocket<S>,
    member: Member,
    queue: SendQueueReader,
    is_logged_in: bool,
    /// What was written has not left, and must have by then; or [`NEVER`].
    write_until: Now,
    /// Sent in `hello`, and gone with the first login: it counts once.
    challenge: Option<Box<LoginChallenge>>,
    /// It has come from another server, where its session is being fetched.
    fetching: Option<Box<Fetching>>,
    limiter: RateLimiter,
    timers: Timers,
    /// Fires at the next of them, or earlier.
    alarm: Pin<Box<Sleep>>,
}

/// Somebody who is logged in when their session has come, or is known not to.
struct Fetching {
    told: oneshot::Receiver<()>,
    identity: Identity,
    welcome: Welcome,
    login: Login,
}

impl<S> Connection<S>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    fn new(io: S, member: Member, queue: SendQueueReader) -> Self {
        let app = &member.app;
        let ws = WebSocket::new(FrameMeter::new(io, Arc::clone(app)));
        let (now, timing) = (app.clock.now(), &app.config.timing);
        let rate = app.config.limits.messages_per_second;
        let login_until = now + timing.login;
        Self {
            ws,
            queue,
            is_logged_in: false,
            write_until: NEVER,
            challenge: None,
            fetching: None,
            limiter: RateLimiter::new(rate, timing.flood_seconds, now),
            timers: Timers::new(now, login_until, app.config.ping_every()),
            alarm: Box::pin(sleep_until(app.clock.instant(login_until).into())),
            member,
        }
    }

    fn say_hello(&mut self, origins: Vec<String>) -> Result<(), NoRandomness> {
        let challenge = random::challenge().map_err(|_| NoRandomness)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.answer(ServerMessage::Hello(Hello {
            version: wimpex_protocol::VERSION,
            challenge: challenge.encode(),
            server_time: now.map_or(0, |since| since.as_millis() as u64),
            build: self.member.app.shown().page.build().map(str::to_owned),
        }));
        self.challenge = Some(Box::new(LoginChallenge { challenge, origins }));
        Ok(())
    }

    /// Goes on until it is to end.
    fn poll_talk(&mut self, context: &mut Context<'_>) -> Poll<CloseCause> {
        for _ in 0..STEPS_AT_ONCE {
            if let Err(end) = ready!(self.poll_step(context)) {
                return Poll::Ready(end);
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        let writes = self.write_until == NEVER;
        match self.queue.poll(context, writes) {
            Poll::Ready(Next::Close(why)) => {
                return Poll::Ready(Err(CloseCause::ClosedByServer(why)));
            }
            Poll::Ready(Next::Write(frame, has_more)) => {
                // Whoever is sent something is soon asked whether it is there,
                // except for what answers its own signs of life.
                match frame.kind() {
                    FrameKind::Message => self.note_busy(),
                    FrameKind::Ack => {}
                }
                let message = Message::Text(frame.text());
                if let Err(end) = self.write(context, message, has_more) {
                    return Poll::Ready(Err(end));
                }
                // However much there is to write, what comes has its turn.
                return Poll::Ready(match self.poll_read(context) {
                    Poll::Ready(read) => read,
                    Poll::Pending => Ok(()),
                });
            }
            Poll::Pending => {}
        }
        if !writes {
            if let Poll::Ready(written) = self.ws.poll_flush(context) {
                self.write_until = NEVER;
                return Poll::Ready(written.map_err(CloseCause::from));
            }
            ready!(self.poll_alarm(self.write_until, context));
            return Poll::Ready(Err(CloseCause::Stuck));
        }
        if let Some(fetching) = &mut self.fetching
            // Also if the server does not say.
            && Pin::new(&mut fetching.told).poll(context).is_ready()
            && let Some(fetched) = self.fetching.take()
        {
            let Fetching {
                identity,
                welcome,
                login,
                ..
            } = *fetched;
            let _gate = self.member.app.registry.frame();
            self.join(identity, welcome, &login);
            return Poll::Ready(Ok(()));
        }
        if let Poll::Ready(read) = self.poll_read(context) {
            return Poll::Ready(read);
        }
        ready!(self.poll_alarm(self.timers.next(), context));
        Poll::Ready(self.keep_time(context))
    }

    /// Reads a message, unless it writes, rests, or waits for its session.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        let is_busy = self.write_until != NEVER || self.fetching.is_some();
        if is_busy || self.timers.rest_until != NEVER {
            return Poll::Pending;
        }
        let message = ready!(self.ws.poll_next(context));
        Poll::Ready(self.read(message))
    }

    /// Does what is due.
    fn keep_time(&mut self, context: &mut Context<'_>) -> Result<(), CloseCause> {
        let now = self.now();
        if self.timers.ack_at <= now {
            self.ack();
        }
        if self.timers.due(now, self.ping_every())? {
            self.write(context, Message::Ping(Bytes::new()), true)?;
        }
        Ok(())
    }

    /// Acknowledges to the client what has arrived.
    fn ack(&mut self) {
        self.timers.ack_at = NEVER;
        self.member.app.registry.ack(self.member.id);
    }

    /// Writes this and what else is waiting, if anything is, all at once.
    fn write(
        &mut self,
        context: &mut Context<'_>,
        first: Message,
        has_more: bool,
    ) -> Result<(), CloseCause> {
        self.ws.feed(context, first)?;
        if has_more {
            for _ in 1..WRITE_BATCH {
                let Some(text) = self.queue.try_next() else {
                    break;
                };
                self.ws.feed(context, Message::Text(text))?;
            }
        }
        match self.ws.poll_flush(context) {
            Poll::Ready(written) => written?,
            Poll::Pending => {
                self.write_until = self.now() + self.member.app.config.timing.write;
            }
        }
        Ok(())
    }

    fn read(
        &mut self,
        frame: Option<Result<Message, tungstenite::Error>>,
    ) -> Result<(), CloseCause> {
        let message = frame.ok_or(CloseCause::PeerClosed)??;
        let now = self.now();
        self.timers.pings = 0;
        self.timers.heard = now;
        match self.limiter.take(now) {
            Decision::Pass => {}
            Decision::Flood => return Err(CloseCause::Flood),
            Decision::Drop { tell, rest } => {
                self.timers.rest_until = rest.map_or(NEVER, |rest| now + rest);
                let frame = match &message {
                    Message::Text(text) => Some(ClientMessage::decode_frame(text)),
                    _ => None,
                };
                if let Some(ClientMessage::Ack(ack)) =
                    frame.as_ref().and_then(|it| it.message.as_ref().ok())
                    && self.is_logged_in
                {
                    // It has no number, and what it says counts all the same.
                    return self.acknowledged(ack.received).map(drop);
                }
                if tell {
                    let text = "Too many messages: some were not delivered.";
                    self.refuse(ErrorCode::RateLimited, text);
                }
                // Thrown away, but not lost on the way: it is not to be sent again.
                if let Some(frame) = frame.filter(|_| self.is_logged_in) {
                    self.receive(frame.seq)?;
                }
                return Ok(());
            }
        }
        match message {
            Message::Text(text) => {
                let frame = ClientMessage::decode_frame(&text);
                let app = Arc::clone(&self.member.app);
                let _gate = app.registry.frame();
                let _timer = app.metrics.received(&frame.message);
                self.handle(frame, text.len())
            }
            Message::Binary(_) => {
                self.refuse(ErrorCode::BadMessage, "A frame must be text, not binary.");
                Ok(())
            }
            Message::Close(Some(frame)) if u16::from(frame.code) == close_code::RECONNECTING => {
                Err(CloseCause::PeerLost)
            }
            Message::Close(_) => Err(CloseCause::PeerClosed),
            // The library answers pings.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    /// Says whether it is news.
    fn acknowledged(&self, received: u64) -> Result<bool, CloseCause> {
        let known = self
            .member
            .app
            .registry
            .acknowledged(self.member.id, received);
        known.map_err(|AckOutOfRange| CloseCause::BrokenProtocol)
    }

    /// Whose frame with that number this is; `None` if there is nothing to be done.
    fn receive(&mut self, seq: Option<u64>) -> Result<Option<SessionId>, CloseCause> {
        let received = self.member.app.registry.receive(self.member.id, seq);
        let Some((session, receipt)) = received else {
            return Ok(None);
        };
        match receipt {
            Receipt::New { unacked } => {
                if unacked >= ACK_EVERY {
                    self.ack();
                } else if unacked > 0 {
                    self.timers.ack_at = self.timers.ack_at.min(self.now() + ACK_AFTER);
                }
                Ok(Some(session))
            }
            Receipt::Duplicate => Ok(None),
            Receipt::Broken => Err(CloseCause::BrokenProtocol),
        }
    }

    fn handle(
        &mut self,
        frame: Frame<Result<ClientMessage, DecodeError>>,
        bytes: usize,
    ) -> Result<(), CloseCause> {
        if let (Ok(ClientMessage::Ack(ack)), true) = (&frame.message, self.is_logged_in) {
            let known = self.acknowledged(ack.received);
            self.ack();
            // There are no more of these than the server has sent frames.
            if known? {
                self.limiter.give_back();
            }
            return Ok(());
        }
        let session = match self.is_logged_in {
            true => match self.receive(frame.seq)? {
                Some(session) => Some(session),
                None => return Ok(()),
            },
            false => None,
        };
        let registry = &self.member.app.registry;
        match (frame.message, session) {
            (Err(error), _) => {
                debug!(connection = self.member.id.0, code = ?error.code, "refused a message");
                self.answer(ServerMessage::Error(error.into()));
            }
            (Ok(ClientMessage::Login(login)), None) => return self.log_in(&login),
            (Ok(ClientMessage::PresenceWatch(watch)), Some(session)) => {
                registry.watch(session, watch);
            }
            (Ok(ClientMessage::PresenceVisibility(visibility)), Some(session)) => {
                registry.set_visibility(session, visibility);
            }
            (Ok(ClientMessage::IceServersRequest(_)), Some(session)) => {
                registry.give_relay(session);
            }
            (Ok(ClientMessage::MissedCallsErase(erase)), Some(session)) => {
                registry.erase_missed_calls(session, &erase);
            }
            (Ok(ClientMessage::Relay(relayed)), Some(session)) => {
                self.note_busy();
                self.member.app.registry.relay(session, relayed, bytes);
            }
            (Ok(message @ ClientMessage::Login(_)), Some(_)) => {
                self.refuse_message(
                    &message,
                    ErrorCode::BadMessage,
                    "You are logged in already.",
                );
            }
            // Dealt with above.
            (Ok(ClientMessage::Ack(_)), Some(_)) => {}
            (Ok(message), None) => {
                self.refuse_message(&message, ErrorCode::NotLoggedIn, "Log in first.");
            }
        }
        Ok(())
    }

    fn log_in(&mut self, login: &Login) -> Result<(), CloseCause> {
        if !self.member.app.registry.is_open(self.member.id) {
            // It is about to end, and must not use up an invitation that nobody hears of.
            return Ok(());
        }
        let Some(challenge) = self.challenge.take() else {
            return Err(CloseCause::LoginTooLate);
        };
        let (identity, welcome) =
            login::admit(&self.member.app, login, &challenge, SystemTime::now())?;
        // Who was there when is nobody's business who only keeps the server running.
        info!(connection = self.member.id.0, "logged in");
        debug!(connection = self.member.id.0, user = %identity.user, device = %identity.device, "who");
        self.is_logged_in = true;
        self.timers.login_until = NEVER;
        let resume = login.session.as_ref();
        let told = resume.and_then(|resume| self.member.app.registry.fetch(&identity, resume));
        match told {
            Some(told) => {
                self.fetching = Some(Box::new(Fetching {
                    told,
                    identity,
                    welcome,
                    login: login.clone(),
                }));
            }
            None => self.join(identity, welcome, login),
        }
        Ok(())
    }

    fn join(&self, identity: Identity, welcome: Welcome, login: &Login) {
        let user = identity.user.clone();
        self.member
            .app
            .registry
            .join(self.member.id, identity, welcome, login);
        // After that, so that of what comes meanwhile somebody tells: whoever takes it, or this.
        let app = &self.member.app;
        let mailbox = app.mailbox.as_ref();
        let has_messages = mailbox.is_some_and(|it| it.has_any_here(&user) == Some(true));
        app.tell_missed_calls(user.clone());
        if has_messages {
            self.answer(ServerMessage::MessagesWaiting(MessagesWaiting {}));
        }
        if app.store.shared().is_some() {
            app.tell_messages(user);
        }
    }

    fn refuse(&self, code: ErrorCode, text: &str) {
        self.answer(ServerMessage::Error(error(code, text)));
    }

    fn refuse_message(&self, refused: &ClientMessage, code: ErrorCode, text: &str) {
        let error = ErrorMessage::new(code, text, refused.references());
        self.answer(ServerMessage::Error(error));
    }

    fn answer(&self, message: ServerMessage) {
        self.member.app.registry.answer(self.member.id, message);
    }

    fn note_busy(&mut self) {
        self.timers.busy(self.now(), self.ping_every());
    }

    fn ping_every(&self) -> Option<Duration> {
        self.member.app.config.ping_every()
    }

    fn now(&self) -> Now {
        self.member.app.clock.now()
    }

    /// Out of the registry, and then the close handshake: nobody should wait for that.
    fn end(self, end: CloseCause) -> Closing {
        let Self {
            ws,
            queue,
            member,
            timers,
            ..
        } = self;
        let Member { app, id } = &member;
        if end.may_come_back() {
            app.registry.lose(*id, app.clock.instant(timers.heard));
        } else {
            app.registry.leave(*id);
        }
        info!(connection = id.0, reason = %end, "left");
        app.metrics.closed_connection(end.label());
        let limit = app.config.timing.close_handshake;
        Box::pin(close_handshake::perform(ws, end, Some(queue), limit))
    }

    /// Completes at that time, or later. The timer is set anew only for a moment that is earlier
    /// than its own, or once it has fired: most moments are put off before they come.
    fn poll_alarm(&mut self, at: Now, context: &mut Context<'_>) -> Poll<()> {
        if at == NEVER {
            return Poll::Pending;
        }
        let at = self.member.app.clock.instant(at).into();
        loop {
            if at < self.alarm.deadline() {
                self.alarm.as_mut().reset(at);
            }
            ready!(self.alarm.as_mut().poll(context));
            if self.alarm.deadline() >= at {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;
    use wimpex_limits::Permit;

    use super::*;
    use crate::tcp_client::TcpClient;
    use crate::write_timeout::WriteTimeout;

    /// Everybody who is logged in has one; with what tokio adds to a task it fits into 512 bytes.
    #[test]
    fn a_connection_is_small() {
        let size = size_of::<Serving<WriteTimeout<TcpStream>, (Permit, Arc<TcpClient>)>>();
        assert!(size <= 384, "{size} bytes");
    }
}
