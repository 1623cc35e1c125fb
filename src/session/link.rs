//! The way to the server: logging in, coming back, and what waits meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use futures_channel::mpsc::UnboundedSender;
use gloo_timers::callback::Timeout;
use wimpex_protocol::{
    ClientMessage, DeviceId, ErrorCode, Login, Name, PresenceWatch, Relayed, ServerMessage, UserId,
    Welcome,
};

use super::event::Event;
use super::{ServerState, backoff};
use crate::browser::socket::{Socket, SocketEvent};
use crate::browser::{clock, random, storage};

const TOKEN: &str = "wimpex.resume-token";
/// Signals that may wait for the server; a call has a few dozen.
const WAITING: usize = 256;
/// A signal that has waited longer is about a call that is over.
const STALE: Duration = Duration::from_secs(60);
/// A new socket of ours has taken this one's place (docs/protocol.md).
const SUPERSEDED: u16 = 4001;

/// What the rest of the session has to know.
pub(super) enum News {
    /// Logged in, or not any more.
    State(ServerState),
    /// Logged in as this.
    Welcome(Welcome),
    /// Something for the rest of the session.
    Message(ServerMessage),
}

pub(super) struct Link {
    inbox: UnboundedSender<Event>,
    socket: Option<Socket>,
    /// Numbers the sockets, so that an old one's last words are told apart.
    number: u32,
    attempt: u32,
    retry: Option<Timeout>,
    name: Option<Name>,
    device: Option<DeviceId>,
    logged_in: bool,
    waiting: VecDeque<(Duration, Relayed)>,
    watched: Option<UserId>,
}

impl Link {
    pub(super) fn new(inbox: UnboundedSender<Event>) -> Self {
        Self {
            inbox,
            socket: None,
            number: 0,
            attempt: 0,
            retry: None,
            name: None,
            device: None,
            logged_in: false,
            waiting: VecDeque::new(),
            watched: None,
        }
    }

    /// Logs in under this name, anew if need be.
    pub(super) fn set_name(&mut self, name: Name) {
        self.name = Some(name);
        self.attempt = 0;
        self.open();
    }

    /// Tries now what would otherwise be tried later.
    pub(super) fn hurry(&mut self) {
        if self.name.is_some() && !self.logged_in {
            self.open();
        }
    }

    /// The page is left. If it stays all the same, or comes back from the
    /// browser's cache, it logs in anew.
    pub(super) fn close(&mut self) {
        self.socket = None;
        self.logged_in = false;
        self.number += 1;
        self.try_later();
    }

    /// Passes a signal on, now or as soon as the server is back.
    pub(super) fn send(&mut self, relayed: Relayed) {
        if self.logged_in && self.transmit(&ClientMessage::Relay(relayed.clone())) {
            return;
        }
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((clock::now(), relayed));
    }

    /// Whose coming and going to be told.
    pub(super) fn watch(&mut self, user: Option<UserId>) {
        self.watched = user;
        self.send_watch();
    }

    /// Opens a socket in place of the one before.
    pub(super) fn open(&mut self) {
        self.retry = None;
        self.logged_in = false;
        self.number += 1;
        let (number, inbox) = (self.number, self.inbox.clone());
        let report = move |event| {
            // The inbox lives as long as the page.
            let _ = inbox.unbounded_send(Event::Socket(number, event));
        };
        self.socket = Socket::open("/ws", report).ok();
        if self.socket.is_none() {
            self.try_later();
        }
    }

    /// Takes what a socket reports; a socket that is no longer ours says nothing.
    pub(super) fn socket(&mut self, number: u32, event: SocketEvent) -> Option<News> {
        if number != self.number {
            return None;
        }
        match event {
            SocketEvent::Open | SocketEvent::Binary => None,
            SocketEvent::Text(text) => self.message(&text),
            SocketEvent::Closed { code } => {
                if code == SUPERSEDED {
                    self.device = None;
                }
                let was_refused = self.socket.take().is_none();
                self.logged_in = false;
                self.try_later();
                (!was_refused).then_some(News::State(ServerState::Lost))
            }
        }
    }

    /// How often in a row no connection came about.
    pub(super) fn failures(&self) -> u32 {
        self.attempt
    }

    fn message(&mut self, text: &str) -> Option<News> {
        // A message that this version does not know is for a later one.
        match ServerMessage::decode(text).ok()? {
            ServerMessage::Hello(_) => {
                self.log_in();
                None
            }
            ServerMessage::Welcome(welcome) => {
                storage::write(TOKEN, &welcome.resume_token);
                self.device = Some(welcome.device_id.clone());
                self.attempt = 0;
                self.logged_in = true;
                self.send_watch();
                self.send_waiting();
                Some(News::Welcome(welcome))
            }
            ServerMessage::Error(error)
                if matches!(
                    error.code,
                    ErrorCode::LoginFailed | ErrorCode::TooManyConnections
                ) =>
            {
                // The socket closes next; its end says nothing new then.
                self.socket = None;
                self.logged_in = false;
                self.attempt = u32::MAX / 2;
                self.try_later();
                Some(News::State(ServerState::Refused))
            }
            message => Some(News::Message(message)),
        }
    }

    fn log_in(&mut self) {
        let Some(name) = &self.name else { return };
        let resume_token = storage::read(TOKEN);
        let login = Login {
            username: name.as_str().to_owned(),
            device_id: self.device.clone().filter(|_| resume_token.is_some()),
            resume_token,
        };
        self.transmit(&ClientMessage::Login(login));
    }

    fn send_watch(&mut self) {
        if self.logged_in {
            let user_ids = self.watched.iter().cloned().collect();
            self.transmit(&ClientMessage::PresenceWatch(PresenceWatch { user_ids }));
        }
    }

    fn send_waiting(&mut self) {
        for (since, relayed) in std::mem::take(&mut self.waiting) {
            if clock::now().saturating_sub(since) < STALE {
                self.send(relayed);
            }
        }
    }

    fn transmit(&self, message: &ClientMessage) -> bool {
        self.socket
            .as_ref()
            .is_some_and(|socket| socket.send(&message.encode()))
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
