//! What sessions are told: those here, and those of other nodes.

use wimpex_hub::SessionId;
use wimpex_protocol::{Presence, ServerMessage, UserId};

use super::{Cluster, OBSERVERS, Turn};
use crate::event::Output;
use crate::message::Frame;
use crate::node_id::NodeId;

impl Cluster {
    /// Passes on what the hub says: to sessions here, and to those of other nodes.
    pub(super) fn tell(&mut self, told: Vec<wimpex_hub::Output>, turn: &mut Turn<'_>) {
        for output in told {
            match output {
                wimpex_hub::Output::Deliver {
                    to,
                    message: ServerMessage::Presence(presence),
                } => {
                    for session in to {
                        self.presence(session, &presence, turn);
                    }
                }
                wimpex_hub::Output::Deliver { mut to, message } => {
                    to.retain(|session| session.0 & OBSERVERS == 0);
                    if !to.is_empty() {
                        turn.say(Output::Hub(wimpex_hub::Output::Deliver { to, message }));
                    }
                }
                wimpex_hub::Output::Supersede(session) => {
                    turn.say(Output::Hub(wimpex_hub::Output::Supersede(session)));
                    self.left(session, turn);
                }
            }
        }
    }

    pub(super) fn presence(
        &mut self,
        session: SessionId,
        presence: &Presence,
        turn: &mut Turn<'_>,
    ) {
        if let Some((node, session, _)) = self.observed.get(&session) {
            let (node, session, presence) = (node.clone(), *session, presence.clone());
            return self.send(&node, Frame::Presence { session, presence }, turn);
        }
        let user = presence.user_id.clone();
        match self.watched.get_mut(&(session, user.clone())) {
            Some(watched) => {
                watched.here = Some(presence.clone());
                if presence.online {
                    watched.last = None;
                }
                self.inform_one(session, &user, turn);
            }
            None if session.0 & OBSERVERS == 0 => {
                turn.say(Output::Hub(wimpex_hub::Output::Deliver {
                    to: vec![session],
                    message: ServerMessage::Presence(presence.clone()),
                }));
            }
            None => {}
        }
    }

    /// Tells all who watch a person here how they are, if it is news and known.
    pub(super) fn inform(&mut self, user: &UserId, turn: &mut Turn<'_>) {
        let watchers = self.routes.get(user).map(|route| route.watchers.clone());
        for session in watchers.into_iter().flatten() {
            self.inform_one(session, user, turn);
        }
    }

    pub(super) fn inform_one(&mut self, session: SessionId, user: &UserId, turn: &mut Turn<'_>) {
        let Some(watched) = self.watched.get_mut(&(session, user.clone())) else {
            return;
        };
        let (Some(merged), Some(route)) = (watched.merged(), self.routes.get(user)) else {
            return;
        };
        let is_heard = |node: &NodeId| watched.parts.contains_key(node);
        let is_complete = route.is_known && route.holders.keys().all(is_heard);
        let is_newcomer = watched.told.is_none() && turn.now < watched.nobody_from;
        let has_waited = turn.now >= route.gathered_at && !is_newcomer;
        let is_sure = is_complete && (merged.online || has_waited);
        let is_first = watched.told.is_none() && merged.online;
        if (is_sure || is_first) && watched.told.as_ref() != Some(&merged) {
            watched.told = Some(merged.clone());
            turn.say(Output::Hub(wimpex_hub::Output::Deliver {
                to: vec![session],
                message: ServerMessage::Presence(merged),
            }));
        }
    }
}
