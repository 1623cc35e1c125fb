//! What users send to each other, and the TURN credentials that a call brings them.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use wimpex_cluster::Arrival;
use wimpex_hub::{Input, Output, SessionId};
use wimpex_protocol::{
    Envelope, ErrorCode, IceCandidate, IceCandidateInit, IceServers, ServerMessage, Signal,
};

use super::{Inner, SessionRegistry, TOO_MUCH, refuse};
use crate::frame::Body;
use crate::resumable_session::ResumableSession;
use crate::send_queue::QueueLimits;
use crate::stranger_limiter::{LimitExceeded, Relation};

impl SessionRegistry {
    /// Tells everybody whose credentials for TURN may count where it is now.
    pub(crate) fn tell_relay_moved(&self) {
        let mut inner = self.lock();
        let (ice, now) = (Arc::clone(&inner.ice), Instant::now());
        let is_active = |session: &ResumableSession| {
            let ttl = ice.ttl(&session.identity.user);
            ttl.is_some_and(|ttl| session.relay_access.is_active(ttl, now))
        };
        let sessions = inner.sessions.iter();
        let active = sessions.filter(|(_, session)| is_active(session));
        let active: Vec<SessionId> = active.map(|(id, _)| *id).collect();
        let outputs = active.into_iter().filter_map(|id| inner.give_relay(id));
        let outputs = outputs.collect();
        inner.carry_out(outputs);
    }
}

impl Inner {
    pub(super) fn relay(
        &mut self,
        session: SessionId,
        relayed: Envelope,
        bytes: usize,
    ) -> Vec<Output> {
        let Some(sender) = self.sessions.get(&session) else {
            return Vec::new();
        };
        let network = sender.network;
        let refuse = |relayed: &Envelope, code, text| {
            vec![Output::Deliver {
                to: vec![session],
                message: ServerMessage::Error(refuse(relayed, code, text)),
            }]
        };
        let is_named = self.node.hub().names(&relayed.to_id, &sender.identity.user);
        let relation = self.stranger_limiter.admit(
            (&sender.identity.user, network),
            &relayed.to_id,
            &relayed.signal,
            bytes,
            is_named,
            self.clock.now(),
        );
        let relation = match relation {
            Ok(relation) => relation,
            Err(LimitExceeded::TooLong) => {
                return refuse(&relayed, ErrorCode::BadMessage, "That message is too long.");
            }
            Err(LimitExceeded::TooMuch) => {
                return refuse(&relayed, ErrorCode::RateLimited, TOO_MUCH);
            }
        };
        let mut outputs = Vec::new();
        if let Some(sender) = self.sessions.get_mut(&session) {
            sender.relay_access.note_sent(&relayed.signal);
        }
        let asked = outline(&relayed);
        let answers = self.tell_hub(Input::Relay { session, relayed });
        let relayed = asked;
        let origin = self.node.last_relay();
        for output in self.wake(session, &relayed, answers) {
            match output {
                Output::Deliver {
                    to,
                    message: message @ ServerMessage::Relay(_),
                } => {
                    self.prepare_call(Some(session), &to, &relayed.signal);
                    if !self.deliver_relayed(&to, &message, relation, origin.as_ref()) {
                        outputs.extend(refuse(&relayed, ErrorCode::RateLimited, TOO_MUCH));
                    }
                }
                other => outputs.push(other),
            }
        }
        outputs.extend(self.drain_node());
        outputs.extend(self.limit_absent_bytes());
        outputs
    }

    /// Gives guests credentials for TURN when a call begins, those who are called before
    /// they are asked to answer; notes when it is over.
    pub(super) fn prepare_call(
        &mut self,
        sender: Option<SessionId>,
        to: &[SessionId],
        signal: &Signal,
    ) {
        let now = Instant::now();
        for id in to.iter().chain(&sender) {
            let Some(session) = self.sessions.get_mut(id) else {
                continue;
            };
            session.relay_access.note_end(signal);
            let user = &session.identity.user;
            let is_needed = |ttl| session.relay_access.is_needed(ttl, now);
            if matches!(signal, Signal::CallOffer(_))
                && self.ice.comes_with_calls(user)
                && self.ice.ttl(user).is_some_and(is_needed)
            {
                let outputs = self.give_relay(*id);
                self.carry_out(outputs.into_iter().collect());
            }
        }
    }

    /// Credentials for TURN that count from now; `None` if there are none.
    pub(super) fn give_relay(&mut self, id: SessionId) -> Option<Output> {
        let session = self.sessions.get_mut(&id)?;
        let user = &session.identity.user;
        self.ice.ttl(user)?;
        session.relay_access.issue(Instant::now());
        let ice_servers = self.ice.servers(user, SystemTime::now());
        Some(Output::Deliver {
            to: vec![id],
            message: ServerMessage::IceServers(IceServers { ice_servers }),
        })
    }

    /// Delivers what somebody sends to whoever has room for it; says whether
    /// anybody had. A stranger may fill half of what may wait, so that those who
    /// are in a call, and the server itself, always find room. `origin` says by which name
    /// other servers may have it too.
    pub(super) fn deliver_relayed(
        &mut self,
        to: &[SessionId],
        message: &ServerMessage,
        relation: Relation,
        origin: Option<&Arrival>,
    ) -> bool {
        let body = Body::of(message);
        let all = self.limits.queue;
        let limits = match relation {
            Relation::InCall | Relation::Named => all,
            Relation::Stranger => QueueLimits {
                messages: all.messages.div_ceil(2),
                bytes: all.bytes.div_ceil(2),
            },
        };
        let mut delivered = 0;
        for id in to {
            let Some(session) = self.sessions.get_mut(id) else {
                continue;
            };
            let handle = session
                .connection
                .and_then(|connection| self.connections.get(&connection));
            if handle.is_some_and(|handle| !handle.queue.has_room(body.len(), limits)) {
                continue;
            }
            let Some(frame) = session.enqueue(&body, limits) else {
                continue;
            };
            delivered += 1;
            // Should it go on at another server before all others have answered, that one has it.
            if let Some((node, relay)) = origin.map(Arrival::key) {
                session.see(node, relay);
            }
            match handle {
                Some(handle) => handle.queue.push_owed(frame),
                None => self.absent_bytes += frame.len(),
            }
        }
        self.metrics.sent(message, delivered);
        // To those that have gone to other servers; whoever calls drains the machine.
        let is_forwarded = self.forward(to, message, origin);
        delivered > 0 || is_forwarded
    }
}

/// What is asked of a message after the hub has taken it: of a candidate, which most of them are,
/// nothing but what it is about.
fn outline(relayed: &Envelope) -> Envelope {
    let Signal::IceCandidate(candidate) = &relayed.signal else {
        return relayed.clone();
    };
    Envelope {
        to_id: relayed.to_id.clone(),
        to_device: relayed.to_device.clone(),
        from_id: None,
        from_device: None,
        signal: Signal::IceCandidate(IceCandidate {
            call_id: candidate.call_id.clone(),
            candidate: IceCandidateInit::default(),
        }),
    }
}
