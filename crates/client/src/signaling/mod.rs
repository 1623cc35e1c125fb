//! The signaling session with the server: login, resume, keepalive, reconnect.
//!
//! A session outlives its sockets (docs/protocol.md, "Sessions that outlive their
//! socket"): each frame is numbered and kept until the server acknowledges it, so that a
//! lost socket loses nothing.

pub mod backoff;
mod io;
mod login;

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_protocol::{
    AccessRefusal, Ack, ClientMessage, DeviceId, Envelope, ErrorCode, Frame, IceServersRequest,
    MissedCallsErase, Name, PresenceVisibility, PresenceWatch, ServerMessage, SessionId, UserId,
    close_code,
};
use wimpex_sansio::{Machine, Now};
use wimpex_stream::{Arrival, Receiver, Sender};

pub use io::{
    KeyOwner, LeftSession, ResumeToken, SignalingInput, SignalingOutput, SocketEvent, SocketId,
    Ticket,
};

use crate::view::ServerState;

/// Frames that may wait for the server; a call has a few dozen.
const MAX_UNACKED: usize = 256;
/// A frame that has waited longer is no use to a server that remembers nothing.
const STALE: Duration = Duration::from_secs(30);
/// How often the connection is looked after.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// A socket over which nothing comes for so long leads to no login.
const LOGIN: Duration = Duration::from_secs(10);
/// In a call, a socket has only this long to open, and twice as long with each try that failed. One that
/// was opened in the very moment in which the network changed hangs until TCP gives up, minutes later,
/// where the next one opens at once; the restart of ICE waits for it.
const OPENING: Duration = Duration::from_secs(2);
/// How long the server has for its answer where a call's path is lost, and perhaps the whole network.
const SUSPECTED: Duration = Duration::from_millis(1_500);
/// Outside of a call, a keepalive is sent only every so many heartbeats.
const IDLE_HEARTBEATS: u32 = 5;
/// After a login that was rejected, the longest wait from the start.
const REJECTED_ATTEMPT: u32 = u32::MAX / 2;

/// Logs in, keeps the session over many sockets, and hands on what the server sends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignalingClient {
    outputs: VecDeque<SignalingOutput>,
    /// The open or opening socket.
    socket: Option<SocketId>,
    last_socket: SocketId,
    /// Failed tries in a row.
    attempt: u32,
    /// Over which all who have lost this server spread their tries, as it has said.
    reconnect_window: Duration,
    /// State of the jitter's generator; no secret.
    jitter: u64,
    retry_at: Option<Now>,
    heartbeat_at: Option<Now>,
    /// When the socket is given up, if nothing has come over it by then.
    give_up_at: Option<Now>,
    in_call: bool,
    name: Option<Name>,
    /// Who logs in, as soon as that is known: the owner of a key, or a guest.
    identity: Option<Option<KeyOwner>>,
    /// The challenge of this socket's `hello`, until it is answered.
    challenge: Option<String>,
    /// Who has logged in over this socket, until that is answered; a guest has no id yet.
    claimed: Option<Option<UserId>>,
    resume_token: Option<ResumeToken>,
    /// Until somebody has been let in by it.
    ticket: Option<Ticket>,
    /// In memory only, so that each tab is a device of its own.
    device: Option<DeviceId>,
    logged_in: bool,
    session: Option<SessionId>,
    outgoing: Sender<(Now, ClientMessage)>,
    incoming: Receiver,
    watched: Vec<UserId>,
    /// Up to which missed calls are known.
    missed_since: u64,
    /// The session has not been told of the last change.
    watch_unsent: bool,
    /// Who may learn that this device is online; `None`: everybody.
    visible_to: Option<Vec<UserId>>,
    visibility_unsent: bool,
    /// The login has said that nobody is to be told of this device yet.
    logged_in_hidden: bool,
    /// Heartbeats since anything came over this socket.
    silent_heartbeats: u32,
    /// A keepalive was sent and nothing has come since.
    awaits_keepalive: bool,
}

impl SignalingClient {
    /// A client that is not connected. `resume_token` is what an earlier visit of this
    /// tab was given; `jitter` seeds the spreading of retries.
    pub fn new(resume_token: Option<ResumeToken>, ticket: Option<Ticket>, jitter: u64) -> Self {
        Self {
            outputs: VecDeque::new(),
            socket: None,
            last_socket: SocketId(0),
            attempt: 0,
            reconnect_window: Duration::ZERO,
            jitter,
            retry_at: None,
            heartbeat_at: None,
            give_up_at: None,
            in_call: false,
            name: None,
            identity: None,
            challenge: None,
            claimed: None,
            resume_token,
            ticket,
            device: None,
            logged_in: false,
            session: None,
            outgoing: Sender::default(),
            incoming: Receiver::default(),
            watched: Vec::new(),
            missed_since: 0,
            watch_unsent: false,
            visible_to: None,
            visibility_unsent: false,
            logged_in_hidden: false,
            silent_heartbeats: 0,
            awaits_keepalive: false,
        }
    }

    /// Up to which missed calls are known.
    pub(crate) fn missed_since(&self) -> u64 {
        self.missed_since
    }

    /// How often in a row no connection came about.
    pub fn failures(&self) -> u32 {
        self.attempt
    }

    /// As whom the server knows this page, for the page that comes after it.
    pub(crate) fn left_session(&self) -> Option<LeftSession> {
        Some(LeftSession {
            device: self.device.clone()?,
            token: self.resume_token.clone()?,
        })
    }

    /// Logs in as the page before, if this client has not done so.
    pub(crate) fn return_to(&mut self, session: LeftSession, now: Now) {
        if self.device.as_ref() != Some(&session.device) {
            self.device = Some(session.device);
            self.resume_token = Some(session.token);
            self.session = None;
            self.network_changed(now);
        }
    }

    /// Whether the server has let this client in, over the present socket.
    pub fn is_logged_in(&self) -> bool {
        self.logged_in
    }

    /// Whether there is something to poll.
    pub(crate) fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    fn emit(&mut self, output: SignalingOutput) {
        self.outputs.push_back(output);
    }

    /// Tries now what would otherwise be tried later.
    fn reconnect_now(&mut self, now: Now) {
        if self.logged_in {
            // The network may be another one by now. The answer gets its time, however soon the next
            // heartbeat is due; one that is overdue gets no more.
            if !self.awaits_keepalive {
                self.heartbeat_at = Some(now + HEARTBEAT);
            }
            self.send_keepalive();
        } else if self.name.is_some() {
            self.open(now);
        }
    }

    /// Nothing comes over the old socket any more, and the browser takes a second or
    /// longer to see it.
    fn network_changed(&mut self, now: Now) {
        if self.name.is_some() {
            self.attempt = 0;
            self.open(now);
        }
    }

    /// The path of a call is lost. Where that is because this machine is on another network, nothing
    /// comes over the socket any more either, and not every browser tells of it (Firefox).
    fn path_lost(&mut self, now: Now) {
        if self.logged_in && self.give_up_at.is_none() {
            self.give_up_at = Some(now + SUSPECTED);
            self.send_keepalive();
        }
    }

    /// The page is left. If it stays all the same, or comes back from the browser's
    /// back/forward cache, it logs in anew.
    fn close(&mut self, now: Now) {
        self.drop_socket(SignalingOutput::CloseSocket);
        self.logged_in = false;
        self.session = None;
        self.retry_later(now);
    }

    /// Opens a socket in place of the one before.
    fn open(&mut self, now: Now) {
        // It may well live: a session that is to go on over the next socket must not end with it.
        self.drop_socket(match self.session {
            Some(_) => SignalingOutput::AbandonSocket,
            None => SignalingOutput::CloseSocket,
        });
        self.retry_at = None;
        self.challenge = None;
        self.claimed = None;
        self.logged_in = false;
        self.silent_heartbeats = 0;
        self.last_socket.0 += 1;
        self.socket = Some(self.last_socket);
        self.heartbeat_at = Some(now + HEARTBEAT);
        self.give_up_at = Some(now + self.opening_patience());
        self.emit(SignalingOutput::OpenSocket(self.last_socket));
    }

    /// How long the next socket may take to open. A network on which all of them are slow gets what it
    /// needs after a few tries.
    fn opening_patience(&self) -> Duration {
        if self.in_call {
            let doubled = OPENING.saturating_mul(1 << self.attempt.min(8));
            doubled.min(LOGIN)
        } else {
            LOGIN
        }
    }

    /// Lets go of the socket; what it still reports is ignored.
    fn drop_socket(&mut self, how: fn(SocketId) -> SignalingOutput) {
        self.heartbeat_at = None;
        self.give_up_at = None;
        if let Some(socket) = self.socket.take() {
            self.emit(how(socket));
        }
    }

    fn socket_event(&mut self, socket: SocketId, event: SocketEvent, now: Now) {
        if self.socket != Some(socket) {
            return;
        }
        self.silent_heartbeats = 0;
        self.awaits_keepalive = false;
        self.give_up_at = (!self.logged_in).then_some(now + LOGIN);
        match event {
            SocketEvent::Open | SocketEvent::Binary => {}
            SocketEvent::Text(text) => self.receive(&text, now),
            SocketEvent::Closed { code, reason } => {
                if let Some(window) = close_code::reconnect_window(&reason) {
                    self.reconnect_window = window;
                }
                if code == close_code::SUPERSEDED {
                    self.device = None;
                    self.session = None;
                }
                self.socket = None;
                self.heartbeat_at = None;
                self.give_up_at = None;
                self.logged_in = false;
                self.retry_later(now);
                self.emit(SignalingOutput::State(ServerState::Lost));
            }
            SocketEvent::Refused => {
                self.socket = None;
                self.heartbeat_at = None;
                self.give_up_at = None;
                self.retry_later(now);
            }
        }
    }

    /// Asks a silent server for a sign of life, and gives up a socket over which none
    /// comes: the browser itself may take minutes to see that a network has gone.
    fn on_heartbeat(&mut self, now: Now) {
        self.heartbeat_at = Some(now + HEARTBEAT);
        self.silent_heartbeats += 1;
        if self.awaits_keepalive {
            self.give_up(now);
        } else if self.logged_in && (self.in_call || self.silent_heartbeats >= IDLE_HEARTBEATS) {
            self.send_keepalive();
        }
    }

    /// Leaves a socket of which nothing more is to be expected; the session goes on over
    /// the next one.
    fn give_up(&mut self, now: Now) {
        self.awaits_keepalive = false;
        self.logged_in = false;
        self.drop_socket(SignalingOutput::AbandonSocket);
        self.retry_later(now);
        self.emit(SignalingOutput::State(ServerState::Lost));
    }

    /// The server answers each `ack` with one of its own.
    fn send_keepalive(&mut self) {
        self.awaits_keepalive = true;
        self.acknowledge();
    }

    fn receive(&mut self, text: &str, now: Now) {
        // A frame that this version cannot read is for a later one.
        let Ok(frame) = ServerMessage::decode_frame(text) else {
            return;
        };
        if let Some(seq) = frame.seq.filter(|_| self.logged_in) {
            match self.incoming.arrive(seq) {
                Arrival::New => {}
                Arrival::Repeated => return,
                Arrival::Gap => {
                    // Nobody can say what is missing.
                    self.session = None;
                    return self.give_up(now);
                }
            }
            // At once, and not by a timer: those of a hidden tab come once a minute, and a
            // session that leaves a frame unacknowledged for 8 s counts as away.
            self.acknowledge();
        }
        let Ok(message) = frame.message else { return };
        match message {
            ServerMessage::Hello(hello) => {
                // Once for each socket.
                if self.logged_in || self.claimed.is_some() {
                    return;
                }
                self.challenge = Some(hello.challenge);
                self.log_in();
                self.emit(SignalingOutput::Hello {
                    server_time: hello.server_time,
                    build: hello.build,
                });
            }
            ServerMessage::Welcome(welcome) => self.welcome(welcome, now),
            ServerMessage::Ack(ack) => {
                // More than was ever sent cannot have arrived: not our session.
                let _ = self.outgoing.acknowledge(ack.received).map(|_| ());
            }
            ServerMessage::Error(error) if error.code == ErrorCode::LoginFailed => {
                let state = match error.reason {
                    None | Some(AccessRefusal::Unknown) => ServerState::LoginRejected,
                    Some(AccessRefusal::NotInvited) => ServerState::NotInvited,
                    Some(AccessRefusal::InvitationOver) => ServerState::InvitationOver,
                    Some(AccessRefusal::NoGuests) => ServerState::NoGuests,
                    Some(AccessRefusal::Blocked) => ServerState::ShutOut,
                };
                self.login_rejected(state, now);
            }
            ServerMessage::Error(error) if error.code == ErrorCode::TooManyConnections => {
                self.login_rejected(ServerState::TooManyConnections, now);
            }
            message @ (ServerMessage::Error(_)
            | ServerMessage::IceServers(_)
            | ServerMessage::Presence(_)
            | ServerMessage::MissedCalls(_)
            | ServerMessage::MessagesWaiting(_)
            | ServerMessage::Relay(_)) => self.emit(SignalingOutput::Message(message)),
        }
    }

    /// No login came of it, and none will soon.
    fn login_rejected(&mut self, state: ServerState, now: Now) {
        self.drop_socket(SignalingOutput::CloseSocket);
        self.logged_in = false;
        self.attempt = REJECTED_ATTEMPT;
        self.retry_later(now);
        self.emit(SignalingOutput::State(state));
    }

    fn send(&mut self, message: Envelope, now: Now) {
        self.push(now, ClientMessage::Relay(message));
    }

    /// Numbers a frame and keeps it; it goes out now, or as soon as the server is back.
    fn push(&mut self, since: Now, message: ClientMessage) {
        if self.outgoing.len() == MAX_UNACKED {
            // Without its oldest frame the session cannot go on.
            let oldest = self.outgoing.next_seq() - MAX_UNACKED as u64;
            let _ = self.outgoing.acknowledge(oldest).map(|_| ());
            self.session = None;
        }
        if self.logged_in {
            self.transmit(numbered(self.outgoing.next_seq(), &message));
        }
        self.outgoing.push((since, message));
    }

    /// The numbers begin again, with what the server may not have.
    fn begin_anew(&mut self, now: Now) {
        self.incoming = Receiver::default();
        for (since, message) in std::mem::take(&mut self.outgoing).into_unacked() {
            // Nobody else erases that.
            let is_lasting = matches!(message, ClientMessage::MissedCallsErase(_));
            let is_stale = now.since(since) >= STALE && !is_lasting;
            if !is_stale && !is_of_presence(&message) {
                self.push(since, message);
            }
        }
        self.watch_unsent = true;
        self.visibility_unsent = match &self.visible_to {
            None => self.logged_in_hidden,
            Some(users) => !self.logged_in_hidden || !users.is_empty(),
        };
    }

    /// Tells the session what it has not been told yet.
    fn send_presence(&mut self, now: Now) {
        if !self.logged_in {
            return;
        }
        if std::mem::take(&mut self.visibility_unsent) {
            let user_ids = self.visible_to.clone();
            let message = PresenceVisibility { user_ids };
            self.push(now, ClientMessage::PresenceVisibility(message));
        }
        if std::mem::take(&mut self.watch_unsent) {
            let user_ids = self.watched.clone();
            self.push(
                now,
                ClientMessage::PresenceWatch(PresenceWatch { user_ids }),
            );
        }
    }

    fn acknowledge(&mut self) {
        let received = self.incoming.ack();
        self.transmit(ClientMessage::Ack(Ack { received }).encode());
    }

    /// What the socket does not take is kept, and goes over the next one.
    fn transmit(&mut self, text: String) {
        if self.socket.is_some() {
            self.emit(SignalingOutput::Transmit(text));
        }
    }

    fn retry_later(&mut self, now: Now) {
        let random = self.next_random();
        let delay = backoff::delay(self.attempt, self.reconnect_window, random);
        self.attempt += 1;
        self.retry_at = Some(now + delay);
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): spreads retries, guards no secret.
    fn next_random(&mut self) -> f64 {
        self.jitter = self.jitter.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.jitter;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(((mixed ^ (mixed >> 31)) >> 32) as u32) / f64::from(u32::MAX)
    }
}

/// Whether a new session is told so anyway, as it is by then.
fn is_of_presence(message: &ClientMessage) -> bool {
    match message {
        ClientMessage::PresenceWatch(_) | ClientMessage::PresenceVisibility(_) => true,
        ClientMessage::Login(_)
        | ClientMessage::Ack(_)
        | ClientMessage::IceServersRequest(_)
        | ClientMessage::MissedCallsErase(_)
        | ClientMessage::Relay(_) => false,
    }
}

/// The frame of a session that numbers its frames.
fn numbered(seq: u64, message: &ClientMessage) -> String {
    let seq = Some(seq);
    Frame { seq, message }.encode()
}

impl Machine for SignalingClient {
    type Input = SignalingInput;
    type Output = SignalingOutput;

    fn handle(&mut self, input: SignalingInput, now: Now) {
        match input {
            SignalingInput::SetName(name) => {
                self.name = Some(name);
                self.attempt = 0;
                self.open(now);
            }
            SignalingInput::Identify(identity) => {
                self.identity = Some(identity);
                self.log_in();
            }
            SignalingInput::Socket(socket, event) => self.socket_event(socket, event, now),
            SignalingInput::LoginSigned(socket, signature) => {
                self.login_signed(socket, signature);
            }
            SignalingInput::Send(message) => self.send(message, now),
            SignalingInput::Watch(users) => {
                let is_other = users != self.watched && {
                    // In another order they are the same: nothing is to be asked again.
                    let is_watched = |user| self.watched.contains(user);
                    users.len() != self.watched.len() || !users.iter().all(is_watched)
                };
                if is_other {
                    self.watched = users;
                    self.watch_unsent = true;
                    self.send_presence(now);
                }
            }
            SignalingInput::ShowTo(users) => {
                if users != self.visible_to {
                    self.visible_to = users;
                    self.visibility_unsent = true;
                    self.send_presence(now);
                }
            }
            SignalingInput::KnowMissed(until) => self.missed_since = until,
            SignalingInput::EraseMissed(until) => {
                self.push(
                    now,
                    ClientMessage::MissedCallsErase(MissedCallsErase { until }),
                );
            }
            SignalingInput::RequestIceServers => {
                self.push(now, ClientMessage::IceServersRequest(IceServersRequest {}));
            }
            SignalingInput::InCall(in_call) => self.in_call = in_call,
            SignalingInput::ReconnectNow => self.reconnect_now(now),
            SignalingInput::NetworkChanged => self.network_changed(now),
            SignalingInput::PathLost => self.path_lost(now),
            SignalingInput::Close => self.close(now),
            SignalingInput::Timeout => {
                let due = |at: Option<Now>| at.is_some_and(|at| at <= now);
                if due(self.retry_at) {
                    self.open(now);
                } else if due(self.give_up_at) {
                    self.give_up(now);
                } else if due(self.heartbeat_at) {
                    self.on_heartbeat(now);
                }
            }
        }
    }

    fn poll_output(&mut self) -> Option<SignalingOutput> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        [self.retry_at, self.give_up_at, self.heartbeat_at]
            .into_iter()
            .flatten()
            .min()
    }
}
