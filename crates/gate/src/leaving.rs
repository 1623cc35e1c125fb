//! On the way out: a description is signed, and what is said after it waits for that.

use wimpex_identity::{Call, Draft, Nonce, Refusal, Signature};
use wimpex_protocol::{CallConfirm, CallId, CallOffer, Relayed, Sec, Signal, UserId};

use crate::session::Session;
use crate::{Gate, Incoming, Step};

/// A signal on its way out.
#[derive(Debug)]
pub(crate) struct Leaving {
    pub(crate) relayed: Relayed,
    pub(crate) proof: Proof,
}

/// What goes with it.
#[derive(Debug)]
pub(crate) enum Proof {
    /// Nothing.
    None,
    /// That which went with the same words before.
    Again,
    /// It is being signed.
    Waiting { ticket: u64, draft: Draft },
    /// This.
    Ready(Sec),
}

impl Gate {
    /// The machine says something. `nonce` was never used before.
    pub fn send(&mut self, relayed: Relayed, nonce: Nonce, now: u64) {
        // What cannot be proved is not said: the peer would refuse it, and be alarmed.
        if let Ok(proof) = self.prove(&relayed, nonce, now) {
            self.leaving.push_back(Leaving { relayed, proof });
            self.flush();
        }
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

    fn prove(&mut self, relayed: &Relayed, nonce: Nonce, now: u64) -> Result<Proof, Refusal> {
        let peer = &relayed.to_id;
        let draft = match &relayed.signal {
            Signal::CallOffer(offer) => {
                let sdp = &offer.offer.sdp.0;
                match self.session(peer, &offer.call_id) {
                    Some(session) if session.has_said(sdp) => return Ok(Proof::Again),
                    Some(session) => session.offer(sdp, now)?,
                    None => self.call(peer, offer, nonce, now)?,
                }
            }
            Signal::CallAnswer(answer) => {
                let sdp = &answer.answer.sdp.0;
                match self.session(peer, &answer.call_id) {
                    Some(session) if session.has_said(sdp) => return Ok(Proof::Again),
                    Some(session) => session.answer(sdp, nonce, now)?,
                    None => None,
                }
            }
            Signal::IceCandidate(_)
            | Signal::CallReject(_)
            | Signal::CallRinging(_)
            | Signal::CallEnd(_)
            | Signal::CallConfirm(_) => None,
        };
        Ok(draft.map_or(Proof::None, |draft| self.sign(draft)))
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

    pub(crate) fn confirm(&mut self, answer: &Incoming, call_id: CallId, draft: Draft) {
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
}

/// Puts a proof into an offer, an answer or a confirmation.
fn attach(signal: &mut Signal, sec: Sec) {
    match signal {
        Signal::CallOffer(offer) => offer.sec = Some(sec),
        Signal::CallAnswer(answer) => answer.sec = Some(sec),
        Signal::CallConfirm(confirm) => confirm.sec = Some(sec),
        Signal::IceCandidate(_)
        | Signal::CallReject(_)
        | Signal::CallRinging(_)
        | Signal::CallEnd(_) => {}
    }
}
