//! Between the call machine and the wire: signs what leaves, and lets in what holds.
//!
//! The machine knows nothing of keys, and the wire may be anybody's. Whatever the
//! machine says goes through [`Gate::send`], whatever the server brings through
//! [`Gate::hear`], and both come out as [`Step`]s, in the order in which they went in:
//! a signature is made and checked by the browser, which takes a moment, and what
//! comes after it waits.
//!
//! ```text
//! machine ── send ──► Sign ──► signed ──► Transmit ──► wire
//! machine ◄─ Deliver ◄─ checked ◄── Check ◄── hear ─── wire
//!                        └────────► Refused
//! ```
//!
//! What is refused never reaches the machine, and nothing is made of it: a pinned peer
//! is never taken for a guest. Only who is a guest by id may do without proof, and the
//! call is then not verified.
//!
//! Time (milliseconds since 1970) and random bytes are arguments. This crate must not
//! know browsers, sockets, or the states of a call.

mod lane;
mod session;

use std::collections::VecDeque;

use wimpex_identity::{
    self as identity, Call, Callee, Claim, Draft, Fingerprint, Nonce, PublicKey, Refusal, Sas,
    Seen, Signature, must_verify,
};
use wimpex_protocol::{CallConfirm, CallId, CallOffer, DeviceId, Relayed, Sec, Signal, UserId};

use lane::{Checking, Leaving, Proof, attach};
use session::{Follows, Session, Verdict};

/// Who this page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// The id that the server gave, or that is the key's.
    pub id: UserId,
    /// Its key; a guest has none.
    pub key: Option<PublicKey>,
}

/// A signal as the server brings it.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// `fromId`, as the server has stamped it.
    pub from: UserId,
    /// `fromDevice`.
    pub device: DeviceId,
    /// Whether it names this device.
    pub addressed: bool,
    /// What it says.
    pub signal: Signal,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// Sign these bytes with one's own key, and tell [`Gate::signed`].
    Sign {
        /// Which signature this is.
        ticket: u64,
        /// The bytes.
        message: Vec<u8>,
    },
    /// Find out whether this is so, and tell [`Gate::checked`].
    Check {
        /// Which check this is.
        ticket: u64,
        /// Who is said to have signed what.
        claim: Claim,
    },
    /// Send it.
    Transmit(Relayed),
    /// Give it to the machine.
    Deliver(Incoming),
    /// A message of this call does not hold; the call must not go on.
    Refused {
        /// Who it came from, after the server.
        peer: UserId,
        /// The call.
        call: CallId,
        /// Why.
        refusal: Refusal,
    },
}

/// How sure it is that a call is with who it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assurance {
    /// Not at all: the other side proves nothing.
    #[default]
    None,
    /// The handshake goes on.
    Pending,
    /// Nobody stands between if the pictures are the same.
    Compare(Sas),
    /// The other side has proved to be the key that its id names.
    Verified(Sas),
}

/// Signs and checks the signals of all calls.
#[derive(Debug, Default)]
pub struct Gate {
    me: Option<Me>,
    seen: Seen,
    sessions: Vec<Session>,
    leaving: VecDeque<Leaving>,
    coming: VecDeque<Incoming>,
    checking: Option<Checking>,
    tickets: u64,
    steps: VecDeque<Step>,
}

/// So many handshakes are known at a time: one call, and others that ring. With more,
/// offers are not heard, for none that is known may be forgotten: its answer would count
/// as that of a guest.
const SESSIONS: usize = 32;
/// So many signals wait for one that is being checked.
const WAITING: usize = 1_024;

impl Gate {
    /// Who this page is from now on. Whatever was said as somebody else is forgotten.
    pub fn log_in(&mut self, me: Me) {
        if self.me.as_ref() != Some(&me) {
            self.sessions.clear();
            self.me = Some(me);
        }
    }

    /// The next thing to do.
    pub fn poll_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// Forgets all calls but this one.
    pub fn keep_only(&mut self, call: Option<(&UserId, &CallId)>) {
        self.sessions
            .retain(|session| call.is_some_and(|(peer, id)| session.is(peer, id)));
    }

    /// How sure it is that this call is with who it says.
    pub fn assurance(&self, peer: &UserId, call: &CallId) -> Assurance {
        let session = self.sessions.iter().find(|session| session.is(peer, call));
        session.map_or(Assurance::None, Session::assurance)
    }

    /// The certificate that DTLS has really used in this call.
    pub fn uses(&mut self, peer: &UserId, call: &CallId, certificate: Fingerprint) {
        if let Some(session) = self.session(peer, call) {
            session.uses(certificate);
        }
        self.secure(peer, call);
    }

    /// The machine says something. `nonce` was never used before.
    pub fn send(&mut self, relayed: Relayed, nonce: Nonce, now: u64) {
        let proof = self.prove(&relayed, nonce, now);
        self.leaving.push_back(Leaving { relayed, proof });
        self.flush();
    }

    /// The signature that was asked for; nothing if it cannot be made. Then the message
    /// is not sent: a key's messages are refused without.
    pub fn signed(&mut self, ticket: u64, signature: Option<Signature>) {
        let key = self.me.as_ref().and_then(|me| me.key);
        let place = self.leaving.iter().position(
            |leaving| matches!(&leaving.proof, Proof::Waiting { ticket: known, .. } if *known == ticket),
        );
        let Some(place) = place else { return };
        match (key, signature, &self.leaving[place].proof) {
            (Some(key), Some(signature), Proof::Waiting { draft, .. }) => {
                self.leaving[place].proof = Proof::Ready(draft.signed(&key, &signature));
            }
            _ => {
                self.leaving.remove(place);
            }
        }
        self.flush();
    }

    /// The server brings something. `now` as everywhere.
    pub fn hear(&mut self, message: Incoming, now: u64) {
        if self.coming.len() < WAITING {
            self.coming.push_back(message);
        }
        self.take_next(now);
    }

    /// Whether the claim holds that was to be checked.
    pub fn checked(&mut self, ticket: u64, holds: bool, now: u64) {
        if let Some(checking) = self.checking.take_if(|checking| checking.ticket == ticket) {
            self.settle(checking.message, checking.follows, holds, now);
            self.take_next(now);
        }
    }

    fn session(&mut self, peer: &UserId, call: &CallId) -> Option<&mut Session> {
        self.sessions
            .iter_mut()
            .find(|session| session.is(peer, call))
    }

    fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    fn prove(&mut self, relayed: &Relayed, nonce: Nonce, now: u64) -> Proof {
        let peer = &relayed.to_id;
        let draft = match &relayed.signal {
            Signal::CallOffer(offer) => {
                let sdp = &offer.offer.sdp.0;
                match self.session(peer, &offer.call_id) {
                    Some(session) if session.has_said(sdp) => return Proof::Again,
                    Some(session) => session.offer(sdp, now),
                    None => self.call(peer, offer, nonce, now),
                }
            }
            Signal::CallAnswer(answer) => {
                let sdp = &answer.answer.sdp.0;
                match self.session(peer, &answer.call_id) {
                    Some(session) if session.has_said(sdp) => return Proof::Again,
                    Some(session) => session.answer(sdp, nonce, now),
                    None => return Proof::None,
                }
            }
            _ => return Proof::None,
        };
        match draft {
            Ok(Some(draft)) => self.sign(draft),
            // A description without a fingerprint is no browser's.
            Ok(None) | Err(_) => Proof::None,
        }
    }

    fn call(
        &mut self,
        peer: &UserId,
        offer: &CallOffer,
        nonce: Nonce,
        now: u64,
    ) -> Result<Option<Draft>, Refusal> {
        let Some(me) = self.me.as_ref() else {
            return Ok(None);
        };
        let call = Call {
            id: offer.call_id.clone(),
            call_type: offer.call_type,
            me: me.id.clone(),
            peer: peer.clone(),
        };
        let (session, draft) = Session::offering(call, &offer.offer.sdp.0, nonce, now)?;
        self.seen.note_own(&draft, now);
        self.sessions.push(session);
        Ok(Some(draft))
    }

    fn sign(&mut self, draft: Draft) -> Proof {
        if self.me.as_ref().is_none_or(|me| me.key.is_none()) {
            return Proof::Ready(draft.unsigned());
        }
        let ticket = self.ticket();
        let message = draft.message().to_vec();
        self.steps.push_back(Step::Sign { ticket, message });
        Proof::Waiting { ticket, draft }
    }

    /// Lets go of what is ready, up to the first that is not.
    fn flush(&mut self) {
        while let Some(leaving) = self
            .leaving
            .pop_front_if(|leaving| !matches!(leaving.proof, Proof::Waiting { .. }))
        {
            let Leaving { mut relayed, proof } = leaving;
            let description = match &relayed.signal {
                Signal::CallOffer(offer) => {
                    Some((offer.call_id.clone(), offer.offer.sdp.0.clone()))
                }
                Signal::CallAnswer(answer) => {
                    Some((answer.call_id.clone(), answer.answer.sdp.0.clone()))
                }
                _ => None,
            };
            let session = description
                .as_ref()
                .and_then(|(call, _)| self.session(&relayed.to_id, call));
            let sec = match (proof, session, &description) {
                (Proof::Ready(sec), Some(session), Some((_, sdp))) => {
                    session.proved(sdp, &sec);
                    Some(sec)
                }
                (Proof::Ready(sec), _, _) => Some(sec),
                (Proof::Again, Some(session), _) => session.proof(),
                _ => None,
            };
            if let Some(sec) = sec {
                attach(&mut relayed.signal, sec);
            }
            self.steps.push_back(Step::Transmit(relayed));
        }
    }

    fn take_next(&mut self, now: u64) {
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

    fn examine(&mut self, message: &Incoming, now: u64) -> Result<Verdict, Refusal> {
        let Some(view) = View::of(message) else {
            return Ok(match &message.signal {
                Signal::IceCandidate(candidate) => candidate
                    .call_id
                    .as_ref()
                    .and_then(|call| self.session(&message.from, call))
                    .map_or(Verdict::Pass, |session| session.hear_candidate(candidate)),
                _ => Verdict::Pass,
            });
        };
        let session = self.session(&message.from, view.call);
        match (&message.signal, session) {
            (Signal::CallOffer(_), Some(session)) => session.hear_offer(&view.incoming(), now),
            (Signal::CallOffer(offer), None) => self.hear_first(message, offer, now),
            (Signal::CallAnswer(_), Some(session)) => {
                session.hear_answer(&view.incoming(), &message.device, now)
            }
            // Of a call that is over: the machine says so to them.
            (Signal::CallAnswer(_), None) => Ok(Verdict::Pass),
            (_, Some(session)) => session.hear_confirm(&view.incoming(), now),
            (_, None) => Ok(Verdict::Ignore),
        }
    }

    /// Somebody calls.
    fn hear_first(
        &mut self,
        message: &Incoming,
        offer: &CallOffer,
        now: u64,
    ) -> Result<Verdict, Refusal> {
        let Some(me) = self.me.as_ref().filter(|_| self.sessions.len() < SESSIONS) else {
            return Ok(Verdict::Ignore);
        };
        if !must_verify(&message.from, offer.sec.as_ref()) {
            self.sessions
                .push(Session::plain(message.from.clone(), offer.call_id.clone()));
            return Ok(Verdict::Pass);
        }
        let call = Call {
            id: offer.call_id.clone(),
            call_type: offer.call_type,
            me: me.id.clone(),
            peer: message.from.clone(),
        };
        let heard = identity::Incoming {
            from: &message.from,
            call: &offer.call_id,
            sec: offer.sec.as_ref(),
            sdp: Some(&offer.offer.sdp.0),
        };
        let pending = Callee::hear_offer(call, &heard, now)?;
        Ok(Verdict::Check(Follows::Offered(Box::new(pending))))
    }

    /// A guest claims nothing, so that there is nothing to wait for.
    fn check(&mut self, message: Incoming, follows: Follows, now: u64) {
        let Some(claim) = follows.claim().cloned() else {
            return self.settle(message, follows, true, now);
        };
        let ticket = self.ticket();
        self.steps.push_back(Step::Check { ticket, claim });
        self.checking = Some(Checking {
            ticket,
            message,
            follows,
        });
    }

    fn settle(&mut self, message: Incoming, follows: Follows, holds: bool, now: u64) {
        match self.follow(&message, follows, holds, now) {
            Ok(()) if matches!(message.signal, Signal::CallConfirm(_)) => {}
            Ok(()) => self.deliver(message),
            Err(refusal) => self.refuse(&message, refusal),
        }
    }

    fn follow(
        &mut self,
        message: &Incoming,
        follows: Follows,
        holds: bool,
        now: u64,
    ) -> Result<(), Refusal> {
        let Some(view) = View::of(message) else {
            return Ok(());
        };
        if let Follows::Offered(pending) = follows {
            let callee = pending.settle(holds, &mut self.seen, now)?;
            let mut session = Session::called(callee, message.from.clone(), view.call.clone());
            session.remember(&view.incoming(), &message.device);
            self.sessions.push(session);
            return Ok(());
        }
        // It may be over by now.
        let place = self
            .sessions
            .iter()
            .position(|session| session.is(&message.from, view.call));
        let Some(session) = place.map(|place| &mut self.sessions[place]) else {
            return Ok(());
        };
        let mut confirm = None;
        match follows {
            Follows::Offered(_) => {}
            Follows::Answered(pending) => {
                confirm = session.answered(pending.settle(holds, &mut self.seen, now)?, now)?;
            }
            Follows::Confirmed(pending) => {
                session.confirmed(pending.settle(holds, &mut self.seen, now)?);
            }
            Follows::Within(pending) => {
                let heard = pending.settle(holds, &mut self.seen, now)?;
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
        Ok(())
    }

    fn confirm(&mut self, answer: &Incoming, call_id: CallId, draft: Draft) {
        let relayed = Relayed {
            to_id: answer.from.clone(),
            to_device: Some(answer.device.clone()),
            from_id: None,
            from_device: None,
            signal: Signal::CallConfirm(CallConfirm { call_id, sec: None }),
        };
        let proof = self.sign(draft);
        self.leaving.push_back(Leaving { relayed, proof });
        self.flush();
    }

    fn secure(&mut self, peer: &UserId, call: &CallId) {
        let secured = self.session(peer, call).map(Session::secure);
        if let Some(Err(refusal)) = secured {
            self.steps.push_back(Step::Refused {
                peer: peer.clone(),
                call: call.clone(),
                refusal,
            });
        }
    }

    fn deliver(&mut self, message: Incoming) {
        self.steps.push_back(Step::Deliver(message));
    }

    fn refuse(&mut self, message: &Incoming, refusal: Refusal) {
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
            _ => return None,
        };
        Some(Self {
            from: &message.from,
            call,
            sec: sec.as_ref(),
            sdp,
        })
    }

    fn incoming(&self) -> identity::Incoming<'a> {
        identity::Incoming {
            from: self.from,
            call: self.call,
            sec: self.sec,
            sdp: self.sdp,
        }
    }
}
