//! Who is logged in, and who gets which message.
//!
//! A [`Machine`]: whoever drives it carries its outputs out in their order. It
//! must not know sockets, clocks, or how a message is written; none of its
//! decisions depends on time, so it never asks for a timeout.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wimpex_protocol::{
    DeviceId, ErrorCode, ErrorMessage, Name, Presence, PresenceWatch, Relayed, ServerMessage,
    Signal, UserId, limits,
};
use wimpex_sansio::{Machine, Now};

/// One login of a device, for as long as it counts: it may outlive its socket
/// and go on over another one. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// Who a session has proved to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The person.
    pub user: UserId,
    /// One tab or device of that person.
    pub device: DeviceId,
    /// What to call them.
    pub name: Name,
}

/// What can happen to the hub. An input about a session that is not in it does
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// A session has logged in. If it is in already, this does nothing; an older
    /// session of the same device gives way to it.
    Join {
        /// Never used before.
        session: SessionId,
        /// Who it has proved to be.
        identity: Identity,
    },
    /// A session is over.
    Leave {
        /// Which one.
        session: SessionId,
    },
    /// Nothing is heard of a session, or something is again. What is sent to a
    /// session that is away still waits for it; whoever watches its user does
    /// not count on it meanwhile.
    SetAway {
        /// Which one.
        session: SessionId,
        /// Whether it is away from now on.
        away: bool,
    },
    /// A session sends a message to somebody.
    Relay {
        /// The sender.
        session: SessionId,
        /// The message with its address; who it is from is stamped on it.
        relayed: Relayed,
    },
    /// A session says whose presence it wants to know.
    Watch {
        /// Who asks.
        session: SessionId,
        /// About whom.
        watch: PresenceWatch,
    },
    /// The machine contract's; the hub has no deadlines.
    Timeout,
}

/// What is to be done next.
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Send this to each of these.
    Deliver {
        /// To whom; never empty.
        to: Vec<SessionId>,
        /// What.
        message: ServerMessage,
    },
    /// A newer session of the same device has taken this one's place.
    Supersede(SessionId),
}

/// How many of each the hub remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sessions, whether their socket is there or not.
    pub sessions: usize,
    /// Users with at least one of them.
    pub users: usize,
    /// Users whose presence somebody watches.
    pub watched: usize,
}

/// Sessions, the devices of each user, and who watches whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hub {
    /// Empty between two inputs.
    outputs: VecDeque<Output>,
    sessions: BTreeMap<SessionId, Session>,
    devices: BTreeMap<UserId, Vec<(DeviceId, SessionId)>>,
    watchers: BTreeMap<UserId, BTreeSet<SessionId>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Session {
    identity: Identity,
    /// Nothing has been heard of it for a while.
    away: bool,
    watching: BTreeSet<UserId>,
}

impl Machine for Hub {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, input: Input, _now: Now) {
        let outputs = match input {
            Input::Join { session, identity } => self.join(session, identity),
            Input::Leave { session } => self.leave(session),
            Input::SetAway { session, away } => self.set_away(session, away),
            Input::Relay { session, relayed } => self.relay(session, relayed),
            Input::Watch { session, watch } => self.watch(session, watch),
            Input::Timeout => Vec::new(),
        };
        self.outputs.extend(outputs);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        None
    }
}

impl Hub {
    fn join(&mut self, id: SessionId, identity: Identity) -> Vec<Output> {
        if self.sessions.contains_key(&id) {
            return Vec::new();
        }
        let before = self.presence(&identity.user);
        let (user, device) = (identity.user.clone(), identity.device.clone());
        let session = Session {
            identity,
            away: false,
            watching: BTreeSet::new(),
        };
        self.sessions.insert(id, session);
        let devices = self.devices.entry(user).or_default();
        let older = devices.iter().position(|(known, _)| *known == device);
        let older = older.map(|at| devices.remove(at).1);
        devices.push((device, id));
        let mut outputs = Vec::new();
        if let Some(older) = older {
            self.forget_session(older);
            outputs.push(Output::Supersede(older));
        }
        outputs.extend(self.tell_watchers(before));
        outputs
    }

    fn leave(&mut self, id: SessionId) -> Vec<Output> {
        let Some(session) = self.sessions.get(&id) else {
            return Vec::new();
        };
        let user = session.identity.user.clone();
        let before = self.presence(&user);
        self.forget_session(id);
        if let Some(devices) = self.devices.get_mut(&user) {
            devices.retain(|(_, other)| *other != id);
            if devices.is_empty() {
                self.devices.remove(&user);
            }
        }
        self.tell_watchers(before).into_iter().collect()
    }

    fn set_away(&mut self, id: SessionId, away: bool) -> Vec<Output> {
        let Some(session) = self.sessions.get(&id) else {
            return Vec::new();
        };
        let before = self.presence(&session.identity.user);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.away = away;
        }
        self.tell_watchers(before).into_iter().collect()
    }

    fn relay(&mut self, id: SessionId, mut relayed: Relayed) -> Vec<Output> {
        let Some(session) = self.sessions.get(&id) else {
            return Vec::new();
        };
        let sender = &session.identity;
        if relayed.to_id == sender.user
            && relayed
                .to_device
                .as_ref()
                .is_none_or(|to| *to == sender.device)
        {
            let text = match relayed.signal {
                Signal::CallOffer(_) => "You cannot call yourself.",
                _ => "A message to yourself must name another of your devices.",
            };
            return refuse(id, ErrorCode::BadMessage, text, relayed);
        }
        let to: Vec<SessionId> = self
            .devices
            .get(&relayed.to_id)
            .into_iter()
            .flatten()
            .filter(|(device, _)| relayed.to_device.as_ref().is_none_or(|to| to == device))
            .map(|(_, id)| *id)
            .collect();
        if to.is_empty() {
            let text = match relayed.to_device {
                Some(_) => "That device is not online.",
                None => "That person is not online.",
            };
            return refuse(id, ErrorCode::UserOffline, text, relayed);
        }
        relayed.from_id = Some(sender.user.clone());
        relayed.from_device = Some(sender.device.clone());
        if let Signal::CallOffer(offer) = &mut relayed.signal {
            offer.from_username = Some(sender.name.as_str().to_owned());
        }
        vec![Output::Deliver {
            to,
            message: ServerMessage::Relay(relayed),
        }]
    }

    fn watch(&mut self, id: SessionId, watch: PresenceWatch) -> Vec<Output> {
        let Some(session) = self.sessions.get_mut(&id) else {
            return Vec::new();
        };
        if watch.user_ids.len() > limits::WATCHED_USERS {
            let error = ErrorMessage {
                code: ErrorCode::BadMessage,
                message: format!("At most {} people can be watched.", limits::WATCHED_USERS),
                ref_type: Some("presence-watch".to_owned()),
                call_id: None,
                to_id: None,
            };
            return deliver(id, ServerMessage::Error(error));
        }
        let wanted: BTreeSet<UserId> = watch.user_ids.into_iter().collect();
        let before = std::mem::replace(&mut session.watching, wanted.clone());
        for user in before.difference(&wanted) {
            self.forget_watcher(user, id);
        }
        let mut outputs = Vec::with_capacity(wanted.len());
        for user in wanted {
            outputs.push(Output::Deliver {
                to: vec![id],
                message: ServerMessage::Presence(self.presence(&user)),
            });
            self.watchers.entry(user).or_default().insert(id);
        }
        outputs
    }

    /// What the hub remembers now.
    pub fn counts(&self) -> Counts {
        Counts {
            sessions: self.sessions.len(),
            users: self.devices.len(),
            watched: self.watchers.len(),
        }
    }

    /// Everything about a session but its place among its user's devices.
    fn forget_session(&mut self, id: SessionId) {
        let session = self.sessions.remove(&id);
        for user in session.iter().flat_map(|session| &session.watching) {
            self.forget_watcher(user, id);
        }
    }

    fn forget_watcher(&mut self, user: &UserId, id: SessionId) {
        if let Some(watchers) = self.watchers.get_mut(user) {
            watchers.remove(&id);
            if watchers.is_empty() {
                self.watchers.remove(user);
            }
        }
    }

    /// What there is to know of a user now. Of several devices the name of the
    /// one that logged in last counts.
    fn presence(&self, user: &UserId) -> Presence {
        let known = self.devices.get(user).into_iter().flatten();
        let present: Vec<(&DeviceId, &Session)> = known
            .filter_map(|(device, id)| Some((device, self.sessions.get(id)?)))
            .filter(|(_, session)| !session.away)
            .collect();
        let mut devices: Vec<DeviceId> = present.iter().map(|(d, _)| (*d).clone()).collect();
        devices.sort();
        Presence {
            user_id: user.clone(),
            online: !present.is_empty(),
            username: present.last().map(|(_, s)| s.identity.name.to_string()),
            devices,
        }
    }

    /// Only if something has changed.
    fn tell_watchers(&self, before: Presence) -> Option<Output> {
        let watchers = self.watchers.get(&before.user_id)?;
        let now = self.presence(&before.user_id);
        (now != before).then(|| Output::Deliver {
            to: watchers.iter().copied().collect(),
            message: ServerMessage::Presence(now),
        })
    }
}

fn deliver(id: SessionId, message: ServerMessage) -> Vec<Output> {
    vec![Output::Deliver {
        to: vec![id],
        message,
    }]
}

fn refuse(id: SessionId, code: ErrorCode, text: &str, refused: Relayed) -> Vec<Output> {
    let error = ErrorMessage {
        code,
        message: text.to_owned(),
        ref_type: Some(refused.signal.type_name().to_owned()),
        call_id: refused.signal.call_id().cloned(),
        to_id: Some(refused.to_id),
    };
    deliver(id, ServerMessage::Error(error))
}

#[cfg(test)]
mod tests;
