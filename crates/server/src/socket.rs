//! One WebSocket's life: hello, login, messages both ways, farewell.
//!
//! One task and one loop. It waits for whatever comes first: word that it must
//! end, a text to write, a frame to read, or a moment of its timetable. It must
//! not know other sockets: what they have to do with each other is the lobby's.

mod end;
mod farewell;
mod timetable;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Bytes, Message};
use tracing::{debug, info};
use wimpex_protocol::{
    ClientMessage, DecodeError, ErrorCode, ErrorMessage, Frame, Hello, IceServers, Login,
    References, ServerMessage, UserId, close_code,
};
use wimpex_stream::AckOutOfRange;

use crate::bucket::{Bucket, Verdict};
use crate::lobby::ConnId;
use crate::login::{self, Asked};
use crate::outbox::{Dismissed, Outgoing, Queue};
use crate::seat::Reception;
use crate::{App, random};
use end::End;
use timetable::Timetable;

/// Where a client waits before it is served; a description fits in eight of them.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// So many texts go out together, when more than one waits.
const WRITE_BATCH: usize = 16;
/// A client is told at least every so many frames that they have arrived …
const ACK_EVERY: u64 = 16;
/// … and after this long at the latest.
const ACK_AFTER: Duration = Duration::from_secs(1);
/// Serves a socket until it has ended. A login by key must be signed for one of
/// `origins`.
pub(crate) async fn serve<S>(io: S, app: Arc<App>, origins: Vec<String>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (conn, queue, mut dismissed) = app.lobby.enter();
    let _leave = LeaveOnDrop { app: &app, conn };
    info!(conn = conn.0, "connected");
    let mut socket = Socket::new(websocket(io, &app).await, &app, conn, queue);
    let end = match socket.say_hello(origins) {
        Ok(()) => socket.talk(&mut dismissed).await,
        Err(end) => end,
    };
    // Out of the lobby first: nobody should wait for this farewell.
    if end.may_come_back() {
        app.lobby.lose(conn, socket.timetable.heard.into_std());
    } else {
        app.lobby.leave(conn);
    }
    info!(conn = conn.0, reason = %end, "left");
    let Socket { mut ws, queue, .. } = socket;
    farewell::say(&mut ws, end, Some(queue), app.config.timing.farewell).await;
}

/// Tells a socket that there are too many, and closes it.
pub(crate) async fn turn_away<S>(io: S, app: Arc<App>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    info!("turned away: too many connections");
    let mut ws = websocket(io, &app).await;
    farewell::say(&mut ws, End::NoPlace, None, app.config.timing.farewell).await;
}

async fn websocket<S>(io: S, app: &App) -> WebSocketStream<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let max = Some(app.config.limits.max_frame_bytes).filter(|max| *max != 0);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_frame_size(max)
        .max_message_size(max);
    WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await
}

/// Also when the task is dropped in the middle of something.
struct LeaveOnDrop<'a> {
    app: &'a App,
    conn: ConnId,
}

impl Drop for LeaveOnDrop<'_> {
    fn drop(&mut self) {
        self.app.lobby.leave(self.conn);
    }
}

struct Socket<'a, S> {
    ws: WebSocketStream<S>,
    app: &'a App,
    conn: ConnId,
    queue: Queue,
    /// Who it is; `None` before the login.
    user: Option<UserId>,
    /// Asked in `hello`, and gone with the first login: it counts once.
    asked: Option<Asked>,
    bucket: Bucket,
    timetable: Timetable,
}

enum Step {
    Write(Outgoing),
    Read(Option<Result<Message, tungstenite::Error>>),
    Time,
}

impl<'a, S> Socket<'a, S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    fn new(ws: WebSocketStream<S>, app: &'a App, conn: ConnId, queue: Queue) -> Self {
        let now = Instant::now();
        let timing = &app.config.timing;
        let rate = app.config.limits.messages_per_second;
        let ping_every = app.config.ping_every();
        Self {
            ws,
            app,
            conn,
            queue,
            user: None,
            asked: None,
            bucket: Bucket::new(rate, timing.flood_seconds, now.into_std()),
            timetable: Timetable {
                login_until: Some(now + timing.login),
                ping_every,
                next_ping: ping_every.map(|every| now + every),
                pings: 0,
                heard: now,
                busy_until: None,
                renew_at: None,
                ack_at: None,
                rest_until: None,
            },
        }
    }

    fn say_hello(&mut self, origins: Vec<String>) -> Result<(), End> {
        let challenge = random::challenge().map_err(|_| End::NoRandomness)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.answer(ServerMessage::Hello(Hello {
            version: wimpex_protocol::VERSION,
            challenge: challenge.encode(),
            server_time: now.map_or(0, |since| since.as_millis() as u64),
        }));
        self.asked = Some(Asked { challenge, origins });
        Ok(())
    }

    async fn talk(&mut self, dismissed: &mut Dismissed) -> End {
        loop {
            let wake = self.timetable.next();
            let step = tokio::select! {
                why = dismissed.wait() => return End::Dismissed(why),
                frame = self.queue.next() => Step::Write(frame),
                frame = self.ws.next(), if self.timetable.rest_until.is_none() => Step::Read(frame),
                () = sleep_until(wake) => Step::Time,
            };
            let done = match step {
                Step::Write(frame) => {
                    // Whoever is sent something is soon asked whether it is there,
                    // except for what answers its own signs of life.
                    if !frame.is_ack {
                        self.timetable.busy(Instant::now());
                    }
                    self.write(Message::Text(frame.text), dismissed).await
                }
                Step::Read(frame) => self.read(frame),
                Step::Time => self.keep_time(dismissed).await,
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    /// Does what is due.
    async fn keep_time(&mut self, dismissed: &mut Dismissed) -> Result<(), End> {
        let now = Instant::now();
        if self.timetable.ack_at.is_some_and(|at| at <= now) {
            self.ack();
        }
        if self.timetable.renew_at.is_some_and(|at| at <= now) {
            self.renew_ice_servers(now);
        }
        if self.timetable.due(now)? {
            self.write(Message::Ping(Bytes::new()), dismissed).await?;
        }
        Ok(())
    }

    fn renew_ice_servers(&mut self, now: Instant) {
        let ice = &self.app.ice;
        self.timetable.renew_at = ice.renew_after().map(|after| now + after);
        if let Some(user) = &self.user {
            let ice_servers = ice.servers(user, SystemTime::now());
            self.answer(ServerMessage::IceServers(IceServers { ice_servers }));
        }
    }

    /// Acknowledges what has arrived from the client.
    fn ack(&mut self) {
        self.timetable.ack_at = None;
        self.app.lobby.ack(self.conn);
    }

    /// Writes this and what else is waiting, with one flush.
    async fn write(&mut self, first: Message, dismissed: &mut Dismissed) -> Result<(), End> {
        let (ws, queue) = (&mut self.ws, &mut self.queue);
        let writing = async {
            ws.feed(first).await?;
            for _ in 1..WRITE_BATCH {
                let Some(frame) = queue.try_next() else { break };
                ws.feed(Message::Text(frame.text)).await?;
            }
            ws.flush().await
        };
        tokio::select! {
            why = dismissed.wait() => Err(End::Dismissed(why)),
            written = timeout(self.app.config.timing.write, writing) => match written {
                Ok(written) => written.map_err(End::from),
                Err(_) => Err(End::Stuck),
            },
        }
    }

    fn read(&mut self, frame: Option<Result<Message, tungstenite::Error>>) -> Result<(), End> {
        let message = frame.ok_or(End::PeerClosed)??;
        let now = Instant::now();
        self.timetable.pings = 0;
        self.timetable.heard = now;
        match self.bucket.take(now.into_std()) {
            Verdict::Pass => {}
            Verdict::Flood => return Err(End::Flood),
            Verdict::Drop { tell, rest } => {
                self.timetable.rest_until = rest.map(|rest| now + rest);
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
            Message::Text(text) => self.handle(ClientMessage::decode_frame(&text)),
            Message::Binary(_) => {
                self.refuse(ErrorCode::BadMessage, "A frame must be text, not binary.");
                Ok(())
            }
            Message::Close(Some(frame)) if u16::from(frame.code) == close_code::RECONNECTING => {
                Err(End::PeerLost)
            }
            Message::Close(_) => Err(End::PeerClosed),
            // The library answers pings.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    /// Says whether to act on a frame with that number.
    fn receive(&mut self, seq: Option<u64>) -> Result<bool, End> {
        if self.user.is_none() {
            return Ok(true);
        }
        match self.app.lobby.arrive(self.conn, seq) {
            Reception::Take { unacked } => {
                if unacked >= ACK_EVERY {
                    self.ack();
                } else if unacked > 0 {
                    let at = Instant::now() + ACK_AFTER;
                    self.timetable.ack_at.get_or_insert(at);
                }
                Ok(true)
            }
            Reception::Ignore => Ok(false),
            Reception::Broken => Err(End::BrokenProtocol),
        }
    }

    fn handle(&mut self, frame: Frame<Result<ClientMessage, DecodeError>>) -> Result<(), End> {
        if let (Ok(ClientMessage::Ack(ack)), true) = (&frame.message, self.user.is_some()) {
            let known = self.app.lobby.acknowledge(self.conn, ack.received);
            self.ack();
            return known.map_err(|AckOutOfRange| End::BrokenProtocol);
        }
        if !self.receive(frame.seq)? {
            return Ok(());
        }
        match (frame.message, self.user.is_some()) {
            (Err(error), _) => {
                debug!(conn = self.conn.0, code = ?error.code, "refused a message");
                self.answer(ServerMessage::Error(error.into()));
            }
            (Ok(ClientMessage::Login(login)), false) => return self.log_in(&login),
            (Ok(ClientMessage::PresenceWatch(watch)), true) => {
                self.app.lobby.watch(self.conn, watch);
            }
            (Ok(ClientMessage::Relay(relayed)), true) => {
                self.timetable.busy(Instant::now());
                self.app.lobby.relay(self.conn, relayed);
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

    fn log_in(&mut self, login: &Login) -> Result<(), End> {
        let Some(asked) = self.asked.take() else {
            return Err(End::LoginTooLate);
        };
        let (identity, welcome) = login::admit(self.app, login, &asked, SystemTime::now())?;
        info!(conn = self.conn.0, user = %identity.user, device = %identity.device, "logged in");
        let after = self.app.ice.renew_after();
        self.timetable.renew_at = after.map(|after| Instant::now() + after);
        self.user = Some(identity.user.clone());
        self.app
            .lobby
            .join(self.conn, identity, welcome, login.session.as_ref());
        self.timetable.login_until = None;
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
        self.app.lobby.answer(self.conn, message);
    }
}

fn error(code: ErrorCode, message: &str) -> ErrorMessage {
    ErrorMessage::new(code, message, References::default())
}
