//! The machine that knows other servers, and what comes from them.

use std::time::Instant;

use wimpex_cluster::{Arrival, ClusterCounts, Input, Outcome, Output};
use wimpex_hub::{Output as Told, SessionId};
use wimpex_protocol::{Envelope, ErrorCode, ServerMessage, Signal};
use wimpex_sansio::Machine;

use super::moved::Request;
use super::{Inner, SessionRegistry, TOO_MUCH, refuse};
use crate::stranger_limiter::Relation;

impl SessionRegistry {
    /// Something has come from the others, or from what is between.
    pub(crate) fn cluster_input(&self, input: Input) {
        let mut inner = self.lock();
        let now = inner.clock.now();
        if let Input::Medium { is_up } = input {
            inner.is_medium_up = is_up;
        }
        inner.node.handle(input, now);
        let told = inner.drain_node();
        inner.carry_out(told);
        let has_requests = inner.moved.has_requests();
        drop(inner);
        if has_requests {
            self.hand_over_asked();
        }
    }

    /// When the machine is to look after something.
    pub(crate) fn next_cluster_timeout(&self) -> Option<Instant> {
        let inner = self.lock();
        let next = inner.node.poll_timeout()?;
        Some(inner.clock.instant(next))
    }

    pub(crate) fn cluster_counts(&self) -> Option<ClusterCounts> {
        let inner = self.lock();
        let node = &inner.node;
        node.is_clustered().then(|| node.cluster_counts())
    }
}

impl Inner {
    /// What the machine has said, as far as it is for sessions here; the rest is on its way then.
    pub(super) fn drain_node(&mut self) -> Vec<Told> {
        let mut told = Vec::new();
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Hub(output) => told.push(output),
                Output::Arrived {
                    arrival,
                    to,
                    message,
                } => self.arrived(arrival, &to, &message),
                Output::Settled {
                    session,
                    relayed,
                    outcome,
                } => told.extend(self.settled(session, &relayed, outcome)),
                Output::Taken {
                    take,
                    identity,
                    name,
                    state,
                } => told.extend(self.taken(take, &identity, name, state)),
                Output::HandOver {
                    to,
                    take,
                    name,
                    identity,
                    received,
                } => self.moved.ask(Request {
                    to,
                    take,
                    name,
                    identity,
                    received,
                }),
                Output::Forwarded {
                    name,
                    origin,
                    hops,
                    message,
                } => told.extend(self.forwarded(&name, origin.as_ref(), hops, message)),
                output @ (Output::Subscribe(_)
                | Output::Unsubscribe(_)
                | Output::Publish { .. }) => {
                    if let Some(outbox) = &self.outbox {
                        // Its end goes with the server.
                        let _ = outbox.send(output);
                    }
                }
            }
        }
        told
    }

    /// A message of somebody at another server has come for somebody here.
    fn arrived(&mut self, arrival: Arrival, to: &[SessionId], message: &ServerMessage) {
        let mut is_delivered = false;
        if let ServerMessage::Relay(relayed) = message
            && let Some(from) = &relayed.from_id
        {
            let now = self.clock.now();
            let limiter = &mut self.stranger_limiter;
            let is_named = self.node.hub().names(&relayed.to_id, from);
            let relation = match limiter.relation_of(from, &relayed.to_id, now) {
                Relation::Stranger if is_named => Relation::Named,
                relation => relation,
            };
            limiter.note_elsewhere(from, &relayed.to_id, &relayed.signal, now);
            self.wakes.note(from, &relayed.to_id, &relayed.signal);
            self.prepare_call(None, to, &relayed.signal);
            let (node, relay) = arrival.key();
            let mut is_new = |id: &SessionId| {
                let session = self.sessions.get_mut(id);
                session.is_none_or(|session| session.see(node, relay))
            };
            let fresh: Vec<SessionId> = to.iter().copied().filter(|id| is_new(id)).collect();
            let (here, gone): (Vec<_>, Vec<_>) =
                fresh.iter().partition(|id| self.sessions.contains_key(id));
            is_delivered = fresh.len() < to.len();
            is_delivered |= self.deliver_relayed(&here, message, relation, None);
            is_delivered |= self.forward(&gone, message, Some(&arrival));
        }
        let now = self.clock.now();
        self.node.handle(
            Input::Delivered {
                arrival,
                is_delivered,
            },
            now,
        );
    }

    /// What has become of a message of a session here that went to other servers.
    fn settled(&mut self, session: SessionId, relayed: &Envelope, outcome: Outcome) -> Vec<Told> {
        let refusal = |code, text| {
            vec![Told::Deliver {
                to: vec![session],
                message: ServerMessage::Error(refuse(relayed, code, text)),
            }]
        };
        let from = self.sessions.get(&session);
        let caller = from.map(|from| from.identity.user.clone());
        // Of what has come to nothing, `wake` takes note.
        if let (Some(caller), true) = (caller, outcome != Outcome::Nobody) {
            if let (Signal::CallOffer(offer), Outcome::Delivered) = (&relayed.signal, outcome) {
                self.wakes.rings(&caller, &relayed.to_id, &offer.call_id);
            }
            self.wakes.note(&caller, &relayed.to_id, &relayed.signal);
            self.take_missed();
        }
        match outcome {
            Outcome::Delivered => {
                self.prepare_call(Some(session), &[], &relayed.signal);
                Vec::new()
            }
            Outcome::Nobody => {
                let text = match relayed.to_device {
                    Some(_) => "That device is not online.",
                    None => "That person is not online.",
                };
                let offline = refusal(ErrorCode::UserOffline, text);
                self.wake(session, relayed, offline)
            }
            Outcome::Full => refusal(ErrorCode::RateLimited, TOO_MUCH),
            // Whoever does not know says nothing: the call rings to its end.
            Outcome::Unknown => Vec::new(),
        }
    }
}
