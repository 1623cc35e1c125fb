//! The registry's sessions on their way to another process, or back.

use std::time::{Duration, Instant};

use tracing::warn;
use wimpex_hub::{HubSession, Identity, SessionId, Shown};
use wimpex_limits::Network;
use wimpex_protocol::{CallId, DeviceId, Name, UserId};

use super::SessionRegistry;
use crate::frame::Body;
use crate::relay_access::RelayAccess;
use crate::resumable_session::ResumableSession;
use crate::saved_state::{OWED_BYTES, SavedSession, SavedState};
use crate::send_queue::{CloseReason, reconnect_window};

impl SessionRegistry {
    /// Gives up all sessions: from now on nothing arrives and nobody comes in, and every
    /// connection is told to come back, which it finds the next process by. Sessions of clients
    /// that do not number their frames end here.
    pub(crate) fn hand_over(&self) -> SavedState {
        // Whatever frame is being dealt with counts as arrived; so it is, first.
        let _frames = self.frames_gate();
        let mut inner = self.lock();
        let inner = &mut *inner;
        inner.closing = true;
        let (clock_now, now) = (inner.clock.now(), Instant::now());
        let mut state = SavedState::new(inner.run.clone(), inner.last_session);
        for saved in inner.hub.save(clock_now) {
            let session = inner.sessions.get(&saved.session);
            state
                .sessions
                .extend(session.and_then(|session| save(session, &saved, now)));
        }
        leave_most_owed(&mut state.sessions);
        let text = |user: &UserId| user.as_str().to_owned();
        let talks = inner.stranger_limiter.talks(clock_now);
        state.talks = talks
            .map(|(user, with, left)| (text(user), text(with), left))
            .collect();
        state.wakes = inner.save_wakes(now);
        // Before anybody who watches a session hears that it is away.
        let reconnect_within =
            reconnect_window(inner.connections.len()).min(self.away_after * 2 / 3);
        for (_, handle) in inner.connections.drain() {
            let reason = CloseReason::GoingAway { reconnect_within };
            handle.queue.close(reason);
        }
        inner.forget_all();
        state
    }

    /// Goes on with the sessions of another process, or with one's own that could not be handed
    /// over. Only before anybody has logged in.
    pub(crate) fn take_over(&self, state: SavedState) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        inner.closing = false;
        let (clock_now, now) = (inner.clock.now(), Instant::now());
        // An id that clients cannot have been told makes every one of them begin anew.
        let longest = format!("{}.{}", state.run, u64::MAX);
        if wimpex_protocol::SessionId::parse(longest).is_ok() {
            inner.run = state.run;
        }
        inner.last_session = inner.last_session.max(state.last_session);
        let (mut hub_sessions, mut broken) = (Vec::new(), 0_usize);
        for saved in state.sessions {
            let id = SessionId(saved.id);
            let Some((hub_session, session)) = restore(saved, now) else {
                broken += 1;
                continue;
            };
            inner.absent_bytes += session.owed_bytes();
            inner.lost.insert(id, session.network);
            inner.sessions.insert(id, session);
            inner.last_session = inner.last_session.max(id.0);
            hub_sessions.push(hub_session);
        }
        if broken > 0 {
            warn!(broken, "sessions of the earlier process make no sense");
        }
        inner.hub.restore(hub_sessions, clock_now);
        for (user, with, left) in state.talks {
            if let (Ok(user), Ok(with)) = (UserId::parse(user), UserId::parse(with)) {
                let limiter = &mut inner.stranger_limiter;
                limiter.restore_talk(user, with, left, clock_now);
            }
        }
        inner.restore_wakes(state.wakes, now);
        let outputs = inner.limit_absent_bytes();
        inner.carry_out(outputs);
    }
}

/// `None` for a session that lasts as long as its connection.
fn save(session: &ResumableSession, hub: &HubSession, now: Instant) -> Option<SavedSession> {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let text = |user: &UserId| user.as_str().to_owned();
    let (sent, received, owed) = session.save_numbering()?;
    let (credentials_age, call) = session.relay_access.save(now);
    let Identity { user, device, name } = &hub.identity;
    Some(SavedSession {
        id: hub.session.0,
        user: text(user),
        device: device.as_str().to_owned(),
        name: name.as_str().to_owned(),
        away: hub.away,
        watching: hub
            .watching
            .iter()
            .map(|(user, told)| (text(user), *told))
            .collect(),
        visible_to: hub
            .visible_to
            .as_ref()
            .map(|users| users.iter().map(text).collect()),
        shown_to: hub
            .shown_to
            .iter()
            .map(|it| {
                (
                    text(&it.user),
                    it.millis_left,
                    it.call.as_ref().map(ToString::to_string),
                )
            })
            .collect(),
        network: session.network.address(),
        silent: session
            .connection
            .is_none()
            .then(|| millis(now.saturating_duration_since(session.heard))),
        credentials_age: credentials_age.map(millis),
        call: call.map(|call| call.as_str().to_owned()),
        sent,
        received,
        owed,
    })
}

/// `None` if it makes no sense.
fn restore(saved: SavedSession, now: Instant) -> Option<(HubSession, ResumableSession)> {
    let user = |text: String| UserId::parse(text).ok();
    let identity = Identity {
        user: user(saved.user)?,
        device: DeviceId::parse(saved.device).ok()?,
        name: Name::parse(&saved.name).ok()?,
    };
    let before = |millis: u64| now.checked_sub(Duration::from_millis(millis));
    let heard = saved.silent.and_then(before).unwrap_or(now);
    let issued = saved.credentials_age.map(|age| before(age).unwrap_or(now));
    let call = saved.call.and_then(|call| CallId::parse(call).ok());
    let mut session = ResumableSession::restored(
        identity.clone(),
        heard,
        Network::of(saved.network),
        (saved.sent, saved.received),
        saved.owed.into_iter().map(Body::written),
    )?;
    session.away = saved.away;
    session.relay_access = RelayAccess::restore(issued, call);
    let hub_session = HubSession {
        session: SessionId(saved.id),
        identity,
        away: saved.away,
        watching: saved
            .watching
            .into_iter()
            .filter_map(|(watched, told)| Some((user(watched)?, told)))
            .collect(),
        visible_to: saved
            .visible_to
            .map(|users| users.into_iter().filter_map(user).collect()),
        shown_to: saved
            .shown_to
            .into_iter()
            .filter_map(|(shown, millis_left, call)| {
                Some(Shown {
                    user: user(shown)?,
                    millis_left,
                    call: call.and_then(|call| CallId::parse(call).ok()),
                })
            })
            .collect(),
    };
    Some((hub_session, session))
}

/// So that what is handed over is bounded.
fn leave_most_owed(sessions: &mut Vec<SavedSession>) {
    let owed = |session: &SavedSession| session.owed.iter().map(String::len).sum::<usize>();
    if sessions.iter().map(owed).sum::<usize>() <= OWED_BYTES {
        return;
    }
    sessions.sort_by_key(owed);
    let mut sum = 0;
    let fitting = sessions.iter().position(|session| {
        sum += owed(session);
        sum > OWED_BYTES
    });
    let fitting = fitting.unwrap_or(sessions.len());
    warn!(
        left_behind = sessions.len() - fitting,
        "sessions are owed too much to be handed over"
    );
    sessions.truncate(fitting);
    sessions.sort_by_key(|session| session.id);
}
