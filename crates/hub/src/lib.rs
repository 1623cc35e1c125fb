//! Who is logged in, and who gets which message.
//!
//! A [`Machine`]: whoever drives it carries its outputs out in their order. It
//! must not know sockets, clocks, or how a message is written. Time matters only
//! where changes of presence are told at a limited rate, see [`PresenceRate`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

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
    /// It may be time to tell a change of presence that was held back.
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

/// How often those who watch a user are told of changes. What exceeds it is held
/// back until the window is over; then they are told how it is, not how it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PresenceRate {
    /// So many changes of one user are told at once …
    pub burst: u32,
    /// … in each time as long as this.
    pub window: Duration,
}

/// Changes of one user's presence in one window.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Changes {
    since: Now,
    told: u32,
    /// What was told last, if it is not how it is any more.
    held_back: Option<Presence>,
}

/// Sessions, the devices of each user, and who watches whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hub {
    /// Empty between two inputs.
    outputs: VecDeque<Output>,
    sessions: BTreeMap<SessionId, Session>,
    devices: BTreeMap<UserId, Vec<(DeviceId, SessionId)>>,
    watchers: BTreeMap<UserId, BTreeSet<SessionId>>,
    rate: Option<PresenceRate>,
    /// Of users who are watched, while there is a rate.
    changes: BTreeMap<UserId, Changes>,
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

    fn handle(&mut self, input: Input, now: Now) {
        let outputs = match input {
            Input::Join { session, identity } => self.join(session, identity, now),
            Input::Leave { session } => self.leave(session, now),
            Input::SetAway { session, away } => self.set_away(session, away, now),
            Input::Relay { session, relayed } => self.relay(session, relayed),
            Input::Watch { session, watch } => self.watch(session, watch),
            Input::Timeout => self.tell_held_back(now),
        };
        self.outputs.extend(outputs);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        let window = self.rate?.window;
        let held_back = self.changes.values().filter(|c| c.held_back.is_some());
        held_back.map(|changes| changes.since + window).min()
    }
}

impl Hub {
    /// An empty hub that tells changes of presence at this rate, or all at once.
    pub fn new(rate: Option<PresenceRate>) -> Self {
        Self {
            rate,
            ..Self::default()
        }
    }

    /// A user's devices and their sessions, in the order of their logins.
    pub fn sessions_of(&self, user: &UserId) -> impl Iterator<Item = (&DeviceId, SessionId)> {
        let devices = self.devices.get(user).into_iter().flatten();
        devices.map(|(device, session)| (device, *session))
    }

    fn join(&mut self, id: SessionId, identity: Identity, now: Now) -> Vec<Output> {
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
        outputs.extend(self.tell_watchers(before, now));
        outputs
    }

    fn leave(&mut self, id: SessionId, now: Now) -> Vec<Output> {
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
        self.tell_watchers(before, now).into_iter().collect()
    }

    fn set_away(&mut self, id: SessionId, away: bool, now: Now) -> Vec<Output> {
        let Some(session) = self.sessions.get(&id) else {
            return Vec::new();
        };
        let before = self.presence(&session.identity.user);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.away = away;
        }
        self.tell_watchers(before, now).into_iter().collect()
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

    /// Only if something has changed, and not too often.
    fn tell_watchers(&mut self, before: Presence, now: Now) -> Option<Output> {
        let watchers = self.watchers.get(&before.user_id)?;
        let present = self.presence(&before.user_id);
        let Some(rate) = self.rate else {
            return (present != before).then(|| told(watchers, present));
        };
        if present == before {
            return None;
        }
        let user = before.user_id.clone();
        let changes = self.changes.entry(user).or_insert(Changes {
            since: now,
            told: 0,
            held_back: None,
        });
        if now.since(changes.since) >= rate.window {
            (changes.since, changes.told) = (now, 0);
        }
        if changes.told >= rate.burst {
            changes.held_back.get_or_insert(before);
            return None;
        }
        changes.told += 1;
        let last = changes.held_back.take().unwrap_or(before);
        (present != last).then(|| told(watchers, present))
    }

    /// Tells what was held back in windows that are over, and forgets them.
    fn tell_held_back(&mut self, now: Now) -> Vec<Output> {
        let Some(rate) = self.rate else {
            return Vec::new();
        };
        let is_over = |changes: &Changes| now.since(changes.since) >= rate.window;
        let over: Vec<UserId> = self
            .changes
            .iter()
            .filter(|(_, changes)| is_over(changes))
            .map(|(user, _)| user.clone())
            .collect();
        let mut outputs = Vec::new();
        for user in over {
            let held_back = self.changes.remove(&user).and_then(|c| c.held_back);
            outputs.extend(held_back.and_then(|last| self.tell_watchers(last, now)));
        }
        outputs
    }
}

fn told(watchers: &BTreeSet<SessionId>, presence: Presence) -> Output {
    Output::Deliver {
        to: watchers.iter().copied().collect(),
        message: ServerMessage::Presence(presence),
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
