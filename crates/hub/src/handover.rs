//! What a hub knows of its sessions, for the hub of another process that goes on with them.

use wimpex_protocol::UserId;
use wimpex_sansio::Now;

use crate::visibility::{Shown, Visibility};
use crate::{Changes, Hub, Identity, Output, Session, SessionId};

/// A session, as one hub hands it to another. Times are what is left of them, because no two
/// processes count [`Now`] from the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSession {
    /// Which one; it keeps its id.
    pub session: SessionId,
    /// Who it has proved to be.
    pub identity: Identity,
    /// That nothing has been heard of it for a while.
    pub away: bool,
    /// Whom it watches, with a digest of what it was told of each last.
    pub watching: Vec<(UserId, u64)>,
    /// Who may learn that it is there; `None`: everybody.
    pub visible_to: Option<Vec<UserId>>,
    /// To whom it is shown for a call.
    pub shown_to: Vec<Shown>,
}

impl Hub {
    /// All sessions, in the order of their logins.
    pub fn save(&self, now: Now) -> Vec<HubSession> {
        let all = self.sessions.iter().map(|(id, session)| (id, &**session));
        let own = all.filter(|(_, it)| !it.is_observer);
        own.map(|(id, session)| save(*id, session, now)).collect()
    }

    /// A single session of its own.
    pub fn save_one(&self, id: SessionId, now: Now) -> Option<HubSession> {
        let session = self.sessions.get(&id).filter(|it| !it.is_observer)?;
        Some(save(id, session, now))
    }

    /// Takes up sessions that another hub has saved; for a hub without any, and in the order in
    /// which they were saved. Nobody is told of anything at once: who watches somebody who is not
    /// among them, or has changed, hears of it with the next [`Input::Timeout`](crate::Input) that
    /// is due.
    pub fn restore(&mut self, saved: Vec<HubSession>, now: Now) {
        for saved in saved {
            self.take_up(saved, now);
        }
        if self.rate.is_some() {
            for user in self.watchers.keys() {
                let changes = Changes {
                    since: now,
                    told: 0,
                    is_held_back: true,
                };
                self.changes.insert(user.clone(), changes);
            }
        }
    }

    /// Takes up a single session that another hub has saved, as if it had logged in here: an older
    /// one of the same device gives way to it, and those who watch are told. Does nothing if a
    /// session with its id is here.
    pub fn adopt(&mut self, saved: HubSession, now: Now) -> Vec<Output> {
        if self.sessions.contains_key(&saved.session) {
            return Vec::new();
        }
        let Identity { user, device, .. } = saved.identity.clone();
        let mut outputs = Vec::new();
        let older = self.sessions_of(&user).find(|(known, _)| **known == device);
        if let Some(older) = older.map(|(_, id)| id) {
            let devices = self.devices.entry(user.clone()).or_default();
            devices.retain(|(_, id)| *id != older);
            self.forget_session(older);
            outputs.push(Output::Supersede(older));
        }
        self.take_up(saved, now);
        outputs.extend(self.tell_watchers(&user, now));
        outputs
    }

    fn take_up(&mut self, saved: HubSession, now: Now) {
        let (id, user) = (saved.session, saved.identity.user.clone());
        if self.sessions.contains_key(&id) {
            return;
        }
        for (watched, _) in &saved.watching {
            self.watchers.entry(watched.clone()).or_default().insert(id);
        }
        let devices = self.devices.entry(user).or_default();
        devices.push((saved.identity.device.clone(), id));
        let session = Session {
            identity: saved.identity,
            is_observer: false,
            away: saved.away,
            watching: saved.watching.into_iter().collect(),
            visibility: Visibility::restore(saved.visible_to, saved.shown_to, now),
        };
        self.sessions.insert(id, Box::new(session));
    }
}

fn save(id: SessionId, session: &Session, now: Now) -> HubSession {
    let (visible_to, shown_to) = session.visibility.save(now);
    let watching = session.watching.iter();
    HubSession {
        session: id,
        identity: session.identity.clone(),
        away: session.away,
        watching: watching.map(|(user, told)| (user.clone(), *told)).collect(),
        visible_to,
        shown_to,
    }
}
