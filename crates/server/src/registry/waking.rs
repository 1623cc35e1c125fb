//! Calls to people of whom no device is there: they are woken by web push.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wimpex_hub::{Input, Output, SessionId};
use wimpex_protocol::{
    CallId, CallReject, CallRejectReason, DeviceId, Envelope, ErrorCode, ServerMessage, Signal,
    UserId,
};

use super::{Inner, SessionRegistry, refuse};
use crate::push::{Begin, Outcome};
use crate::saved_state::SavedWake;

impl SessionRegistry {
    /// Declines a call for which a user is being woken. Whether there is one.
    pub(crate) fn decline(&self, user: &UserId, caller: &UserId, call: &CallId) -> bool {
        let mut inner = self.lock();
        if !inner.wakes.end(caller, user, call, Outcome::Over) {
            return false;
        }
        let to: Vec<SessionId> = inner.hub.sessions_of(caller).map(|(_, id)| id).collect();
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
    /// The calls for which somebody is being woken, for another process.
    pub(super) fn save_wakes(&mut self, now: Instant) -> Vec<SavedWake> {
        let wakes = self.wakes.hand_over().into_iter();
        let saved = wakes.map(|(user, caller, call, session, since)| SavedWake {
            user: user.as_str().to_owned(),
            caller: caller.as_str().to_owned(),
            call: call.as_str().to_owned(),
            session: session.0,
            age: now.saturating_duration_since(since).as_millis() as u64,
        });
        saved.collect()
    }

    /// Goes on with those of another process.
    pub(super) fn restore_wakes(&mut self, saved: Vec<SavedWake>, now: Instant) {
        let Some(push) = self.push.as_ref().map(Arc::clone) else {
            return;
        };
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
            let from = (&caller, SessionId(saved.session));
            if let Begin::New(outcome) = self.wakes.begin(from, &user, &call, since) {
                push.resume(&user, &caller, &call, outcome, since);
                if !self.hub.is_present(&user) {
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
        let Some(caller) = self
            .sessions
            .get(&session)
            .map(|it| it.identity.user.clone())
        else {
            return outputs;
        };
        self.wakes.note(&caller, &relayed.to_id, &relayed.signal);
        let Signal::CallOffer(offer) = &relayed.signal else {
            return outputs;
        };
        let user = &relayed.to_id;
        if relayed.to_device.is_some() || *user == caller || self.hub.is_present(user) {
            return outputs;
        }
        let Some(push) = self.push.as_ref().map(Arc::clone) else {
            return outputs;
        };
        match self
            .wakes
            .begin((&caller, session), user, &offer.call_id, Instant::now())
        {
            Begin::Known => {}
            Begin::TooMany => return outputs,
            Begin::New(outcome) => {
                if !push.ring(user, &caller, &offer.call_id, outcome) {
                    self.wakes.withdraw(&caller, &offer.call_id);
                    return outputs;
                }
            }
        }
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
}
