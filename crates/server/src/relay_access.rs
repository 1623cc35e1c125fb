//! When a session gets credentials for TURN.
//!
//! The owner of a key gets them with the login. To be a guest costs nothing, and neither
//! must a relay: a guest's come with a call, count for a short time, and are renewed for
//! as long as the call goes on. That a call goes on is what the signals say; a session
//! that never says that it is over goes on being given new ones until it ends.
//!
//! Time is an argument.

use std::time::{Duration, Instant};

use wimpex_protocol::{CallEndReason, CallId, Signal};

/// See the module. Of one session.
#[derive(Debug, Default)]
pub(crate) struct RelayAccess {
    /// When it was last given credentials.
    issued: Option<Instant>,
    /// The call that it takes part in: it has offered or answered it.
    call: Option<CallId>,
}

impl RelayAccess {
    /// It has been given credentials.
    pub(crate) fn issue(&mut self, now: Instant) {
        self.issued = Some(now);
    }

    /// As another process has known it.
    pub(crate) fn restore(issued: Option<Instant>, call: Option<CallId>) -> Self {
        Self { issued, call }
    }

    /// For how long it has had its credentials, and the call that it takes part in.
    pub(crate) fn save(&self, now: Instant) -> (Option<Duration>, Option<&CallId>) {
        (self.age(now), self.call.as_ref())
    }

    /// Whether a call that begins now needs new ones, which count for `ttl`.
    pub(crate) fn is_needed(&self, ttl: Duration, now: Instant) -> bool {
        self.age(now).is_none_or(|age| age >= ttl / 4)
    }

    /// Whether those that it has are to be replaced: it is in a call, or always has some.
    pub(crate) fn is_due(&self, ttl: Duration, always: bool, now: Instant) -> bool {
        (always || self.call.is_some()) && self.age(now).is_some_and(|age| age >= ttl * 3 / 4)
    }

    /// Whether it has some that count, or needs them: what it is told anew must not take
    /// them away.
    pub(crate) fn is_active(&self, ttl: Duration, now: Instant) -> bool {
        self.call.is_some() || self.age(now).is_some_and(|age| age < ttl)
    }

    /// It has sent this.
    pub(crate) fn note_sent(&mut self, signal: &Signal) {
        match signal {
            Signal::CallOffer(offer) => self.call = Some(offer.call_id.clone()),
            Signal::CallAnswer(answer) => self.call = Some(answer.call_id.clone()),
            Signal::CallEnd(_)
            | Signal::CallReject(_)
            | Signal::CallConfirm(_)
            | Signal::CallRinging(_)
            | Signal::IceCandidate(_) => self.note_end(signal),
        }
    }

    /// It has sent or been sent this: whether its call is over.
    pub(crate) fn note_end(&mut self, signal: &Signal) {
        let over = match signal {
            Signal::CallReject(reject) => &reject.call_id,
            // Sent to all devices, also to the one that has answered.
            Signal::CallEnd(end) if end.reason != CallEndReason::AnsweredElsewhere => &end.call_id,
            _ => return,
        };
        self.call.take_if(|call| call == over);
    }

    fn age(&self, now: Instant) -> Option<Duration> {
        self.issued.map(|at| now.saturating_duration_since(at))
    }
}

#[cfg(test)]
mod tests {
    use wimpex_protocol::{CallEnd, CallOffer, CallReject, CallRejectReason, CallType, Offer, Sdp};

    use super::*;

    const TTL: Duration = Duration::from_secs(3600);

    fn call(id: &str) -> CallId {
        CallId::parse(id).unwrap()
    }

    fn offer(id: &str) -> Signal {
        Signal::CallOffer(CallOffer {
            call_id: call(id),
            offer: Offer::new(Sdp(String::new())),
            call_type: CallType::Audio,
            from_username: None,
            sec: None,
            link: None,
        })
    }

    fn end(id: &str, reason: CallEndReason) -> Signal {
        let call_id = call(id);
        Signal::CallEnd(CallEnd { call_id, reason })
    }

    #[test]
    fn credentials_last_as_long_as_the_call() {
        let start = Instant::now();
        let after = |part: u32| start + TTL * part / 8;
        let mut access = RelayAccess::default();
        assert!(access.is_needed(TTL, start) && !access.is_active(TTL, start));
        access.issue(start);
        access.note_sent(&offer("c1"));
        assert!(!access.is_needed(TTL, after(1)), "these are new");
        assert!(
            access.is_needed(TTL, after(2)),
            "an hour's call may begin now"
        );
        assert!(!access.is_due(TTL, false, after(5)));
        assert!(access.is_due(TTL, false, after(6)));
        // Somebody else is told that it is busy, and another device to stop.
        let reason = Some(CallRejectReason::Busy);
        let call_id = call("c2");
        access.note_sent(&Signal::CallReject(CallReject { call_id, reason }));
        access.note_sent(&end("c1", CallEndReason::AnsweredElsewhere));
        assert!(access.is_due(TTL, false, after(6)));
        access.note_end(&end("c1", CallEndReason::Ended));
        assert!(!access.is_due(TTL, false, after(6)));
        assert!(access.is_due(TTL, true, after(6)), "the owner of a key");
        assert!(access.is_active(TTL, after(7)) && !access.is_active(TTL, after(8)));
    }
}
