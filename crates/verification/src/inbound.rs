//! On the way in: a proof is checked, and what is heard after it waits for that.

use wimpex_identity::{self as identity, CallContext, Callee, VerifyError, is_key_id, must_verify};
use wimpex_protocol::{CallConfirm, CallId, CallOffer, IceCandidate, Sec, Signal, UserId};
use wimpex_sansio::UnixTime;

use crate::session::{Follows, Session, Verdict};
use crate::{Gate, Incoming, SESSIONS, Step};

/// So many signals wait for one that is being checked.
const WAITING: usize = 1_024;

/// A signal that is being checked; what came after it waits.
#[derive(Debug)]
pub(crate) struct Checking {
    pub(crate) ticket: u64,
    pub(crate) message: Incoming,
    pub(crate) follows: Follows,
}

/// What came of a message.
enum Outcome {
    /// It goes on to the machine.
    Holds,
    /// That was all.
    Done,
}

impl Gate {
    /// The server brings something. `now` as everywhere.
    pub fn hear(&mut self, message: Incoming, now: UnixTime) {
        if self.coming.len() < WAITING {
            self.coming.push_back(message);
        }
        self.take_next(now);
    }

    /// The other end of a call confirms it over the call's own connection, since the
    /// server may be away by then. `now` as everywhere.
    pub fn hear_direct(&mut self, from: UserId, confirm: CallConfirm, now: UnixTime) {
        let session = self.session(&from, &confirm.call_id);
        if let Some(device) = session.and_then(|session| session.device().cloned()) {
            let signal = Signal::CallConfirm(confirm);
            let message = Incoming {
                from,
                device,
                to_this_device: true,
                signal,
            };
            self.hear(message, now);
        }
    }

    /// Whether the claim holds that was to be checked.
    pub fn checked(&mut self, ticket: u64, holds: bool, now: UnixTime) {
        if let Some(checking) = self.checking.take_if(|checking| checking.ticket == ticket) {
            self.resolve(checking.message, checking.follows, holds, now);
            self.take_next(now);
        }
    }

    fn take_next(&mut self, now: UnixTime) {
        while self.checking.is_none()
            && let Some(message) = self.coming.pop_front()
        {
            match self.examine(&message, now) {
                Ok(Verdict::Pass) => self.deliver(message),
                Ok(Verdict::Ignore) => {}
                Ok(Verdict::Check(follows)) => self.check(message, follows, now),
                Err(refusal) => self.refuse(&message, refusal),
            }
        }
    }

    fn examine(&mut self, message: &Incoming, now: UnixTime) -> Result<Verdict, VerifyError> {
        let Some(view) = View::of(message) else {
            return Ok(match &message.signal {
                Signal::IceCandidate(candidate) => self.hear_candidate(&message.from, candidate),
                Signal::CallReject(_) | Signal::CallRinging(_) | Signal::CallEnd(_) => {
                    Verdict::Pass
                }
                // They have a view.
                Signal::CallOffer(_) | Signal::CallAnswer(_) | Signal::CallConfirm(_) => {
                    Verdict::Ignore
                }
            });
        };
        let is_kept = self.is_kept(&message.from, view.call);
        let session = self.session(&message.from, view.call);
        match (&message.signal, session) {
            (Signal::CallOffer(_), Some(session)) => session.hear_offer(&view.incoming(), now),
            (Signal::CallOffer(offer), None) => self.hear_first(message, offer, now),
            (Signal::CallAnswer(_), Some(session)) => {
                session.hear_answer(&view.incoming(), &message.device, now)
            }
            // The machine would take it for the answer to a call that has no handshake.
            (Signal::CallAnswer(_), None) if is_kept => Err(VerifyError::OutOfOrder),
            // Of a call that is over: the machine says so to them.
            (Signal::CallAnswer(_), None) => Ok(Verdict::Pass),
            // A confirmation, for nothing else has a view.
            (_, Some(session)) => session.hear_confirm(&view.incoming(), now),
            (_, None) => Ok(Verdict::Ignore),
        }
    }

    fn is_kept(&self, peer: &UserId, call: &CallId) -> bool {
        let kept = self.kept.as_ref();
        kept.is_some_and(|kept| kept.0 == *peer && kept.1 == *call)
    }

    /// One of a key names its call, and comes after the description that it is of: so
    /// does a page of ours say it, and nothing changes the order but who wants to.
    fn hear_candidate(&mut self, from: &UserId, candidate: &IceCandidate) -> Verdict {
        let session = match &candidate.call_id {
            Some(call) => self.session(from, call),
            None => None,
        };
        match session {
            Some(session) => session.hear_candidate(candidate),
            None if is_key_id(from) => Verdict::Ignore,
            None => Verdict::Pass,
        }
    }

    /// Somebody calls.
    fn hear_first(
        &mut self,
        message: &Incoming,
        offer: &CallOffer,
        now: UnixTime,
    ) -> Result<Verdict, VerifyError> {
        let Some(me) = self.me.as_ref().filter(|_| self.sessions.len() < SESSIONS) else {
            return Ok(Verdict::Ignore);
        };
        if !must_verify(&message.from, offer.sec.as_ref()) {
            self.sessions
                .push(Session::plain(message.from.clone(), offer.call_id.clone()));
            return Ok(Verdict::Pass);
        }
        let call = CallContext {
            id: offer.call_id.clone(),
            call_type: offer.call_type,
            local: me.id.clone(),
            peer: message.from.clone(),
        };
        let heard = identity::ReceivedMessage {
            from: &message.from,
            call: &offer.call_id,
            proof: offer.sec.as_ref(),
            sdp: Some(&offer.offer.sdp.0),
        };
        let unverified = Callee::receive_offer(call, &heard, now)?;
        Ok(Verdict::Check(Follows::Offered(Box::new(unverified))))
    }

    /// A guest claims nothing, so that there is nothing to wait for.
    fn check(&mut self, message: Incoming, follows: Follows, now: UnixTime) {
        let Some(claim) = follows.claim().cloned() else {
            return self.resolve(message, follows, true, now);
        };
        let ticket = self.ticket();
        self.steps.push_back(Step::Check { ticket, claim });
        self.checking = Some(Checking {
            ticket,
            message,
            follows,
        });
    }

    fn resolve(&mut self, message: Incoming, follows: Follows, holds: bool, now: UnixTime) {
        let is_first = matches!(follows, Follows::Offered(_));
        match self.follow(&message, follows, holds, now) {
            Ok(Outcome::Holds) => self.deliver(message),
            Ok(Outcome::Done) => {}
            // It was signed by who calls, or is a guest's: whoever keeps saying it is told
            // how it ended.
            Err(VerifyError::Replayed) if is_first => self.steps.push_back(Step::Repeated(message)),
            Err(refusal) => self.refuse(&message, refusal),
        }
    }

    fn follow(
        &mut self,
        message: &Incoming,
        follows: Follows,
        holds: bool,
        now: UnixTime,
    ) -> Result<Outcome, VerifyError> {
        let Some(view) = View::of(message) else {
            return Ok(Outcome::Done);
        };
        if let Follows::Offered(unverified) = follows {
            let callee = unverified.resolve(holds, &mut self.replay_cache, now)?;
            let mut session = Session::called(callee, message.from.clone(), view.call.clone());
            session.remember(&view.incoming(), &message.device);
            self.sessions.push(session);
            return Ok(Outcome::Holds);
        }
        // It may be over by now, and then nobody knows any more what it was to be.
        let place = self
            .sessions
            .iter()
            .position(|session| session.is(&message.from, view.call));
        let Some(session) = place.map(|place| &mut self.sessions[place]) else {
            return Ok(Outcome::Done);
        };
        let mut confirm = None;
        match follows {
            Follows::Offered(_) => {}
            Follows::Answered(unverified) => {
                confirm = session
                    .answered(unverified.resolve(holds, &mut self.replay_cache, now)?, now)?;
            }
            Follows::Confirmed(unverified) => {
                session.confirmed(unverified.resolve(holds, &mut self.replay_cache, now)?);
            }
            Follows::Within(unverified) => {
                let heard = unverified.resolve(holds, &mut self.replay_cache, now)?;
                let is_offer = matches!(message.signal, Signal::CallOffer(_));
                session.heard_within(heard, is_offer)?;
            }
        }
        if !matches!(message.signal, Signal::CallConfirm(_)) {
            session.remember(&view.incoming(), &message.device);
        }
        session.secure()?;
        if let Some(draft) = confirm {
            self.confirm(message, view.call.clone(), draft);
        }
        Ok(match message.signal {
            Signal::CallConfirm(_) => Outcome::Done,
            _ => Outcome::Holds,
        })
    }

    fn deliver(&mut self, message: Incoming) {
        self.steps.push_back(Step::Deliver(message));
    }

    fn refuse(&mut self, message: &Incoming, refusal: VerifyError) {
        if let Some(view) = View::of(message) {
            self.steps.push_back(Step::Refused {
                peer: message.from.clone(),
                call: view.call.clone(),
                refusal,
            });
        }
    }
}

/// What of a message is proved.
struct View<'a> {
    from: &'a UserId,
    call: &'a CallId,
    sec: Option<&'a Sec>,
    sdp: Option<&'a str>,
}

impl<'a> View<'a> {
    /// Nothing of a message without a proof.
    fn of(message: &'a Incoming) -> Option<Self> {
        let (call, sec, sdp) = match &message.signal {
            Signal::CallOffer(it) => (&it.call_id, &it.sec, Some(it.offer.sdp.0.as_str())),
            Signal::CallAnswer(it) => (&it.call_id, &it.sec, Some(it.answer.sdp.0.as_str())),
            Signal::CallConfirm(it) => (&it.call_id, &it.sec, None),
            Signal::IceCandidate(_)
            | Signal::CallReject(_)
            | Signal::CallRinging(_)
            | Signal::CallEnd(_) => return None,
        };
        Some(Self {
            from: &message.from,
            call,
            sec: sec.as_ref(),
            sdp,
        })
    }

    fn incoming(&self) -> identity::ReceivedMessage<'a> {
        identity::ReceivedMessage {
            from: self.from,
            call: self.call,
            proof: self.sec,
            sdp: self.sdp,
        }
    }
}
