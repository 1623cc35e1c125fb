//! Who is logged in, and who gets which message.
//!
//! A [`Machine`]: whoever drives it carries its outputs out in their order. It
//! must not know sockets, clocks, or how a message is written. Time matters only
//! where changes of presence are told at a limited rate, see [`PresenceRate`].

mod handover;
mod visibility;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use wimpex_protocol::{
    CallEndReason, CallId, DeviceId, Envelope, ErrorCode, ErrorMessage, Name, Presence,
    PresenceVisibility, PresenceWatch, ServerMessage, Signal, UserId, limits,
};
use wimpex_sansio::{Machine, Now};

pub use handover::HubSession;
pub use visibility::Shown;
use visibility::Visibility;

/// For so long a device that is woken for a call is shown to the caller, in milliseconds: longer
/// than a call rings.
const EXPECTED_MILLIS: u64 = 2 * 60 * 1000;

/// One login of a device, for as long as it counts: it may outlive its socket
/// and go on over another one. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// Who a session has proved to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// `w1…` for the owner of a key, `guest-…` for a guest.
    pub user: UserId,
    /// One tab or device of that person.
    pub device: DeviceId,
    /// From `login`; stamped on offers as `fromUsername`, and verified by nobody.
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
        /// That nobody is told of it before it says who may be.
        hidden: bool,
    },
    /// A session of another server that sends or watches here, and is no device here: nobody sees
    /// it, and nothing can be sent to it. What it is answered is delivered to this id.
    Observe {
        /// Never used before.
        session: SessionId,
        /// Who it has proved to be, there.
        identity: Identity,
    },
    /// A session is over.
    Leave {
        /// Which one.
        session: SessionId,
    },
    /// A message that a session has sent has reached a device that another server has.
    Passed {
        /// The sender.
        session: SessionId,
        /// The message.
        relayed: Envelope,
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
        relayed: Envelope,
    },
    /// A session says whose presence it wants to know.
    Watch {
        /// Who asks.
        session: SessionId,
        /// About whom.
        watch: PresenceWatch,
    },
    /// A session says who may learn that it is there.
    SetVisibility {
        /// Which one.
        session: SessionId,
        /// Who may.
        visibility: PresenceVisibility,
    },
    /// Devices of a user are being woken for a call of another: whichever is there, or comes in the
    /// next two minutes, is shown to the caller, whose page then sends its offer again.
    Expect {
        /// Who is woken.
        user: UserId,
        /// Who calls.
        caller: UserId,
        /// Which call: its end ends that.
        call: CallId,
    },
    /// It may be time to tell a change of presence that was held back, or that somebody
    /// may not see any more who was shown to them for a call.
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
    /// Some who watch have not been told how it is now.
    is_held_back: bool,
}

/// Sessions, the devices of each user, and who watches whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hub {
    /// Empty between two inputs.
    outputs: VecDeque<Output>,
    /// Boxed, because the nodes of such a map are half empty.
    sessions: BTreeMap<SessionId, Box<Session>>,
    devices: BTreeMap<UserId, Vec<(DeviceId, SessionId)>>,
    watchers: BTreeMap<UserId, BTreeSet<SessionId>>,
    rate: Option<PresenceRate>,
    /// Of users who are watched, while there is a rate.
    changes: BTreeMap<UserId, Changes>,
    /// How many of the sessions are devices elsewhere; see [`Input::Observe`].
    observers: usize,
    /// Users who are woken, who called them, and until when they are shown to those for which call.
    expected: BTreeMap<UserId, BTreeMap<UserId, (CallId, Now)>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Session {
    identity: Identity,
    /// A device of another server; see [`Input::Observe`].
    is_observer: bool,
    /// Nothing has been heard of it for a while.
    away: bool,
    /// With a digest of what it was told of each last.
    watching: BTreeMap<UserId, u64>,
    visibility: Visibility,
}

impl Machine for Hub {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, input: Input, now: Now) {
        let outputs = match input {
            Input::Join {
                session,
                identity,
                hidden,
            } => self.join(session, identity, hidden, now),
            Input::Observe { session, identity } => {
                self.observe(session, identity);
                Vec::new()
            }
            Input::Leave { session } => self.leave(session, now),
            Input::Passed { session, relayed } => self.passed(session, &relayed, now),
            Input::SetAway { session, away } => self.set_away(session, away, now),
            Input::Relay { session, relayed } => self.relay(session, relayed, now),
            Input::Watch { session, watch } => self.watch(session, watch),
            Input::SetVisibility {
                session,
                visibility,
            } => self.set_visibility(session, visibility, now),
            Input::Expect { user, caller, call } => self.expect(user, caller, call, now),
            Input::Timeout => {
                self.expected.retain(|_, callers| {
                    callers.retain(|_, (_, until)| now < *until);
                    !callers.is_empty()
                });
                let mut outputs = self.tell_held_back(now);
                outputs.extend(self.end_grants(now));
                outputs
            }
        };
        self.outputs.extend(outputs);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        let held_back = self.rate.and_then(|rate| {
            let held_back = self.changes.values().filter(|c| c.is_held_back);
            held_back.map(|changes| changes.since + rate.window).min()
        });
        let grants = self.sessions.values();
        let grants = grants.filter_map(|session| session.visibility.next_end());
        let expected = self.expected.values().flat_map(BTreeMap::values);
        let expected = expected.map(|(_, until)| *until);
        held_back.into_iter().chain(grants).chain(expected).min()
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

    /// Whether a device of that user is there, hidden or not.
    pub fn is_present(&self, user: &UserId) -> bool {
        let mut sessions = self.sessions_of(user);
        sessions.any(|(_, id)| self.sessions.get(&id).is_some_and(|it| !it.away))
    }

    /// Whether a user shows some device to another.
    pub fn shows(&self, user: &UserId, to: &UserId) -> bool {
        self.sessions_of(user)
            .any(|(_, id)| self.is_visible(id, to))
    }

    /// Whether a user has named another among those who may see them: their contacts.
    pub fn names(&self, user: &UserId, other: &UserId) -> bool {
        self.sessions_of(user).any(|(_, id)| {
            let session = self.sessions.get(&id);
            session.is_some_and(|session| session.visibility.names(other))
        })
    }

    /// The calls for which a user is woken, and whose they are.
    pub fn expected(&self, user: &UserId, now: Now) -> impl Iterator<Item = (&UserId, &CallId)> {
        let callers = self.expected.get(user).into_iter().flatten();
        let callers = callers.filter(move |(_, (_, until))| now < *until);
        callers.map(|(caller, (call, _))| (caller, call))
    }

    fn expect(&mut self, user: UserId, caller: UserId, call: CallId, now: Now) -> Vec<Output> {
        let here: Vec<SessionId> = self.sessions_of(&user).map(|(_, id)| id).collect();
        for id in &here {
            if let Some(session) = self.sessions.get_mut(id) {
                session.visibility.grant_for(&caller, Some(&call), now);
            }
        }
        // Whoever is here may be asleep: another device may come for the call.
        let callers = self.expected.entry(user.clone()).or_default();
        callers.insert(caller, (call, now + EXPECTED_MILLIS));
        if here.is_empty() {
            return Vec::new();
        }
        self.tell_watchers(&user, now)
    }

    fn join(&mut self, id: SessionId, identity: Identity, hidden: bool, now: Now) -> Vec<Output> {
        if self.sessions.contains_key(&id) {
            return Vec::new();
        }
        let (user, device) = (identity.user.clone(), identity.device.clone());
        let mut visibility = Visibility::new(hidden);
        for (caller, call) in self.expected(&user, now) {
            visibility.grant_for(caller, Some(call), now);
        }
        let session = Session {
            identity,
            is_observer: false,
            away: false,
            watching: BTreeMap::new(),
            visibility,
        };
        self.sessions.insert(id, Box::new(session));
        let devices = self.devices.entry(user.clone()).or_default();
        let older = devices.iter().position(|(known, _)| *known == device);
        let older = older.map(|at| devices.remove(at).1);
        // Nearly everybody has one.
        devices.reserve_exact(1);
        devices.push((device, id));
        let mut outputs = Vec::new();
        if let Some(older) = older {
            self.forget_session(older);
            outputs.push(Output::Supersede(older));
        }
        outputs.extend(self.tell_watchers(&user, now));
        outputs
    }

    fn observe(&mut self, id: SessionId, identity: Identity) {
        if self.sessions.contains_key(&id) {
            return;
        }
        let session = Session {
            identity,
            is_observer: true,
            away: false,
            watching: BTreeMap::new(),
            visibility: Visibility::new(false),
        };
        self.sessions.insert(id, Box::new(session));
        self.observers += 1;
    }

    /// What [`Hub::relay`] does for the sender where the receiver is here.
    fn passed(&mut self, id: SessionId, relayed: &Envelope, now: Now) -> Vec<Output> {
        let Some(session) = self.sessions.get(&id) else {
            return Vec::new();
        };
        let user = session.identity.user.clone();
        match self.show(id, &relayed.to_id, &relayed.signal, now) {
            true => self.tell_watchers(&user, now),
            false => Vec::new(),
        }
    }

    fn leave(&mut self, id: SessionId, now: Now) -> Vec<Output> {
        let Some(session) = self.sessions.get(&id) else {
            return Vec::new();
        };
        let (user, is_observer) = (session.identity.user.clone(), session.is_observer);
        self.forget_session(id);
        if is_observer {
            self.observers -= 1;
            return Vec::new();
        }
        if let Some(devices) = self.devices.get_mut(&user) {
            devices.retain(|(_, other)| *other != id);
            if devices.is_empty() {
                self.devices.remove(&user);
            }
        }
        self.tell_watchers(&user, now)
    }

    fn set_away(&mut self, id: SessionId, away: bool, now: Now) -> Vec<Output> {
        let Some(session) = self.sessions.get_mut(&id) else {
            return Vec::new();
        };
        session.away = away;
        let user = session.identity.user.clone();
        self.tell_watchers(&user, now)
    }

    fn set_visibility(
        &mut self,
        id: SessionId,
        visibility: PresenceVisibility,
        now: Now,
    ) -> Vec<Output> {
        let Some(session) = self.sessions.get_mut(&id) else {
            return Vec::new();
        };
        let named = visibility.user_ids.as_ref().map_or(0, Vec::len);
        if named > limits::VISIBLE_TO {
            return deliver(id, too_many("presence-visibility", limits::VISIBLE_TO));
        }
        session.visibility.set(visibility.user_ids);
        let user = session.identity.user.clone();
        self.tell_watchers(&user, now)
    }

    fn relay(&mut self, id: SessionId, mut relayed: Envelope, now: Now) -> Vec<Output> {
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
        if ends_call(&relayed.signal)
            && let Some(callers) = self.expected.get_mut(&relayed.to_id)
        {
            // Before any device has come for it.
            let of_this = |call: &CallId| Some(call) == relayed.signal.call_id();
            callers.retain(|caller, (call, _)| *caller != sender.user || !of_this(call));
        }
        let rings = matches!(relayed.signal, Signal::CallOffer(_));
        let to: Vec<SessionId> = self
            .devices
            .get(&relayed.to_id)
            .into_iter()
            .flatten()
            .filter(|(device, _)| relayed.to_device.as_ref().is_none_or(|to| to == device))
            // Whoever is hidden can be called, and no more: whether anything else
            // arrives would tell that they are there.
            .filter(|(_, to)| rings || self.is_visible(*to, &sender.user))
            .map(|(_, id)| *id)
            .collect();
        if to.is_empty() {
            let text = match relayed.to_device {
                Some(_) => "That device is not online.",
                None => "That person is not online.",
            };
            return refuse(id, ErrorCode::UserOffline, text, relayed);
        }
        let (from, to_id) = (sender.user.clone(), relayed.to_id.clone());
        relayed.from_id = Some(from.clone());
        relayed.from_device = Some(sender.device.clone());
        if let Signal::CallOffer(offer) = &mut relayed.signal {
            offer.from_username = Some(sender.name.as_str().to_owned());
        }
        // Two people in a call see each other while it lasts.
        let mut changed = self.show(id, &to_id, &relayed.signal, now);
        if rings || ends_call(&relayed.signal) {
            for receiver in &to {
                changed |= self.show(*receiver, &from, &relayed.signal, now);
            }
        }
        let mut outputs = vec![Output::Deliver {
            to,
            message: ServerMessage::Relay(relayed),
        }];
        if changed {
            outputs.extend(self.tell_watchers(&from, now));
            outputs.extend(self.tell_watchers(&to_id, now));
        }
        outputs
    }

    /// Shows a session to somebody for a call, or no longer; says whether that may
    /// change what they see.
    fn show(&mut self, session: SessionId, to: &UserId, signal: &Signal, now: Now) -> bool {
        let Some(session) = self.sessions.get_mut(&session) else {
            return false;
        };
        if ends_call(signal) {
            session.visibility.end_grant(to, signal.call_id())
        } else {
            session.visibility.grant(to, signal, now)
        }
    }

    fn is_visible(&self, session: SessionId, to: &UserId) -> bool {
        let session = self.sessions.get(&session);
        session.is_some_and(|it| it.identity.user == *to || it.visibility.includes(to))
    }

    fn watch(&mut self, id: SessionId, watch: PresenceWatch) -> Vec<Output> {
        let Some(session) = self.sessions.get_mut(&id) else {
            return Vec::new();
        };
        if watch.user_ids.len() > limits::WATCHED_USERS {
            return deliver(id, too_many("presence-watch", limits::WATCHED_USERS));
        }
        let viewer = session.identity.user.clone();
        let before = std::mem::take(&mut session.watching);
        let wanted: BTreeSet<UserId> = watch.user_ids.into_iter().collect();
        for user in before.keys().filter(|user| !wanted.contains(*user)) {
            self.forget_watcher(user, id);
        }
        let (mut outputs, mut watching) = (Vec::with_capacity(wanted.len()), BTreeMap::new());
        for user in wanted {
            let presence = self.presence(&user, &self.visible_to(&user, &viewer));
            watching.insert(user.clone(), digest(&presence));
            self.watchers.entry(user).or_default().insert(id);
            outputs.extend(deliver(id, ServerMessage::Presence(presence)));
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            session.watching = watching;
        }
        outputs
    }

    /// What the hub remembers now.
    pub fn counts(&self) -> Counts {
        Counts {
            sessions: self.sessions.len() - self.observers,
            users: self.devices.len(),
            watched: self.watchers.len(),
        }
    }

    /// Everything about a session but its place among its user's devices.
    fn forget_session(&mut self, id: SessionId) {
        let session = self.sessions.remove(&id);
        for user in session.iter().flat_map(|session| session.watching.keys()) {
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

    /// A user's devices that are there and that this viewer may know of.
    fn visible_to(&self, user: &UserId, viewer: &UserId) -> Vec<SessionId> {
        let all = self.sessions_of(user).map(|(_, id)| id);
        all.filter(|id| self.sessions.get(id).is_some_and(|it| !it.away))
            .filter(|id| self.is_visible(*id, viewer))
            .collect()
    }

    /// What there is to know of a user of whom these sessions are visible. Of several
    /// devices the name of the one that logged in last counts.
    fn presence(&self, user: &UserId, visible: &[SessionId]) -> Presence {
        let known = visible.iter().filter_map(|id| self.sessions.get(id));
        let mut devices: Vec<DeviceId> = known.map(|it| it.identity.device.clone()).collect();
        devices.sort();
        let last = visible.last().and_then(|id| self.sessions.get(id));
        Presence {
            user_id: user.clone(),
            online: !visible.is_empty(),
            username: last.map(|it| it.identity.name.to_string()),
            devices,
        }
    }

    /// How a user's presence is to each who watches and was told otherwise. Who sees the
    /// same gets the same message.
    fn news(&self, user: &UserId) -> Vec<(Presence, Vec<SessionId>)> {
        let mut groups: BTreeMap<Vec<SessionId>, Vec<SessionId>> = BTreeMap::new();
        if let Some(all) = self.public(user) {
            let watchers = self.watchers.get(user).into_iter().flatten();
            groups.insert(all, watchers.copied().collect());
            return self.differing(user, groups);
        }
        for watcher in self.watchers.get(user).into_iter().flatten() {
            if let Some(session) = self.sessions.get(watcher) {
                let visible = self.visible_to(user, &session.identity.user);
                groups.entry(visible).or_default().push(*watcher);
            }
        }
        self.differing(user, groups)
    }

    /// A user's devices that are there, if everybody may know of all of them.
    fn public(&self, user: &UserId) -> Option<Vec<SessionId>> {
        let mut present = Vec::new();
        for (_, id) in self.sessions_of(user) {
            let session = self.sessions.get(&id)?;
            if !session.visibility.is_public() {
                return None;
            }
            if !session.away {
                present.push(id);
            }
        }
        Some(present)
    }

    /// Of these watchers of a user, by what they may know of, those who were told otherwise.
    fn differing(
        &self,
        user: &UserId,
        groups: BTreeMap<Vec<SessionId>, Vec<SessionId>>,
    ) -> Vec<(Presence, Vec<SessionId>)> {
        let mut news = Vec::new();
        for (visible, mut watchers) in groups {
            let presence = self.presence(user, &visible);
            let is = digest(&presence);
            let knows = |id: &SessionId| {
                let session = self.sessions.get(id);
                session.is_some_and(|it| it.watching.get(user) == Some(&is))
            };
            watchers.retain(|id| !knows(id));
            if !watchers.is_empty() {
                news.push((presence, watchers));
            }
        }
        news
    }

    /// Only if something has changed, and not too often.
    fn tell_watchers(&mut self, user: &UserId, now: Now) -> Vec<Output> {
        let news = self.news(user);
        if news.is_empty() {
            return Vec::new();
        }
        if let Some(rate) = self.rate {
            let changes = self.changes.entry(user.clone()).or_insert(Changes {
                since: now,
                told: 0,
                is_held_back: false,
            });
            if now.since(changes.since) >= rate.window {
                (changes.since, changes.told) = (now, 0);
            }
            changes.is_held_back = changes.told >= rate.burst;
            if changes.is_held_back {
                return Vec::new();
            }
            changes.told += 1;
        }
        let mut outputs = Vec::with_capacity(news.len());
        for (presence, to) in news {
            let is = digest(&presence);
            for id in &to {
                if let Some(session) = self.sessions.get_mut(id) {
                    session.watching.insert(user.clone(), is);
                }
            }
            let message = ServerMessage::Presence(presence);
            outputs.push(Output::Deliver { to, message });
        }
        outputs
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
            if self.changes.remove(&user).is_some_and(|it| it.is_held_back) {
                outputs.extend(self.tell_watchers(&user, now));
            }
        }
        outputs
    }

    /// Hides again whoever was shown to somebody for a call that is long over.
    fn end_grants(&mut self, now: Now) -> Vec<Output> {
        let mut changed = BTreeSet::new();
        for session in self.sessions.values_mut() {
            if session.visibility.end_grants(now) {
                changed.insert(session.identity.user.clone());
            }
        }
        let tell = |user: &UserId| self.tell_watchers(user, now);
        changed.iter().flat_map(tell).collect()
    }
}

/// Whether the two have no call with each other after this.
fn ends_call(signal: &Signal) -> bool {
    match signal {
        Signal::CallReject(_) => true,
        Signal::CallEnd(end) => match end.reason {
            // The call goes on with one of the devices, as another, or with the same device later.
            CallEndReason::AnsweredElsewhere
            | CallEndReason::Superseded
            | CallEndReason::MayReturn => false,
            CallEndReason::Ended
            | CallEndReason::Cancelled
            | CallEndReason::NoAnswer
            | CallEndReason::DeclinedElsewhere
            | CallEndReason::Failed => true,
        },
        Signal::CallOffer(_)
        | Signal::CallAnswer(_)
        | Signal::CallConfirm(_)
        | Signal::CallRinging(_)
        | Signal::IceCandidate(_) => false,
    }
}

/// Of what a watcher was told; to see whether it is news.
fn digest(presence: &Presence) -> u64 {
    let mut hasher = DefaultHasher::new();
    presence.hash(&mut hasher);
    hasher.finish()
}

fn too_many(ref_type: &str, most: usize) -> ServerMessage {
    ServerMessage::Error(ErrorMessage {
        code: ErrorCode::BadMessage,
        message: format!("At most {most} people can be named."),
        ref_type: Some(ref_type.to_owned()),
        call_id: None,
        to_id: None,
        reason: None,
    })
}

fn deliver(id: SessionId, message: ServerMessage) -> Vec<Output> {
    vec![Output::Deliver {
        to: vec![id],
        message,
    }]
}

fn refuse(id: SessionId, code: ErrorCode, text: &str, refused: Envelope) -> Vec<Output> {
    let error = ErrorMessage {
        code,
        message: text.to_owned(),
        ref_type: Some(refused.signal.type_name().to_owned()),
        call_id: refused.signal.call_id().cloned(),
        to_id: Some(refused.to_id),
        reason: None,
    };
    deliver(id, ServerMessage::Error(error))
}

#[cfg(test)]
mod tests;
