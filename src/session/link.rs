//! The way to the server: logging in, and one session over many sockets.
//!
//! Whatever is sent gets a number and is kept until the server has it
//! (docs/protocol.md, "Sessions that outlive their socket"), so that a lost
//! socket loses nothing.

mod login;

use std::sync::Arc;
use std::time::Duration;

use futures_channel::mpsc::UnboundedSender;
use gloo_timers::callback::{Interval, Timeout};
use wimpex_protocol::{
    Ack, ClientMessage, DeviceId, ErrorCode, Frame, Name, PresenceWatch, Relayed, ServerMessage,
    SessionId, UserId, Welcome, close_code,
};
use wimpex_stream::{Arrival, Receiver, Sender};

use super::event::Event;
use super::identity::Identity;
use super::{ServerState, backoff};
use crate::browser::web_socket::{WebSocket, WebSocketEvent};
use crate::browser::{clock, random};

/// Frames that may wait for the server; a call has a few dozen.
const WAITING: usize = 256;
/// A frame that has waited longer says nothing to a server that remembers nothing.
const STALE: Duration = Duration::from_secs(30);
/// The server hears of what has arrived after so many frames, or at the next beat.
const ACK_EVERY: u64 = 16;
/// How often the server is looked after, in milliseconds.
const BEAT: u32 = 5_000;
/// Outside of a call, only every so many beats ask for a sign of life.
const IDLE_BEATS: u32 = 5;

/// What the rest of the session has to know.
pub(super) enum News {
    /// Logged in, or not any more.
    State(ServerState),
    /// The server's clock, in milliseconds since 1970.
    Time(u64),
    /// Logged in as this.
    Welcome {
        welcome: Welcome,
        /// The server remembers nothing of what it knew before.
        renewed: bool,
    },
    /// Something for the rest of the session.
    Message(ServerMessage),
}

pub(super) struct Link {
    inbox: UnboundedSender<Event>,
    socket: Option<WebSocket>,
    /// Numbers the sockets, so that an old one's last words are told apart.
    number: u32,
    attempt: u32,
    retry: Option<Timeout>,
    name: Option<Name>,
    /// Who logs in: the owner of a key, or a guest; as soon as that is known.
    identity: Option<Option<Arc<Identity>>>,
    /// The challenge of this socket's `hello`, until it is answered.
    challenge: Option<String>,
    /// Who has logged in over this socket, until that is answered; a guest has no id yet.
    claimed: Option<Option<UserId>>,
    device: Option<DeviceId>,
    logged_in: bool,
    session: Option<SessionId>,
    outgoing: Sender<(Duration, ClientMessage)>,
    incoming: Receiver,
    watched: Vec<UserId>,
    /// Beats since anything was heard over this socket.
    silent_beats: u32,
    /// Whether a sign of life has been asked for since.
    asked: bool,
    _beat: Interval,
}

impl Link {
    pub(super) fn new(inbox: UnboundedSender<Event>) -> Self {
        let beat = inbox.clone();
        Self {
            inbox,
            socket: None,
            number: 0,
            attempt: 0,
            retry: None,
            name: None,
            identity: None,
            challenge: None,
            claimed: None,
            device: None,
            logged_in: false,
            session: None,
            outgoing: Sender::default(),
            incoming: Receiver::default(),
            watched: Vec::new(),
            silent_beats: 0,
            asked: false,
            _beat: Interval::new(BEAT, move || {
                let _ = beat.unbounded_send(Event::Beat);
            }),
        }
    }

    /// Logs in under this name, anew if need be.
    pub(super) fn set_name(&mut self, name: Name) {
        self.name = Some(name);
        self.attempt = 0;
        self.open();
    }

    /// Logs in as the owner of this key, or as a guest.
    pub(super) fn identify(&mut self, identity: Option<Arc<Identity>>) {
        self.identity = Some(identity);
        self.log_in();
    }

    /// Tries now what would otherwise be tried later.
    pub(super) fn hurry(&mut self) {
        if self.logged_in {
            // The network may be another one by now.
            self.ask();
        } else if self.name.is_some() {
            self.open();
        }
    }

    /// The machine is in another network: nothing comes over the old socket any
    /// more, and the browser takes a second or longer to see it.
    pub(super) fn network_changed(&mut self) {
        if self.name.is_some() {
            self.attempt = 0;
            self.open();
        }
    }

    /// The page is left. If it stays all the same, or comes back from the
    /// browser's cache, it logs in anew.
    pub(super) fn close(&mut self) {
        self.socket = None;
        self.logged_in = false;
        self.session = None;
        self.number += 1;
        self.try_later();
    }

    /// Passes a signal on, now or as soon as the server is back.
    pub(super) fn send(&mut self, relayed: Relayed) {
        self.push(clock::now(), ClientMessage::Relay(relayed));
    }

    /// Whose coming and going to be told.
    pub(super) fn watch(&mut self, users: Vec<UserId>) {
        if users != self.watched {
            self.watched = users;
            self.send_watch();
        }
    }

    /// Opens a socket in place of the one before.
    pub(super) fn open(&mut self) {
        self.retry = None;
        self.challenge = None;
        self.claimed = None;
        self.logged_in = false;
        self.silent_beats = 0;
        self.number += 1;
        let (number, inbox) = (self.number, self.inbox.clone());
        let report = move |event| {
            // The inbox lives as long as the page.
            let _ = inbox.unbounded_send(Event::Socket(number, event));
        };
        self.socket = WebSocket::open("/ws", report).ok();
        if self.socket.is_none() {
            self.try_later();
        }
    }

    /// Takes what a socket reports; a socket that is no longer ours says nothing.
    pub(super) fn socket(&mut self, number: u32, event: WebSocketEvent) -> Option<News> {
        if number != self.number {
            return None;
        }
        self.silent_beats = 0;
        self.asked = false;
        match event {
            WebSocketEvent::Open | WebSocketEvent::Binary => None,
            WebSocketEvent::Text(text) => self.frame(&text),
            WebSocketEvent::Closed { code } => {
                if code == close_code::SUPERSEDED {
                    self.device = None;
                    self.session = None;
                }
                let was_refused = self.socket.take().is_none();
                self.logged_in = false;
                self.try_later();
                (!was_refused).then_some(News::State(ServerState::Lost))
            }
        }
    }

    /// Time has passed: asks a silent server for a sign of life, and gives up a
    /// socket over which none comes. The browser itself may take minutes to see
    /// that a network has gone.
    pub(super) fn beat(&mut self, in_call: bool) -> Option<News> {
        self.socket.as_ref()?;
        self.silent_beats += 1;
        let waits_for_login = !self.logged_in && self.silent_beats > 1;
        if self.asked || waits_for_login {
            return Some(self.give_up());
        }
        if self.logged_in
            && (in_call || self.incoming.unacked() > 0 || self.silent_beats >= IDLE_BEATS)
        {
            self.ask();
        }
        None
    }

    /// Leaves a socket of which nothing more is to be expected.
    fn give_up(&mut self) -> News {
        self.asked = false;
        self.logged_in = false;
        self.number += 1;
        if let Some(socket) = self.socket.take() {
            socket.close(close_code::RECONNECTING);
        }
        self.try_later();
        News::State(ServerState::Lost)
    }

    /// Asks for a sign of life.
    fn ask(&mut self) {
        self.asked = true;
        self.acknowledge();
    }

    /// How often in a row no connection came about.
    pub(super) fn failures(&self) -> u32 {
        self.attempt
    }

    fn frame(&mut self, text: &str) -> Option<News> {
        let frame = ServerMessage::decode_frame(text).ok()?;
        if let Some(seq) = frame.seq.filter(|_| self.logged_in) {
            match self.incoming.arrive(seq) {
                Arrival::New => {}
                Arrival::Repeated => return None,
                Arrival::Gap => {
                    // Nobody can say what is missing.
                    self.session = None;
                    return Some(self.give_up());
                }
            }
            if self.incoming.unacked() >= ACK_EVERY {
                self.acknowledge();
            }
        }
        // A message that this version does not know is for a later one.
        match frame.message.ok()? {
            ServerMessage::Hello(hello) => {
                // Once for each socket.
                if self.logged_in || self.claimed.is_some() {
                    return None;
                }
                self.challenge = Some(hello.challenge);
                self.log_in();
                Some(News::Time(hello.server_time))
            }
            ServerMessage::Welcome(welcome) => self.welcome(welcome),
            ServerMessage::Ack(ack) => {
                // More than was ever sent cannot have arrived: not our session.
                let _ = self.outgoing.acknowledge(ack.received).map(|_| ());
                None
            }
            ServerMessage::Error(error) if error.code == ErrorCode::LoginFailed => {
                Some(self.turned_away(ServerState::Unbelieved))
            }
            ServerMessage::Error(error) if error.code == ErrorCode::TooManyConnections => {
                Some(self.turned_away(ServerState::Refused))
            }
            message => Some(News::Message(message)),
        }
    }

    /// No login came of it, and none will soon.
    fn turned_away(&mut self, state: ServerState) -> News {
        // The socket closes next; its end says nothing new then.
        self.socket = None;
        self.logged_in = false;
        self.attempt = u32::MAX / 2;
        self.try_later();
        News::State(state)
    }

    fn push(&mut self, since: Duration, message: ClientMessage) {
        if self.outgoing.len() == WAITING {
            // Without its oldest frame the session cannot go on.
            let oldest = self.outgoing.next_seq() - WAITING as u64;
            let _ = self.outgoing.acknowledge(oldest).map(|_| ());
            self.session = None;
        }
        if self.logged_in {
            self.transmit(Some(self.outgoing.next_seq()), &message);
        }
        self.outgoing.push((since, message));
    }

    fn send_watch(&mut self) {
        if self.logged_in {
            let watch = PresenceWatch {
                user_ids: self.watched.clone(),
            };
            self.push(clock::now(), ClientMessage::PresenceWatch(watch));
        }
    }

    fn acknowledge(&mut self) {
        let received = self.incoming.ack();
        self.transmit(None, &ClientMessage::Ack(Ack { received }));
    }

    /// What the socket does not take is kept, and goes over the next one.
    fn transmit(&self, seq: Option<u64>, message: &ClientMessage) {
        if let Some(socket) = &self.socket {
            socket.send(&Frame { seq, message }.encode());
        }
    }

    fn try_later(&mut self) {
        let delay = backoff::delay(self.attempt, random::fraction());
        self.attempt += 1;
        let inbox = self.inbox.clone();
        let millis = u32::try_from(delay.as_millis()).unwrap_or(u32::MAX);
        self.retry = Some(Timeout::new(millis, move || {
            let _ = inbox.unbounded_send(Event::Reconnect);
        }));
    }
}
