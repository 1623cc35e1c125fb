//! Who is logged in, and who gets which message.
//!
//! Pure: an input goes in, the outputs come back, and whoever called carries
//! them out in that order. It must not know sockets, clocks, or how a message
//! is written.

use std::collections::{BTreeSet, HashMap, HashSet};

use wimpex_protocol::{
    DeviceId, ErrorCode, ErrorMessage, Name, Presence, PresenceWatch, Relayed, ServerMessage,
    Signal, UserId, limits,
};

/// One connection, for as long as it lasts. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// Who a connection has proved to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The person.
    pub user: UserId,
    /// One tab or device of that person.
    pub device: DeviceId,
    /// What to call them.
    pub name: Name,
}

/// What is to be done next.
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this to each of these.
    Deliver {
        /// To whom; never empty.
        to: Vec<ConnId>,
        /// What.
        message: ServerMessage,
    },
    /// A newer connection of the same device has taken this one's place.
    Supersede(ConnId),
}

/// How many of each the hub remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that are logged in.
    pub sessions: usize,
    /// Users with at least one of them.
    pub users: usize,
    /// Users whose presence somebody watches.
    pub watched: usize,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Hub {
    sessions: HashMap<ConnId, Session>,
    devices: HashMap<UserId, Vec<(DeviceId, ConnId)>>,
    watchers: HashMap<UserId, HashSet<ConnId>>,
}

#[derive(Debug)]
struct Session {
    identity: Identity,
    watching: BTreeSet<UserId>,
}

impl Hub {
    /// A connection has logged in.
    pub fn join(&mut self, conn: ConnId, identity: Identity) -> Vec<Output> {
        if self.sessions.contains_key(&conn) {
            return Vec::new();
        }
        let before = self.presence(&identity.user);
        let (user, device) = (identity.user.clone(), identity.device.clone());
        let session = Session {
            identity,
            watching: BTreeSet::new(),
        };
        self.sessions.insert(conn, session);
        let devices = self.devices.entry(user).or_default();
        let older = devices.iter().position(|(known, _)| *known == device);
        let older = older.map(|at| devices.remove(at).1);
        devices.push((device, conn));
        let mut outputs = Vec::new();
        if let Some(older) = older {
            self.forget_session(older);
            outputs.push(Output::Supersede(older));
        }
        outputs.extend(self.tell_watchers(before));
        outputs
    }

    /// A connection is gone, or is about to be.
    pub fn leave(&mut self, conn: ConnId) -> Vec<Output> {
        let Some(session) = self.sessions.get(&conn) else {
            return Vec::new();
        };
        let user = session.identity.user.clone();
        let before = self.presence(&user);
        self.forget_session(conn);
        if let Some(devices) = self.devices.get_mut(&user) {
            devices.retain(|(_, other)| *other != conn);
            if devices.is_empty() {
                self.devices.remove(&user);
            }
        }
        self.tell_watchers(before).into_iter().collect()
    }

    /// A connection that is logged in sends a message to somebody.
    pub fn relay(&mut self, conn: ConnId, mut relayed: Relayed) -> Vec<Output> {
        let Some(session) = self.sessions.get(&conn) else {
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
            return refuse(conn, ErrorCode::BadMessage, text, relayed);
        }
        let to: Vec<ConnId> = self
            .devices
            .get(&relayed.to_id)
            .into_iter()
            .flatten()
            .filter(|(device, _)| relayed.to_device.as_ref().is_none_or(|to| to == device))
            .map(|(_, conn)| *conn)
            .collect();
        if to.is_empty() {
            let text = match relayed.to_device {
                Some(_) => "That device is not online.",
                None => "That person is not online.",
            };
            return refuse(conn, ErrorCode::UserOffline, text, relayed);
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

    /// A connection that is logged in says whose presence it wants to know.
    pub fn watch(&mut self, conn: ConnId, watch: PresenceWatch) -> Vec<Output> {
        let Some(session) = self.sessions.get_mut(&conn) else {
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
            return deliver(conn, ServerMessage::Error(error));
        }
        let wanted: BTreeSet<UserId> = watch.user_ids.into_iter().collect();
        let before = std::mem::replace(&mut session.watching, wanted.clone());
        for user in before.difference(&wanted) {
            self.forget_watcher(user, conn);
        }
        let mut outputs = Vec::with_capacity(wanted.len());
        for user in wanted {
            outputs.push(Output::Deliver {
                to: vec![conn],
                message: ServerMessage::Presence(self.presence(&user)),
            });
            self.watchers.entry(user).or_default().insert(conn);
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

    /// Everything about a connection but its place among its user's devices.
    fn forget_session(&mut self, conn: ConnId) {
        let session = self.sessions.remove(&conn);
        for user in session.iter().flat_map(|session| &session.watching) {
            self.forget_watcher(user, conn);
        }
    }

    fn forget_watcher(&mut self, user: &UserId, conn: ConnId) {
        if let Some(watchers) = self.watchers.get_mut(user) {
            watchers.remove(&conn);
            if watchers.is_empty() {
                self.watchers.remove(user);
            }
        }
    }

    /// What there is to know of a user now. Of several devices the name of the
    /// one that logged in last counts.
    fn presence(&self, user: &UserId) -> Presence {
        let latest = self.devices.get(user).and_then(|devices| devices.last());
        let session = latest.and_then(|(_, conn)| self.sessions.get(conn));
        Presence {
            user_id: user.clone(),
            online: session.is_some(),
            username: session.map(|session| session.identity.name.to_string()),
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

fn deliver(conn: ConnId, message: ServerMessage) -> Vec<Output> {
    vec![Output::Deliver {
        to: vec![conn],
        message,
    }]
}

fn refuse(conn: ConnId, code: ErrorCode, text: &str, refused: Relayed) -> Vec<Output> {
    let error = ErrorMessage {
        code,
        message: text.to_owned(),
        ref_type: Some(refused.signal.type_name().to_owned()),
        call_id: refused.signal.call_id().cloned(),
        to_id: Some(refused.to_id),
    };
    deliver(conn, ServerMessage::Error(error))
}

#[cfg(test)]
mod tests;
