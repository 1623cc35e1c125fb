//! One WebSocket's life: hello, login, messages both ways, the close handshake.
//!
//! One task and one loop. It waits for whatever comes first: word that it must
//! end, a text to write, a frame to read, or a moment of its timers. It must
//! not know other connections: what they have to do with each other is the
//! registry's.

mod close_cause;
mod close_handshake;
mod errors;
mod frame_meter;
mod timers;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Bytes, Message};
use tracing::{debug, info};
use wimpex_limits::Network;
use wimpex_protocol::{
    ClientMessage, DecodeError, ErrorCode, ErrorMessage, Frame, Hello, Login, MessagesWaiting,
    ServerMessage, close_code,
};
use wimpex_stream::AckOutOfRange;

use crate::app::App;
use crate::connection_id::ConnectionId;
use crate::frame::{FrameKind, OutgoingFrame};
use crate::login::{self, LoginChallenge};
use crate::random;
use crate::rate_limit::{self, Decision, RateLimiter};
use crate::resumable_session::Receipt;
use crate::send_queue::{CloseSignal, SendQueueReader};
use close_cause::CloseCause;
use errors::error;
use frame_meter::FrameMeter;
use timers::Timers;

/// The library's buffer of each client, which is there from the start. It grows for a long
/// message; what the socket has is read in one piece all the same ([`FrameMeter`]).
const READ_BUFFER_BYTES: usize = 256;
/// So many texts go out together, when more than one waits.
const WRITE_BATCH: usize = 16;
/// A client is told at least every so many frames that they have arrived …
const ACK_EVERY: u64 = 16;
/// … and after this long at the latest.
const ACK_AFTER: Duration = Duration::from_secs(1);
/// Serves a socket until it has ended. A login by key must be signed for one of
/// `origins`.
pub(crate) async fn serve<S>(io: S, app: Arc<App>, network: Network, origins: Vec<String>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (id, queue, mut close_signal) = app.registry.enter(network);
    let _leave = LeaveOnDrop { app: &app, id };
    info!(connection = id.0, "connected");
    let mut socket = Connection::new(websocket(io, &app).await, &app, id, queue);
    let end = match socket.say_hello(origins) {
        Ok(()) => socket.talk(&mut close_signal).await,
        Err(end) => end,
    };
    // Out of the registry first: nobody should wait for its close handshake.
    if end.may_come_back() {
        app.registry.lose(id, socket.timers.heard.into_std());
    } else {
        app.registry.leave(id);
    }
    info!(connection = id.0, reason = %end, "left");
    app.metrics.closed_connection(end.label());
    let Connection {
        mut ws,
        queue,
        is_interrupted,
        ..
    } = socket;
    // After a frame that was lost on its way out none may follow: their numbers would tell the
    // client that something is missing, and it would begin anew where it can resume.
    let queue = (!is_interrupted).then_some(queue);
    close_handshake::perform(&mut ws, end, queue, app.config.timing.close_handshake).await;
}

/// Tells a client that there are too many connections, and closes this one.
pub(crate) async fn refuse_connection<S>(io: S, app: Arc<App>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    info!("turned away: too many connections");
    let mut ws = websocket(io, &app).await;
    close_handshake::perform(
        &mut ws,
        CloseCause::NoPlace,
        None,
        app.config.timing.close_handshake,
    )
    .await;
}

async fn websocket<S>(io: S, app: &App) -> WebSocketStream<FrameMeter<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let max = Some(app.config.limits.max_frame_bytes).filter(|max| *max != 0);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_frame_size(max)
        .max_message_size(max);
    let rate = app.config.limits.messages_per_second;
    let fragments = rate_limit::bucket(rate, app.clock.now());
    let bytes = rate_limit::byte_bucket(app.config.limits.bytes_per_second, app.clock.now());
    let deadline = app.config.timing.fragments;
    let io = FrameMeter::new(io, bytes, fragments, deadline, app.clock);
    WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await
}

/// Also when the task is dropped in the middle of something.
struct LeaveOnDrop<'a> {
    app: &'a App,
    id: ConnectionId,
}

impl Drop for LeaveOnDrop<'_> {
    fn drop(&mut self) {
        self.app.registry.leave(self.id);
    }
}

struct Connection<'a, S> {
    ws: WebSocketStream<S>,
    app: &'a Arc<App>,
    id: ConnectionId,
    queue: SendQueueReader,
    is_logged_in: bool,
    /// It was told to end while it was writing.
    is_interrupted: bool,
    /// Sent in `hello`, and gone with the first login: it counts once.
    challenge: Option<LoginChallenge>,
    limiter: RateLimiter,
    timers: Timers,
}

enum Step {
    Write(OutgoingFrame),
    Read(Option<Result<Message, tungstenite::Error>>),
    Time,
}

impl<'a, S> Connection<'a, S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    fn new(
        ws: WebSocketStream<S>,
        app: &'a Arc<App>,
        id: ConnectionId,
        queue: SendQueueReader,
    ) -> Self {
        let now = Instant::now();
        let timing = &app.config.timing;
        let rate = app.config.limits.messages_per_second;
        let ping_every = app.config.ping_every();
        Self {
            ws,
            app,
            id,
            queue,
            is_logged_in: false,
            is_interrupted: false,
            challenge: None,
            limiter: RateLimiter::new(rate, timing.flood_seconds, app.clock.at(now.into_std())),
            timers: Timers {
                login_until: Some(now + timing.login),
                ping_every,
                next_ping: ping_every.map(|every| now + every),
                pings: 0,
                heard: now,
                busy_until: None,
                ack_at: None,
                rest_until: None,
            },
        }
    }

    fn say_hello(&mut self, origins: Vec<String>) -> Result<(), CloseCause> {
        let challenge = random::challenge().map_err(|_| CloseCause::NoRandomness)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.answer(ServerMessage::Hello(Hello {
            version: wimpex_protocol::VERSION,
            challenge: challenge.encode(),
            server_time: now.map_or(0, |since| since.as_millis() as u64),
            build: self.app.page.build().map(str::to_owned),
        }));
        self.challenge = Some(LoginChallenge { challenge, origins });
        Ok(())
    }

    async fn talk(&mut self, close_signal: &mut CloseSignal) -> CloseCause {
        loop {
            let wake = self.timers.next();
            let step = tokio::select! {
                why = close_signal.wait() => return CloseCause::ClosedByServer(why),
                frame = self.queue.next() => Step::Write(frame),
                message = self.ws.next(), if self.timers.rest_until.is_none() => Step::Read(message),
                () = sleep_until(wake) => Step::Time,
            };
            let done = match step {
                Step::Write(frame) => {
                    // Whoever is sent something is soon asked whether it is there,
                    // except for what answers its own signs of life.
                    match frame.kind() {
                        FrameKind::Message => self.timers.busy(Instant::now()),
                        FrameKind::Ack => {}
                    }
                    self.write(Message::Text(frame.text()), close_signal).await
                }
                Step::Read(frame) => self.read(frame),
                Step::Time => self.keep_time(close_signal).await,
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    /// Does what is due.
    async fn keep_time(&mut self, close_signal: &mut CloseSignal) -> Result<(), CloseCause> {
        let now = Instant::now();
        if self.timers.ack_at.is_some_and(|at| at <= now) {
            self.ack();
        }
        if self.timers.due(now)? {
            self.write(Message::Ping(Bytes::new()), close_signal)
                .await?;
        }
        Ok(())
    }

    /// Acknowledges to the client what has arrived.
    fn ack(&mut self) {
        self.timers.ack_at = None;
        self.app.registry.ack(self.id);
    }

    /// Writes this and what else is waiting, with one flush.
    async fn write(
        &mut self,
        first: Message,
        close_signal: &mut CloseSignal,
    ) -> Result<(), CloseCause> {
        let (ws, queue) = (&mut self.ws, &mut self.queue);
        let writing = async {
            ws.feed(first).await?;
            for _ in 1..WRITE_BATCH {
                let Some(frame) = queue.try_next() else { break };
                ws.feed(Message::Text(frame)).await?;
            }
            ws.flush().await
        };
        tokio::select! {
            why = close_signal.wait() => {
                self.is_interrupted = true;
                Err(CloseCause::ClosedByServer(why))
            }
            written = timeout(self.app.config.timing.write, writing) => match written {
                Ok(written) => written.map_err(CloseCause::from),
                Err(_) => Err(CloseCause::Stuck),
            },
        }
    }

    fn read(
        &mut self,
        frame: Option<Result<Message, tungstenite::Error>>,
    ) -> Result<(), CloseCause> {
        let message = frame.ok_or(CloseCause::PeerClosed)??;
        let now = Instant::now();
        self.timers.pings = 0;
        self.timers.heard = now;
        match self.limiter.take(self.app.clock.at(now.into_std())) {
            Decision::Pass => {}
            Decision::Flood => return Err(CloseCause::Flood),
            Decision::Drop { tell, rest } => {
                self.timers.rest_until = rest.map(|rest| now + rest);
                if tell {
                    let text = "Too many messages: some were not delivered.";
                    self.refuse(ErrorCode::RateLimited, text);
                }
                // Thrown away, but not lost on the way: it is not to be sent again.
                if let Message::Text(text) = message {
                    self.receive(ClientMessage::decode_frame(&text).seq)?;
                }
                return Ok(());
            }
        }
        match message {
            Message::Text(text) => {
                let frame = ClientMessage::decode_frame(&text);
                let _gate = self.app.registry.frame();
                let _timer = self.app.metrics.received(&frame.message);
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

    /// Says whether to act on a frame with that number.
    fn receive(&mut self, seq: Option<u64>) -> Result<bool, CloseCause> {
        if !self.is_logged_in {
            return Ok(true);
        }
        match self.app.registry.receive(self.id, seq) {
            Receipt::New { unacked } => {
                if unacked >= ACK_EVERY {
                    self.ack();
                } else if unacked > 0 {
                    let at = Instant::now() + ACK_AFTER;
                    self.timers.ack_at.get_or_insert(at);
                }
                Ok(true)
            }
            Receipt::Duplicate => Ok(false),
            Receipt::Broken => Err(CloseCause::BrokenProtocol),
        }
    }

    fn handle(
        &mut self,
        frame: Frame<Result<ClientMessage, DecodeError>>,
        bytes: usize,
    ) -> Result<(), CloseCause> {
        if let (Ok(ClientMessage::Ack(ack)), true) = (&frame.message, self.is_logged_in) {
            let known = self.app.registry.acknowledged(self.id, ack.received);
            self.ack();
            return known.map_err(|AckOutOfRange| CloseCause::BrokenProtocol);
        }
        if !self.receive(frame.seq)? {
            return Ok(());
        }
        match (frame.message, self.is_logged_in) {
            (Err(error), _) => {
                debug!(connection = self.id.0, code = ?error.code, "refused a message");
                self.answer(ServerMessage::Error(error.into()));
            }
            (Ok(ClientMessage::Login(login)), false) => return self.log_in(&login),
            (Ok(ClientMessage::PresenceWatch(watch)), true) => {
                self.app.registry.watch(self.id, watch);
            }
            (Ok(ClientMessage::PresenceVisibility(visibility)), true) => {
                self.app.registry.set_visibility(self.id, visibility);
            }
            (Ok(ClientMessage::IceServersRequest(_)), true) => {
                self.app.registry.give_relay(self.id);
            }
            (Ok(ClientMessage::Relay(relayed)), true) => {
                self.timers.busy(Instant::now());
                self.app.registry.relay(self.id, relayed, bytes);
            }
            (Ok(message @ ClientMessage::Login(_)), true) => {
                self.refuse_message(
                    &message,
                    ErrorCode::BadMessage,
                    "You are logged in already.",
                );
            }
            // Dealt with above.
            (Ok(ClientMessage::Ack(_)), true) => {}
            (Ok(message), false) => {
                self.refuse_message(&message, ErrorCode::NotLoggedIn, "Log in first.");
            }
        }
        Ok(())
    }

    fn log_in(&mut self, login: &Login) -> Result<(), CloseCause> {
        let Some(challenge) = self.challenge.take() else {
            return Err(CloseCause::LoginTooLate);
        };
        let (identity, welcome) = login::admit(self.app, login, &challenge, SystemTime::now())?;
        // Who was there when is nobody's business who only keeps the server running.
        info!(connection = self.id.0, "logged in");
        debug!(connection = self.id.0, user = %identity.user, device = %identity.device, "who");
        self.is_logged_in = true;
        let user = identity.user.clone();
        let has_messages =
            (self.app.mailbox.as_ref()).is_some_and(|mailbox| mailbox.has_any(&user));
        self.app.registry.join(self.id, identity, welcome, login);
        self.app.tell_missed_calls(user);
        if has_messages {
            self.answer(ServerMessage::MessagesWaiting(MessagesWaiting {}));
        }
        self.timers.login_until = None;
        Ok(())
    }

    fn refuse(&self, code: ErrorCode, text: &str) {
        self.answer(ServerMessage::Error(error(code, text)));
    }

    fn refuse_message(&self, refused: &ClientMessage, code: ErrorCode, text: &str) {
        let error = ErrorMessage::new(code, text, refused.references());
        self.answer(ServerMessage::Error(error));
    }

    fn answer(&self, message: ServerMessage) {
        self.app.registry.answer(self.id, message);
    }
}
