//! The server: the shipped hub, and sessions that outlive their sockets
//! (docs/protocol.md). It has no clock: whether it gives up a session that has no socket
//! is one of the things that can happen.

use std::collections::BTreeMap;

use wimpex_hub::{Hub, Identity, Input, Output, SessionId};
use wimpex_protocol::{
    Ack, ClientMessage, DeviceId, Frame, Hello, Login, Name, Resume, ServerMessage, UserId,
    VERSION, Welcome, close_code,
};
use wimpex_sansio::{Machine, Now, UnixTime};
use wimpex_stream::{Arrival, Receiver, Sender};

use super::host::sign_login;

/// The code of a socket that breaks (RFC 6455, section 7.4.1).
pub(crate) const ABNORMAL: u16 = 1006;
/// Of one over which came what must not.
const PROTOCOL_ERROR: u16 = 1002;

/// One socket of one page of one tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Link {
    pub tab: usize,
    pub life: u8,
    pub socket: u32,
}

impl Link {
    /// That of the session which is begun over it; so no session's number depends on
    /// who was first.
    fn session(self) -> SessionId {
        SessionId((self.tab as u64 * 100 + u64::from(self.life)) * 100 + u64::from(self.socket))
    }

    fn challenge(self) -> String {
        format!("challenge {}", self.session().0)
    }
}

/// What the server does to a socket.
#[derive(Debug)]
pub(crate) enum Effect {
    Send(Link, String),
    Close(Link, u16),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Session {
    identity: Identity,
    link: Option<Link>,
    outgoing: Sender<ServerMessage>,
    incoming: Receiver,
}

/// All that the server knows; a restart makes it the default again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Server {
    hub: Hub,
    sessions: BTreeMap<SessionId, Session>,
    /// Open sockets, and whose session goes over each.
    links: BTreeMap<Link, Option<SessionId>>,
}

impl Server {
    /// Open sockets.
    pub(crate) fn links(&self) -> impl Iterator<Item = Link> {
        self.links.keys().copied()
    }

    /// Sessions that wait for their client to come back.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = SessionId> {
        let sessions = self.sessions.iter();
        sessions
            .filter(|(_, it)| it.link.is_none())
            .map(|(id, _)| *id)
    }

    pub(crate) fn open(&mut self, link: Link, wall: UnixTime) -> Vec<Effect> {
        self.links.insert(link, None);
        let hello = ServerMessage::Hello(Hello {
            version: VERSION,
            challenge: link.challenge(),
            server_time: wall.as_millis(),
            build: None,
        });
        vec![Effect::Send(link, hello.encode())]
    }

    /// The socket is gone; `keep`: its session is not over.
    pub(crate) fn closed(&mut self, link: Link, keep: bool) -> Vec<Effect> {
        let Some(Some(id)) = self.links.remove(&link) else {
            return Vec::new();
        };
        if !keep {
            return self.forget(id);
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            session.link = None;
        }
        Vec::new()
    }

    /// A session is over.
    pub(crate) fn forget(&mut self, session: SessionId) -> Vec<Effect> {
        self.sessions.remove(&session);
        self.hub(Input::Leave { session })
    }

    pub(crate) fn receive(&mut self, link: Link, text: &str) -> Vec<Effect> {
        let frame = ClientMessage::decode_frame(text);
        match (self.links.get(&link).copied(), frame.message) {
            (None, _) => Vec::new(),
            (Some(None), Ok(ClientMessage::Login(login))) => self.log_in(link, login),
            (Some(Some(id)), Ok(ClientMessage::Ack(ack))) => self.acknowledged(id, link, ack),
            (Some(Some(id)), Ok(message)) => self
                .numbered(id, frame.seq, message)
                .unwrap_or_else(|| self.reject(link)),
            (Some(_), _) => self.reject(link),
        }
    }

    fn acknowledged(&mut self, id: SessionId, link: Link, ack: Ack) -> Vec<Effect> {
        let Some(session) = self.sessions.get_mut(&id) else {
            return Vec::new();
        };
        if session.outgoing.acknowledge(ack.received).is_err() {
            return self.reject(link);
        }
        let received = session.incoming.ack();
        let ack = ServerMessage::Ack(Ack { received }).encode();
        vec![Effect::Send(link, ack)]
    }

    /// A frame of a session; `None` if it must not come.
    fn numbered(
        &mut self,
        session: SessionId,
        seq: Option<u64>,
        message: ClientMessage,
    ) -> Option<Vec<Effect>> {
        let incoming = &mut self.sessions.get_mut(&session)?.incoming;
        match incoming.arrive(seq?) {
            Arrival::New => {}
            Arrival::Repeated => return Some(Vec::new()),
            Arrival::Gap => return None,
        }
        Some(match message {
            ClientMessage::PresenceWatch(watch) => self.hub(Input::Watch { session, watch }),
            ClientMessage::Relay(relayed) => self.hub(Input::Relay { session, relayed }),
            ClientMessage::PresenceVisibility(visibility) => self.hub(Input::SetVisibility {
                session,
                visibility,
            }),
            ClientMessage::IceServersRequest(_) | ClientMessage::MissedCallsErase(_) => Vec::new(),
            ClientMessage::Login(_) | ClientMessage::Ack(_) => return None,
        })
    }

    #[expect(clippy::expect_used, reason = "the texts are this file's")]
    fn log_in(&mut self, link: Link, login: Login) -> Vec<Effect> {
        let user = login.user_id.and_then(|user| UserId::parse(user).ok());
        let signed = login.signature == Some(sign_login(&link.challenge()));
        let (Some(user), Ok(name), true) = (user, Name::parse(&login.username), signed) else {
            return self.reject(link);
        };
        let is_known = login.resume_token.as_deref() == Some(user.as_str());
        let device = login.device_id.filter(|_| is_known);
        let device = device.unwrap_or_else(|| {
            DeviceId::parse(format!("device-{}", link.session().0)).expect("a device")
        });
        let identity = Identity { user, device, name };
        let resumed = login
            .session
            .and_then(|resume| self.resume(&resume, &identity));
        let id = resumed.unwrap_or_else(|| link.session());
        let session = self.sessions.entry(id).or_insert_with(|| Session {
            identity: identity.clone(),
            link: None,
            outgoing: Sender::default(),
            incoming: Receiver::default(),
        });
        let before = session.link.replace(link);
        let welcome = ServerMessage::Welcome(Welcome {
            user_id: session.identity.user.clone(),
            device_id: session.identity.device.clone(),
            ice_servers: Vec::new(),
            relay_on_request: false,
            resume_token: session.identity.user.to_string(),
            session: Some(Resume {
                id: Some(wimpex_protocol::SessionId::parse(name_of(id)).expect("a session")),
                received: session.incoming.ack(),
            }),
        });
        let mut effects = vec![Effect::Send(link, welcome.encode())];
        effects.extend(session.outgoing.unacked().map(|(seq, message)| {
            let seq = Some(seq);
            Effect::Send(link, Frame { seq, message }.encode())
        }));
        self.links.insert(link, Some(id));
        if let Some(before) = before {
            self.links.remove(&before);
            effects.push(Effect::Close(before, close_code::SUPERSEDED));
        }
        if resumed.is_none() {
            let session = id;
            effects.extend(self.hub(Input::Join {
                session,
                identity,
                hidden: login.hidden,
            }));
        }
        effects
    }

    /// The session that a client wants to go on with, if it is there.
    fn resume(&mut self, resume: &Resume, identity: &Identity) -> Option<SessionId> {
        let wanted = resume.id.as_ref()?.as_str();
        let mut sessions = self.sessions.iter_mut();
        let (id, session) = sessions
            .find(|(id, it)| name_of(**id) == wanted && it.identity.user == identity.user)?;
        let known = session.outgoing.acknowledge(resume.received).is_ok();
        known.then_some(*id)
    }

    fn reject(&mut self, link: Link) -> Vec<Effect> {
        let mut effects = self.closed(link, false);
        effects.push(Effect::Close(link, PROTOCOL_ERROR));
        effects
    }

    fn hub(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.hub.handle(input, Now::ZERO);
        while let Some(output) = self.hub.poll_output() {
            match output {
                Output::Deliver { to, message } => {
                    effects.extend(to.iter().filter_map(|to| self.deliver(*to, &message)));
                }
                Output::Supersede(id) => {
                    let link = self.sessions.remove(&id).and_then(|session| session.link);
                    if let Some(link) = link {
                        self.links.remove(&link);
                        effects.push(Effect::Close(link, close_code::SUPERSEDED));
                    }
                }
            }
        }
        effects
    }

    /// Keeps a message for a session; it goes out now if there is a socket.
    fn deliver(&mut self, to: SessionId, message: &ServerMessage) -> Option<Effect> {
        let session = self.sessions.get_mut(&to)?;
        let seq = Some(session.outgoing.push(message.clone()));
        let text = Frame { seq, message }.encode();
        Some(Effect::Send(session.link?, text))
    }
}

fn name_of(session: SessionId) -> String {
    format!("session-{}", session.0)
}
