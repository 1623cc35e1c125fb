//! A server of the tests: the real hub, and sessions that outlive their sockets as
//! docs/protocol.md describes them.

use std::collections::BTreeMap;
use std::time::Duration;

use wimpex_hub::{Hub, Identity, Input, Output, SessionId};
use wimpex_protocol::{
    Ack, ClientMessage, DeviceId, ErrorCode, ErrorMessage, Frame, Hello, IceServer, IceServers,
    Login, Name, Resume, ServerMessage, UserId, VERSION, Welcome,
};
use wimpex_sansio::{Machine, Now};
use wimpex_stream::{Arrival, Receiver, Sender};

use super::crypto;

/// A session whose socket is gone is kept for so long.
const KEEP: Duration = Duration::from_secs(45);
/// A session of which nothing is heard for so long counts as away.
const AWAY: Duration = Duration::from_secs(14);

/// One socket of one life of one tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Link {
    pub tab: usize,
    pub life: u32,
    pub socket: u32,
}

/// What the server does to a socket.
#[derive(Debug)]
pub enum Effect {
    Send(Link, String),
    Close(Link, u16),
}

#[derive(Debug)]
struct Session {
    identity: Identity,
    name: String,
    link: Option<Link>,
    heard: Now,
    away: bool,
    outgoing: Sender<ServerMessage>,
    incoming: Receiver,
}

#[derive(Debug, Default)]
pub struct Server {
    hub: Hub,
    sessions: BTreeMap<u64, Session>,
    /// Open sockets: the challenge until the login, then the session.
    links: BTreeMap<Link, Result<u64, String>>,
    next: u64,
    /// Which build of the page it has.
    pub build: Option<String>,
    /// How often anybody has said whom they watch.
    pub watches: usize,
    /// How many messages to others were sent.
    pub relayed: usize,
    /// Up to which missed calls whoever logged in last knew them.
    pub missed_since: Option<u64>,
    /// Up to which they were to be erased, one after the other.
    pub erased: Vec<Option<u64>>,
    effects: Vec<Effect>,
}

impl Server {
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Kills the server: all that it knew is gone, and every socket with it.
    pub fn crash(&mut self) -> Vec<Link> {
        let links = self.links.keys().copied().collect();
        *self = Self {
            next: self.next,
            build: self.build.take(),
            ..Self::default()
        };
        links
    }

    /// Passes a message on that comes from somebody who is not in the story.
    pub fn relay_to(&mut self, user: &UserId, message: &ServerMessage) {
        let of_user = |it: &(&u64, &Session)| it.1.identity.user == *user;
        let ids: Vec<u64> = self
            .sessions
            .iter()
            .filter(of_user)
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.deliver(id, message);
        }
    }

    pub fn online_devices(&self, user: &UserId) -> usize {
        let sessions = self.sessions.values();
        sessions
            .filter(|it| it.identity.user == *user && !it.away)
            .count()
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn open(&mut self, link: Link) {
        let challenge = format!("challenge-{}", self.number());
        self.links.insert(link, Err(challenge.clone()));
        let hello = ServerMessage::Hello(Hello {
            version: VERSION,
            challenge,
            server_time: 0,
            build: self.build.clone(),
        });
        self.effects.push(Effect::Send(link, hello.encode()));
    }

    /// The socket is gone; `comes_back`: its owner keeps the session.
    pub fn closed(&mut self, link: Link, comes_back: bool, now: Now) {
        if let Some(Ok(id)) = self.links.remove(&link) {
            if comes_back {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.link = None;
                    session.heard = now;
                }
            } else {
                self.leave(id, now);
            }
        }
    }

    fn leave(&mut self, id: u64, now: Now) {
        self.sessions.remove(&id);
        let session = SessionId(id);
        self.hub(Input::Leave { session }, now);
    }

    pub fn poll_timeout(&self) -> Option<Now> {
        let sessions = self.sessions.values();
        sessions
            .filter(|it| it.link.is_none() || !it.away)
            .map(|it| it.heard + if it.away { KEEP } else { AWAY })
            .min()
    }

    pub fn timeout(&mut self, now: Now) {
        let ids: Vec<u64> = self.sessions.keys().copied().collect();
        for id in ids {
            let session = &self.sessions[&id];
            let silence = now.since(session.heard);
            if session.link.is_none() && silence >= KEEP {
                self.leave(id, now);
            } else if !session.away && silence >= AWAY && session.link.is_none() {
                self.set_away(id, true, now);
            } else if !session.away && silence >= AWAY {
                // A socket that is open but silent: the real server pings it and closes.
                let link = session.link;
                self.set_away(id, true, now);
                if let Some(link) = link {
                    self.links.remove(&link);
                    if let Some(session) = self.sessions.get_mut(&id) {
                        session.link = None;
                    }
                    self.effects.push(Effect::Close(link, 1011));
                }
            }
        }
    }

    fn set_away(&mut self, id: u64, away: bool, now: Now) {
        if let Some(session) = self.sessions.get_mut(&id)
            && session.away != away
        {
            session.away = away;
            let session = SessionId(id);
            self.hub(Input::SetAway { session, away }, now);
        }
    }

    /// The transport under a socket answers pings by itself.
    pub fn pong(&mut self, link: Link, now: Now) {
        if let Some(Ok(id)) = self.links.get(&link).cloned() {
            if let Some(session) = self.sessions.get_mut(&id) {
                session.heard = now;
            }
            self.set_away(id, false, now);
        }
    }

    pub fn receive(&mut self, link: Link, text: &str, now: Now) {
        let frame = ClientMessage::decode_frame(text);
        let message = frame.message.expect("clients send what the server knows");
        match self.links.get(&link).cloned() {
            None => {}
            Some(Err(challenge)) => match message {
                ClientMessage::Login(login) => self.log_in(link, &challenge, login, now),
                other => panic!("before the login came {other:?}"),
            },
            Some(Ok(id)) => {
                self.pong(link, now);
                match message {
                    ClientMessage::Ack(ack) => {
                        let session = self.sessions.get_mut(&id).expect("linked");
                        let _ = session.outgoing.acknowledge(ack.received).map(|_| ());
                        let received = session.incoming.ack();
                        let ack = ServerMessage::Ack(Ack { received }).encode();
                        self.effects.push(Effect::Send(link, ack));
                    }
                    ClientMessage::Login(_) => panic!("a second login"),
                    message => self.numbered(id, frame.seq, message, now),
                }
            }
        }
    }

    fn numbered(&mut self, id: u64, seq: Option<u64>, message: ClientMessage, now: Now) {
        let session = self.sessions.get_mut(&id).expect("linked");
        match session.incoming.arrive(seq.expect("numbered")) {
            Arrival::New => {}
            Arrival::Repeated => return,
            Arrival::Gap => panic!("a client left out a number"),
        }
        let session = SessionId(id);
        let input = match message {
            ClientMessage::PresenceWatch(watch) => {
                self.watches += 1;
                Input::Watch { session, watch }
            }
            ClientMessage::Relay(relayed) => {
                self.relayed += 1;
                Input::Relay { session, relayed }
            }
            ClientMessage::PresenceVisibility(visibility) => Input::SetVisibility {
                session,
                visibility,
            },
            ClientMessage::IceServersRequest(_) => return self.give_relay(id),
            ClientMessage::MissedCallsErase(erase) => return self.erased.push(erase.until),
            ClientMessage::Login(_) | ClientMessage::Ack(_) => unreachable!("handled above"),
        };
        self.hub(input, now);
    }

    fn log_in(&mut self, link: Link, challenge: &str, login: Login, now: Now) {
        self.missed_since = login.missed_since;
        let token_of = |user: &str, device: &str| format!("{user}/{device}");
        let token = login.resume_token.clone();
        let token = token.as_deref().and_then(|token| token.split_once('/'));
        let user = match &login.user_id {
            Some(user) => {
                let expected = crypto::sign_login(user, challenge);
                if login.signature != Some(expected) {
                    return self.reject(link);
                }
                user.clone()
            }
            None => token.map_or_else(
                || format!("guest-{}", self.number()),
                |(user, _)| user.to_owned(),
            ),
        };
        let same_device = login
            .device_id
            .as_ref()
            .filter(|device| token.is_some_and(|(of, its)| of == user && its == device.as_str()));
        let device = match same_device {
            Some(device) => device.clone(),
            None => DeviceId::parse(format!("device-{}", self.number())).unwrap(),
        };
        let identity = Identity {
            user: UserId::parse(user).unwrap(),
            device,
            name: Name::parse(&login.username).unwrap(),
        };
        let resume = login.session.clone();
        let known = resume.as_ref().and_then(|resume| {
            let wanted = resume.id.as_ref()?.as_str().to_owned();
            let mut sessions = self.sessions.iter();
            let (id, _) =
                sessions.find(|(_, it)| it.name == wanted && it.identity.user == identity.user)?;
            Some(*id)
        });
        let received = resume.as_ref().map_or(0, |resume| resume.received);
        let resumed = known.filter(|id| {
            let session = self.sessions.get_mut(id).expect("found above");
            session.outgoing.acknowledge(received).map(|_| ()).is_ok()
        });
        let id = resumed.unwrap_or_else(|| self.number());
        if resumed.is_none() {
            let session = Session {
                identity: identity.clone(),
                name: format!("session-{id}"),
                link: None,
                heard: now,
                away: false,
                outgoing: Sender::default(),
                incoming: Receiver::default(),
            };
            self.sessions.insert(id, session);
        }
        let session = self.sessions.get_mut(&id).expect("inserted above");
        if let Some(before) = session.link.replace(link)
            && before != link
        {
            self.links.remove(&before);
            self.effects.push(Effect::Close(before, 4001));
        }
        session.heard = now;
        let is_guest = session.identity.user.as_str().starts_with("guest-");
        let welcome = Welcome {
            user_id: session.identity.user.clone(),
            device_id: session.identity.device.clone(),
            ice_servers: vec![turn_server(); usize::from(!is_guest)],
            relay_on_request: is_guest,
            resume_token: token_of(
                session.identity.user.as_str(),
                session.identity.device.as_str(),
            ),
            session: Some(Resume {
                id: Some(wimpex_protocol::SessionId::parse(session.name.clone()).unwrap()),
                received: session.incoming.ack(),
            }),
        };
        let again: Vec<String> = session
            .outgoing
            .unacked()
            .map(|(seq, message)| numbered(seq, message))
            .collect();
        self.links.insert(link, Ok(id));
        let welcome = ServerMessage::Welcome(welcome).encode();
        self.effects.push(Effect::Send(link, welcome));
        for text in again {
            self.effects.push(Effect::Send(link, text));
        }
        if resumed.is_some() {
            self.set_away(id, false, now);
        } else {
            let session = SessionId(id);
            self.hub(
                Input::Join {
                    session,
                    identity,
                    hidden: login.hidden,
                },
                now,
            );
        }
    }

    /// A guest is about to call.
    fn give_relay(&mut self, id: u64) {
        let ice_servers = vec![turn_server()];
        self.deliver(id, &ServerMessage::IceServers(IceServers { ice_servers }));
    }

    fn reject(&mut self, link: Link) {
        let error = ServerMessage::Error(ErrorMessage {
            code: ErrorCode::LoginFailed,
            message: "no".to_owned(),
            ref_type: None,
            call_id: None,
            to_id: None,
            reason: None,
        });
        self.links.remove(&link);
        self.effects.push(Effect::Send(link, error.encode()));
        self.effects.push(Effect::Close(link, 1008));
    }

    fn hub(&mut self, input: Input, now: Now) {
        self.hub.handle(input, now);
        while let Some(output) = self.hub.poll_output() {
            match output {
                Output::Deliver { to, message } => {
                    for id in to {
                        self.deliver(id.0, &message);
                    }
                }
                Output::Supersede(id) => {
                    if let Some(session) = self.sessions.remove(&id.0)
                        && let Some(link) = session.link
                    {
                        self.links.remove(&link);
                        self.effects.push(Effect::Close(link, 4001));
                    }
                }
            }
        }
    }

    fn deliver(&mut self, id: u64, message: &ServerMessage) {
        if let Some(session) = self.sessions.get_mut(&id) {
            let frame = numbered(session.outgoing.next_seq(), message);
            session.outgoing.push(message.clone());
            if let Some(link) = session.link {
                self.effects.push(Effect::Send(link, frame));
            }
        }
    }
}

fn turn_server() -> IceServer {
    IceServer {
        urls: vec!["turn:test".to_owned()],
        username: None,
        credential: None,
    }
}

fn numbered(seq: u64, message: &ServerMessage) -> String {
    let seq = Some(seq);
    Frame { seq, message }.encode()
}
