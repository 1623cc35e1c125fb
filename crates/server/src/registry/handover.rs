//! The registry's sessions on their way to another process, or back.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tracing::warn;
use wimpex_cluster::{Input, NodeId, SessionName};
use wimpex_hub::{HubSession, Identity, SessionId, Shown};
use wimpex_limits::Network;
use wimpex_protocol::{CallId, DeviceId, Name, UserId};
use wimpex_sansio::Machine;

use super::{SessionRegistry, new_node};
use crate::frame::Body;
use crate::relay_access::RelayAccess;
use crate::resumable_session::ResumableSession;
use crate::saved_state::{SESSION_BYTES, SavedSession, SavedState};
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
        for saved in inner.node.hub().save(clock_now) {
            let session = inner.sessions.get(&saved.session);
            let saved = session.and_then(|session| save(session, &saved, now));
            state.sessions.extend(saved.map(|mut saved| {
                saved.home = inner.homes.of(SessionId(saved.id));
                saved
            }));
        }
        leave_largest(&mut state.sessions, SESSION_BYTES);
        let text = |user: &UserId| user.as_str().to_owned();
        let talks = inner.stranger_limiter.talks(clock_now);
        state.talks = talks
            .map(|(user, with, left)| (text(user), text(with), left))
            .collect();
        state.wakes = inner.save_wakes(|_| true, now);
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
            if let Some((node, number)) = &saved.home
                && let Ok(node) = NodeId::parse(node)
            {
                let number = *number;
                inner.homes.insert(id, SessionName { node, number });
            }
            let Some((hub_session, session)) = restore(saved, now) else {
                broken += 1;
                continue;
            };
            inner.absent_bytes += session.owed_bytes();
            inner.lost.insert(id, session.network);
            inner.sessions.insert(id, Box::new(session));
            inner.last_session = inner.last_session.max(id.0);
            hub_sessions.push(hub_session);
        }
        if broken > 0 {
            warn!(broken, "sessions of the earlier process make no sense");
        }
        // One that could not be handed over has said to other servers that it ends.
        if inner.outbox.is_some() && !inner.node.is_clustered() {
            let again = format!("{}-{}", inner.run, clock_now.as_millis());
            inner.node = new_node(&again, true, inner.clock);
            let is_up = inner.is_medium_up;
            inner.node.handle(Input::Medium { is_up }, clock_now);
        }
        inner.node.restore(hub_sessions, clock_now);
        // Their clients know them by names of other servers, and of the process before this one.
        let mut names: Vec<_> = inner.homes.all();
        if let Ok(node) = NodeId::parse(&inner.run)
            && inner.node.is_clustered()
        {
            let began_here = inner
                .sessions
                .keys()
                .filter(|id| inner.homes.of(**id).is_none());
            names.extend(began_here.map(|id| {
                let (node, number) = (node.clone(), id.0);
                (*id, SessionName { node, number })
            }));
        }
        for (session, name) in names {
            inner.node.handle(Input::Named { session, name }, clock_now);
        }
        let told = inner.drain_node();
        inner.carry_out(told);
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
pub(super) fn save(
    session: &ResumableSession,
    hub: &HubSession,
    now: Instant,
) -> Option<SavedSession> {
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
        home: None,
        seen: session
            .seen()
            .map(|(node, relay)| (node.as_str().to_owned(), *relay))
            .collect(),
    })
}

/// `None` if it makes no sense.
pub(super) fn restore(saved: SavedSession, now: Instant) -> Option<(HubSession, ResumableSession)> {
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
    for (node, relay) in saved.seen {
        if let Ok(node) = NodeId::parse(&node) {
            session.see(&node, relay);
        }
    }
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

/// So that what is handed over is bounded, whatever it is that sessions hold: those that would be
/// longest as it is written stay behind.
fn leave_largest(sessions: &mut Vec<SavedSession>, most: usize) {
    // What cannot be written would not be read either.
    let length = |session: &SavedSession| serde_json::to_vec(session).map_or(most, |it| it.len());
    let mut lengths: Vec<(usize, u64)> = sessions.iter().map(|it| (length(it), it.id)).collect();
    if lengths.iter().map(|(length, _)| length + 1).sum::<usize>() <= most {
        return;
    }
    lengths.sort_unstable();
    let mut sum = 0;
    let fitting: HashSet<u64> = lengths
        .into_iter()
        .take_while(|(length, _)| {
            sum += length + 1;
            sum <= most
        })
        .map(|(_, id)| id)
        .collect();
    warn!(
        left_behind = sessions.len() - fitting.len(),
        "sessions are too large to be handed over"
    );
    sessions.retain(|session| fitting.contains(&session.id));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: u64, watching: usize, owed: usize) -> SavedSession {
        SavedSession {
            id,
            user: "x".repeat(64),
            device: "d".to_owned(),
            name: "n".to_owned(),
            away: false,
            watching: vec![("x".repeat(64), u64::MAX); watching],
            visible_to: None,
            shown_to: Vec::new(),
            network: [192, 0, 2, 1].into(),
            silent: None,
            credentials_age: None,
            call: None,
            sent: 1,
            received: 1,
            owed: vec!["\"".repeat(100); owed],
            home: None,
            seen: Vec::new(),
        }
    }

    #[test]
    fn what_is_handed_over_can_be_read_whatever_it_is_made_of() {
        const MOST: usize = 100_000;
        for (watching, owed) in [(256, 0), (0, 256), (100, 100)] {
            let mut state = SavedState::new("s".to_owned(), 0);
            // Some are small.
            let all = (0..60).map(|id| match id % 3 {
                0 => session(id, 0, 0),
                _ => session(id, watching, owed),
            });
            state.sessions.extend(all);
            leave_largest(&mut state.sessions, MOST);
            assert!(state.to_bytes().len() <= MOST + 1000);
            let ids: Vec<u64> = state.sessions.iter().map(|it| it.id).collect();
            assert!(ids.is_sorted() && (0..60).step_by(3).all(|id| ids.contains(&id)));
            assert!(ids.len() < 60);
        }
    }
}
