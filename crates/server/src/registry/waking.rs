//! Calls to people of whom no device is there: they are woken by web push, or learn of it later.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wimpex_hub::{Input, Output, SessionId};
use wimpex_identity::is_key_id;
use wimpex_limits::Network;
use wimpex_protocol::{
    CallId, CallReject, CallRejectReason, CallType, DeviceId, Envelope, ErrorCode, MissedCall,
    ServerMessage, Signal, UserId,
};

use super::{Inner, SessionRegistry, refuse};
use crate::nats;
use crate::push::{Begin, CallerStanding, Offered, Outcome, Waiting};
use crate::saved_state::SavedWake;
use crate::store_file::millis;

impl SessionRegistry {
    /// Declines a call for which a user is being woken. Whether there is one, here or perhaps at
    /// another server, which is told.
    pub(crate) fn decline_anywhere(&self, user: &UserId, caller: &UserId, call: &CallId) -> bool {
        if self.decline(user, caller, call) {
            return true;
        }
        let inner = self.lock();
        let outbox = inner.outbox.as_ref().filter(|_| inner.is_medium_up);
        outbox.is_some_and(|outbox| outbox.send(nats::declined(user, caller, call)).is_ok())
    }

    /// Declines a call for which a user is being woken from here. Whether there is one.
    pub(crate) fn decline(&self, user: &UserId, caller: &UserId, call: &CallId) -> bool {
        let mut inner = self.lock();
        if !inner.wakes.end(caller, user, call, Outcome::Over) {
            return false;
        }
        let to: Vec<SessionId> = inner
            .node
            .hub()
            .sessions_of(caller)
            .map(|(_, id)| id)
            .collect();
        let Ok(device) = DeviceId::parse("service-worker") else {
            return false;
        };
        let message = ServerMessage::Relay(Envelope {
            to_id: caller.clone(),
            to_device: None,
            from_id: Some(user.clone()),
            from_device: Some(device),
            signal: Signal::CallReject(CallReject {
                call_id: call.clone(),
                reason: Some(CallRejectReason::Declined),
            }),
        });
        if !to.is_empty() {
            inner.carry_out(vec![Output::Deliver { to, message }]);
        }
        true
    }
}

impl Inner {
    /// The calls of these sessions that may still be heard, for another process.
    pub(super) fn save_wakes(
        &mut self,
        of: impl Fn(SessionId) -> bool,
        now: Instant,
    ) -> Vec<SavedWake> {
        let waiting = self.wakes.hand_over(of).into_iter();
        let saved = waiting.map(|it| SavedWake {
            user: it.user.as_str().to_owned(),
            caller: it.call.from_id.as_str().to_owned(),
            call: it.call.call_id.as_str().to_owned(),
            video: it.call.call_type == CallType::Video,
            at: it.call.at,
            session: it.session.0,
            age: now.saturating_duration_since(it.since).as_millis() as u64,
            wakes: it.wakes,
            has_rung: it.has_rung,
        });
        saved.collect()
    }

    /// Goes on with those of another process.
    pub(super) fn restore_wakes(&mut self, saved: Vec<SavedWake>, now: Instant) {
        for saved in saved {
            let since = now.checked_sub(Duration::from_millis(saved.age));
            let (Ok(user), Ok(caller), Ok(call), Some(since)) = (
                UserId::parse(saved.user),
                UserId::parse(saved.caller),
                CallId::parse(saved.call),
                since,
            ) else {
                continue;
            };
            let waiting = Waiting {
                user: user.clone(),
                session: SessionId(saved.session),
                since,
                call: MissedCall {
                    from_id: caller.clone(),
                    call_id: call.clone(),
                    call_type: match saved.video {
                        true => CallType::Video,
                        false => CallType::Audio,
                    },
                    at: saved.at,
                },
                wakes: saved.wakes,
                has_rung: saved.has_rung,
            };
            let standing = self.standing(&user, &caller);
            let outcome = self.wakes.go_on(waiting, standing);
            if let (Some(outcome), Some(push)) = (outcome, &self.push) {
                push.resume(&user, &caller, &call, outcome, since);
                if !self.node.hub().is_present(&user) {
                    self.tell_hub(Input::Expect { user, caller, call });
                }
            }
        }
    }

    /// Somebody has sent a signal; these are the hub's answers. If it was an offer to somebody of
    /// whom no device is there, they are woken, and the caller is told so in place of "offline".
    pub(super) fn wake(
        &mut self,
        session: SessionId,
        relayed: &Envelope,
        outputs: Vec<Output>,
    ) -> Vec<Output> {
        let Some(from) = self.sessions.get(&session) else {
            return outputs;
        };
        let (caller, network) = (from.identity.user.clone(), from.network);
        // What is on its way to other servers has come after the offer, of which is not known yet whether
        // a device has rung.
        if !self.node.awaits(session, &relayed.to_id) {
            self.wakes.note(&caller, &relayed.to_id, &relayed.signal);
            self.take_missed();
        }
        let Signal::CallOffer(offer) = &relayed.signal else {
            return outputs;
        };
        let user = &relayed.to_id;
        if self.node.hub().is_present(user) {
            self.wakes.rings(&caller, user, &offer.call_id);
            return outputs;
        }
        // Another server may have a device of theirs.
        if self.node.awaits(session, user) {
            self.acquaintances.ask_soon(user);
            return outputs;
        }
        // Nobody else comes back by that name.
        if relayed.to_device.is_some() || *user == caller || !is_key_id(user) {
            return outputs;
        }
        let call = MissedCall {
            from_id: caller.clone(),
            call_id: offer.call_id.clone(),
            call_type: offer.call_type,
            at: millis(),
        };
        let wanted = self.push.as_ref().map(|push| push.wanted(user, &caller));
        let wanted = wanted.unwrap_or_default();
        let offered = Offered {
            user: user.clone(),
            session,
            network,
            standing: match wanted.is_empty() {
                true => CallerStanding::Unheard,
                false => self.standing(user, &caller),
            },
            call: call.clone(),
        };
        match self.wakes.begin(offered, Instant::now()) {
            Begin::Known { wakes: true } => {}
            Begin::Known { wakes: false } | Begin::Over => return outputs,
            Begin::New(outcome) => {
                if let Some(push) = self.push.as_ref().map(Arc::clone) {
                    push.ring(user, wanted, &caller, &offer.call_id, outcome);
                }
            }
            Begin::Unheard => {
                if !self.may_be_missed(network, user, &caller) {
                    self.wakes.withdraw(&caller, &offer.call_id);
                }
                return outputs;
            }
            Begin::TooMany => {
                if self.may_be_missed(network, user, &caller)
                    && let Some(missed) = &self.missed_calls
                {
                    missed.keep(user.clone(), call);
                }
                return outputs;
            }
        }
        let user = user.clone();
        self.tell_hub(Input::Expect {
            user: user.clone(),
            caller,
            call: offer.call_id.clone(),
        });
        let is_offline = |output: &Output| {
            matches!(output, Output::Deliver { message: ServerMessage::Error(error), .. }
                if error.code == ErrorCode::UserOffline)
        };
        let mut outputs: Vec<Output> = outputs.into_iter().filter(|it| !is_offline(it)).collect();
        let text = "That person is not online; their devices are being woken.";
        let message = ServerMessage::Error(refuse(relayed, ErrorCode::UserWaking, text));
        outputs.push(Output::Deliver {
            to: vec![session],
            message,
        });
        outputs
    }

    /// Of a caller who may wake this user.
    fn standing(&self, user: &UserId, caller: &UserId) -> CallerStanding {
        match self.acquaintances.of(user).include(caller) {
            true => CallerStanding::Named,
            false => CallerStanding::Stranger,
        }
    }

    /// Whether one more call of this network is kept, if nobody hears it. Those whom the user has
    /// named are few, and always are.
    fn may_be_missed(&self, network: Network, user: &UserId, caller: &UserId) -> bool {
        let (now, block) = (self.clock.now(), Network::block_of(network.address()));
        self.missed_calls.is_some()
            && (self.missed_limiter.take(network, now)
                && self.missed_block_limiter.take(block, now)
                || self.acquaintances.of(user).include(caller))
    }
}
