//! On the way out: a description is signed, and what is said after it waits for that.

use wimpex_identity::{CallContext, Nonce, Signature, UnsignedMessage, VerifyError};
use wimpex_protocol::{CallConfirm, CallId, CallOffer, Relayed, Sec, Signal, UserId};
use wimpex_sansio::UnixTime;

use crate::session::{Saying, Session};
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
    Waiting { ticket: u64, draft: UnsignedMessage },
    /// This.
    Ready(Sec),
}

impl Gate {
    /// The machine says something. `nonce` was never used before.
    pub fn send(&mut self, relayed: Relayed, nonce: Nonce, now: UnixTime) {
        match self.prove(&relayed, nonce, now) {
            Ok(proof) => {
                self.leaving.push_back(Leaving { relayed, proof });
                self.flush();
            }
            // What cannot be proved is not said: the peer would refuse it, and be alarmed.
            Err(
                VerifyError::NoFingerprint
                | VerifyError::SeveralFingerprints
                | VerifyError::Unsigned,
            ) => {
                self.unsaid(&relayed);
            }
            // It is too late for it, or too early: it will be said again if it matters.
            Err(_) => {}
        }
    }

    /// Whoever waits for it waits in vain.
    fn unsaid(&mut self, relayed: &Relayed) {
        let call = match &relayed.signal {
            Signal::CallOffer(offer) => &offer.call_id,
            Signal::CallAnswer(answer) => &answer.call_id,
            Signal::CallConfirm(confirm) => &confirm.call_id,
            Signal::IceCandidate(_)
            | Signal::CallReject(_)
            | Signal::CallRinging(_)
            | Signal::CallEnd(_) => return,
        };
        self.steps.push_back(Step::Unsaid {
            peer: relayed.to_id.clone(),
            call: call.clone(),
        });
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
                if let Some(unsaid) = self.leaving.remove(place) {
                    self.unsaid(&unsaid.relayed);
                }
            }
        }
        self.flush();
    }

    fn prove(
        &mut self,
        relayed: &Relayed,
        nonce: Nonce,
        now: UnixTime,
    ) -> Result<Proof, VerifyError> {
        let peer = &relayed.to_id;
        let saying = match &relayed.signal {
            Signal::CallOffer(offer) => match self.session(peer, &offer.call_id) {
                Some(session) => session.offer(&offer.offer.sdp.0, now)?,
                None => Saying::Anew(self.call(peer, offer, nonce, now)?),
            },
            Signal::CallAnswer(answer) => match self.session(peer, &answer.call_id) {
                Some(session) => session.answer(&answer.answer.sdp.0, nonce, now)?,
                // Of nothing that was asked here.
                None => return Err(VerifyError::Unasked),
            },
            Signal::IceCandidate(_)
            | Signal::CallReject(_)
            | Signal::CallRinging(_)
            | Signal::CallEnd(_)
            | Signal::CallConfirm(_) => Saying::Plain,
        };
        Ok(match saying {
            Saying::Plain => Proof::None,
            Saying::Again => Proof::Again,
            Saying::Anew(draft) => self.sign(draft),
        })
    }

    fn call(
        &mut self,
        peer: &UserId,
        offer: &CallOffer,
        nonce: Nonce,
        now: UnixTime,
    ) -> Result<UnsignedMessage, VerifyError> {
        // Nobody yet: nothing could prove who calls.
        let me = self.me.as_ref().ok_or(VerifyError::Unsigned)?;
        let call = CallContext {
            id: offer.call_id.clone(),
            call_type: offer.call_type,
            local: me.id.clone(),
            peer: peer.clone(),
        };
        let (session, draft) = Session::offering(call, &offer.offer.sdp.0, nonce, now)?;
        self.replay_cache.insert_own(&draft, now);
        self.sessions.push(session);
        Ok(draft)
    }

    fn sign(&mut self, draft: UnsignedMessage) -> Proof {
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

    pub(crate) fn confirm(&mut self, answer: &Incoming, call_id: CallId, draft: UnsignedMessage) {
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
