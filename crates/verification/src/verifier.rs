//! The verifier: it keeps signals in order while signatures are made and checked, and
//! leads each to the handshake of its call.

use std::collections::VecDeque;

use wimpex_identity::{
    CallContext, CallLink, Callee, Fingerprint, LinkCheck, LinkState, Nonce, Proof, ReplayCache,
    Signature, UnsignedMessage, VerifyError, check_link, is_key_id, must_verify,
};
use wimpex_protocol::{
    CallConfirm, CallId, CallOffer, Envelope, IceCandidate, Sec, Signal, UserId,
};
use wimpex_sansio::{Machine, Now, UnixTime};

use crate::handshake::{Handshake, Inspection, Signing, UnverifiedMessage};
use crate::handshakes::Handshakes;
use crate::inbound::{InboundQueue, SignatureCheck};
use crate::outbound::{OutboundProof, OutboundQueue, ReadyProof};
use crate::{
    Assurance, CallKey, Incoming, Input, KeptHandshake, LocalIdentity, Output, PeerPolicy,
    RemoteCertificate, RequestId, Verify, proved_fields,
};

/// Signs the outgoing signals of all calls, and verifies the incoming ones.
///
/// As a part of a composed machine it takes inputs while it has outputs: an output that
/// is delivered to the call machine may at once lead to a signal to send. Outputs keep
/// their order.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub struct Verifier {
    local: Option<LocalIdentity>,
    policy: PeerPolicy,
    /// The calls that the call machine has.
    current: Vec<CallKey>,
    replay_caches: ReplayCaches,
    handshakes: Handshakes,
    inbound: InboundQueue,
    outbound: OutboundQueue,
    last_request: u64,
    outputs: VecDeque<Output>,
}

/// What has been received, and must not count again.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
struct ReplayCaches {
    /// From pinned peers, and what this device has sent.
    pinned: ReplayCache,
    /// From everybody else, so that none of them can make the other one forget.
    strangers: ReplayCache,
}

impl ReplayCaches {
    fn of(&mut self, is_pinned: bool) -> &mut ReplayCache {
        if is_pinned {
            &mut self.pinned
        } else {
            &mut self.strangers
        }
    }

    /// Who is pinned now may have been a stranger when it came first.
    fn contain(&self, value: &[u8; 32], wall: UnixTime) -> bool {
        self.pinned.contains(value, wall) || self.strangers.contains(value, wall)
    }
}

/// What becomes of a verified message.
enum Accepted {
    /// The call machine gets it.
    Deliver,
    /// It was meant for the handshake alone.
    Consumed,
}

impl Machine for Verifier {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, input: Input, now: Now) {
        match input {
            Input::LoggedIn(local) => {
                // Handshakes that go on are kept: without its own, a peer with a key
                // would count as one without.
                self.local = Some(local);
            }
            Input::PeerPolicy(policy) => self.policy = policy,
            Input::CurrentCalls(calls) => self.set_current(calls),
            Input::Restore(kept) => self.handshakes.push(Handshake::restore(*kept)),
            Input::Send {
                message,
                nonce,
                wall,
            } => self.send(message, nonce, wall),
            Input::Receive { message, wall } => {
                if self.is_admitted(&message) {
                    self.receive(message, wall);
                }
            }
            Input::ReceiveDirect {
                call,
                confirm,
                wall,
            } => self.receive_direct(call, confirm, wall),
            Input::Connected { call, certificate } => self.connected(&call, certificate, now),
            Input::Signed { request, signature } => self.signed(request, signature),
            Input::SignatureChecked {
                request,
                valid,
                wall,
            } => self.signature_checked(request, valid, wall),
            Input::Timeout => self.check_deadlines(now),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        let mut output = self.outputs.pop_front()?;
        // Decided now rather than when it was queued: the output before may have changed
        // which call is the current one.
        match &mut output {
            Output::Deliver {
                message, missed, ..
            } => *missed = self.is_missed(message),
            Output::Rejected { call, error, alert } => *alert = self.is_alert(call, *error),
            Output::Sign { .. }
            | Output::CheckSignature { .. }
            | Output::Transmit(_)
            | Output::RepeatedOffer(_)
            | Output::HeldOffer { .. }
            | Output::CannotSign(_) => {}
        }
        Some(output)
    }

    fn poll_timeout(&self) -> Option<Now> {
        self.handshakes.iter().filter_map(Handshake::deadline).min()
    }
}

impl Verify for Verifier {
    fn assurance(&self, call: &CallKey) -> Assurance {
        let handshake = self.handshakes.get(&call.peer, &call.call_id);
        handshake.map_or(Assurance::Unverified, Handshake::assurance)
    }

    fn keep(&self, call: &CallKey) -> Option<KeptHandshake> {
        self.handshakes.get(&call.peer, &call.call_id)?.keep()
    }
}

/// Policy, the current call, and requests.
impl Verifier {
    /// Who may not ring gets no reaction at all, as if nobody were there. Within the
    /// current call an offer rings no more.
    fn is_admitted(&self, message: &Incoming) -> bool {
        let is_offer = matches!(message.signal, Signal::CallOffer(_));
        !is_offer
            || self.is_with(&message.from)
            || self.policy.may_ring(&message.from)
            || self.link_of(message).is_some()
    }

    /// The proof of a link in an offer. A contact needs none, and who is blocked may have it in vain.
    fn link_of<'a>(&self, message: &'a Incoming) -> Option<&'a Sec> {
        let Signal::CallOffer(offer) = &message.signal else {
            return None;
        };
        let needs_none = self.policy.contacts.contains(&message.from);
        let is_in_vain = self.policy.is_blocked(&message.from);
        let link = offer.link.as_ref();
        link.filter(|_| !needs_none && !is_in_vain && !is_within_a_call(offer))
    }

    fn check_link(&self, message: &Incoming, wall: UnixTime) -> Option<LinkCheck> {
        let (link, me) = (self.link_of(message)?, self.local.as_ref()?);
        let call = proved_fields::call_id(&message.signal)?;
        let (links, from) = (&self.policy.links, &message.from);
        Some(check_link(links, link, call, from, &me.id, wall))
    }

    fn is_missed(&self, message: &Incoming) -> bool {
        let is_offer = matches!(message.signal, Signal::CallOffer(_));
        is_offer && !self.current.is_empty() && !self.is_with(&message.from)
    }

    /// Whether a current call is with this peer.
    fn is_with(&self, peer: &UserId) -> bool {
        self.current.iter().any(|call| call.peer == *peer)
    }

    /// A message that is late or repeated, of a call that is not a current one, does
    /// nobody any harm. And a stranger who cannot prove to be that stranger is nobody, or
    /// anybody could frighten the user.
    fn is_alert(&self, call: &CallKey, error: VerifyError) -> bool {
        if self.current.contains(call) {
            return true;
        }
        let is_harmless = matches!(
            error,
            VerifyError::Replayed
                | VerifyError::Late
                | VerifyError::OutOfOrder
                | VerifyError::Unasked
        );
        !is_harmless && self.policy.is_pinned(&call.peer)
    }

    fn is_current(&self, peer: &UserId, call_id: &CallId) -> bool {
        let mut current = self.current.iter();
        current.any(|call| call.peer == *peer && call.call_id == *call_id)
    }

    fn set_current(&mut self, calls: Vec<CallKey>) {
        let outputs = &self.outputs;
        self.handshakes.retain(|handshake| {
            calls.contains(handshake.key())
                || outputs
                    .iter()
                    .any(|output| delivers_offer_of(output, handshake))
        });
        self.current = calls;
    }

    fn next_request(&mut self) -> RequestId {
        self.last_request += 1;
        RequestId::new(self.last_request)
    }

    fn reject(&mut self, call: CallKey, error: VerifyError) {
        let alert = false;
        self.outputs
            .push_back(Output::Rejected { call, error, alert });
    }
}

/// The connection.
impl Verifier {
    fn connected(&mut self, call: &CallKey, certificate: Option<RemoteCertificate>, now: Now) {
        let certificate = certificate.and_then(|certificate| match certificate {
            RemoteCertificate::Der(der) => Some(Fingerprint::of_certificate(&der)),
            RemoteCertificate::Description(sdp) => Fingerprint::of_description(&sdp).ok(),
        });
        if let Some(handshake) = self.handshakes.get_mut(&call.peer, &call.call_id)
            && let Err(error) = handshake.connected(certificate, now)
        {
            self.reject(call.clone(), error);
        }
    }

    fn check_deadlines(&mut self, now: Now) {
        let check = |handshake: &mut Handshake| {
            let error = handshake.check_deadline(now).err()?;
            Some((handshake.key().clone(), error))
        };
        let late: Vec<_> = self.handshakes.iter_mut().filter_map(check).collect();
        for (call, error) in late {
            self.reject(call, error);
        }
    }
}

/// What leaves: a description is signed, and what is sent after it waits for that.
impl Verifier {
    fn send(&mut self, message: Envelope, nonce: Nonce, wall: UnixTime) {
        match self.prove(&message, nonce, wall) {
            Ok(proof) => {
                self.outbound.push(message, proof);
                self.transmit_ready();
            }
            // What cannot be proved is not sent: the peer would reject it, with an alert.
            Err(
                VerifyError::NoFingerprint
                | VerifyError::SeveralFingerprints
                | VerifyError::Unsigned,
            ) => self.cannot_sign(&message),
            // Too late or too early: if it matters, it is retransmitted.
            Err(
                VerifyError::Malformed
                | VerifyError::UnknownVersion
                | VerifyError::OtherKey
                | VerifyError::BadSignature
                | VerifyError::OtherSender
                | VerifyError::OtherCall
                | VerifyError::Stale
                | VerifyError::Late
                | VerifyError::Replayed
                | VerifyError::OutOfOrder
                | VerifyError::Unasked
                | VerifyError::OtherNonce
                | VerifyError::OtherFingerprint
                | VerifyError::ChangedFingerprint
                | VerifyError::OtherCertificate
                | VerifyError::OtherCandidate,
            ) => {}
        }
    }

    fn prove(
        &mut self,
        message: &Envelope,
        nonce: Nonce,
        wall: UnixTime,
    ) -> Result<OutboundProof, VerifyError> {
        let peer = &message.to_id;
        let signing = match &message.signal {
            Signal::CallOffer(offer) => match self.handshakes.get_mut(peer, &offer.call_id) {
                Some(handshake) => handshake.sign_offer(&offer.offer.sdp.0, wall)?,
                None => Signing::New(self.begin_call(peer, offer, nonce, wall)?),
            },
            Signal::CallAnswer(answer) => match self.handshakes.get_mut(peer, &answer.call_id) {
                Some(handshake) => handshake.sign_answer(&answer.answer.sdp.0, nonce, wall)?,
                None => return Err(VerifyError::Unasked),
            },
            Signal::IceCandidate(_)
            | Signal::CallReject(_)
            | Signal::CallRinging(_)
            | Signal::CallEnd(_)
            | Signal::CallConfirm(_) => Signing::NotNeeded,
        };
        Ok(match signing {
            Signing::NotNeeded => OutboundProof::Ready(ReadyProof::None),
            Signing::Repeat => OutboundProof::Ready(ReadyProof::Repeat),
            Signing::New(unsigned) => self.request_signature(unsigned),
        })
    }

    fn begin_call(
        &mut self,
        peer: &UserId,
        offer: &CallOffer,
        nonce: Nonce,
        wall: UnixTime,
    ) -> Result<UnsignedMessage, VerifyError> {
        // Before the login nothing can prove who calls.
        let local = self.local.as_ref().ok_or(VerifyError::Unsigned)?;
        let call = call_context(local, peer, offer);
        let (handshake, unsigned) = Handshake::calling(call, &offer.offer.sdp.0, nonce, wall)?;
        self.replay_caches.pinned.insert_own(&unsigned, wall);
        self.handshakes.push(handshake);
        Ok(unsigned)
    }

    fn request_signature(&mut self, unsigned: UnsignedMessage) -> OutboundProof {
        if self.local.as_ref().is_none_or(|local| local.key.is_none()) {
            return OutboundProof::Ready(ReadyProof::New(unsigned.unsigned()));
        }
        let request = self.next_request();
        let message = unsigned.message().to_vec();
        self.outputs.push_back(Output::Sign { request, message });
        OutboundProof::Requested { request, unsigned }
    }

    fn signed(&mut self, request: RequestId, signature: Option<Signature>) {
        let key = self.local.as_ref().and_then(|local| local.key.as_ref());
        let failed = self.outbound.signed(request, key, signature.as_ref());
        if let Some(message) = failed {
            self.cannot_sign(&message);
        }
        self.transmit_ready();
    }

    /// The call machine waits for the peer in vain, and has to know.
    fn cannot_sign(&mut self, message: &Envelope) {
        if let Some(call_id) = proved_fields::call_id(&message.signal) {
            let call = CallKey::new(message.to_id.clone(), call_id.clone());
            self.outputs.push_back(Output::CannotSign(call));
        }
    }

    /// Sends what is ready, up to the first that is not.
    fn transmit_ready(&mut self) {
        while let Some((mut message, proof)) = self.outbound.pop_ready() {
            match self.proof_of(&message, proof) {
                ReadyProof::None => {}
                ReadyProof::New(proof) => proved_fields::attach(&mut message.signal, proof),
                // The call is over, or has another description by now; unsigned, this one
                // would look like a forgery.
                ReadyProof::Repeat => continue,
            }
            self.attach_link(&mut message);
            self.outputs.push_back(Output::Transmit(message));
        }
    }

    /// Who was given a link that ends calls by it. Within a call nobody asks for it.
    fn attach_link(&self, message: &mut Envelope) {
        if let Signal::CallOffer(offer) = &mut message.signal
            && !is_within_a_call(offer)
            && let Some(link) = self.policy.given_link(&message.to_id)
            && let Some(me) = &self.local
        {
            let proof = |link: CallLink| link.proof(&offer.call_id, &me.id, &message.to_id);
            // What was copied in part proves nothing, and the callee says so.
            offer.link = Some(link.map_or_else(|_| Sec::new(""), proof));
        }
    }

    /// The proof to send a message with; that of a description is kept for its
    /// retransmission. Still [`ReadyProof::Repeat`] if it is not known any more.
    fn proof_of(&mut self, message: &Envelope, proof: ReadyProof) -> ReadyProof {
        let sdp = proved_fields::description(&message.signal);
        let handshake = match proved_fields::call_id(&message.signal) {
            Some(call_id) => self.handshakes.get_mut(&message.to_id, call_id),
            None => None,
        };
        match proof {
            ReadyProof::None => ReadyProof::None,
            ReadyProof::Repeat => match (handshake, sdp) {
                (Some(handshake), Some(sdp)) => handshake.local_proof(sdp),
                (_, _) => None,
            }
            .map_or(ReadyProof::Repeat, ReadyProof::New),
            ReadyProof::New(proof) => {
                match (handshake, sdp) {
                    (Some(handshake), Some(sdp)) => handshake.set_local_proof(sdp, &proof),
                    (Some(handshake), None) => handshake.set_confirm_proof(&proof),
                    (None, _) => {}
                }
                ReadyProof::New(proof)
            }
        }
    }

    fn send_confirm(&mut self, answer: &Incoming, call_id: CallId, unsigned: UnsignedMessage) {
        let proof = self.request_signature(unsigned);
        self.push_confirm(answer, call_id, proof);
    }

    fn push_confirm(&mut self, answer: &Incoming, call_id: CallId, proof: OutboundProof) {
        let confirm = CallConfirm { call_id, sec: None };
        let message = Envelope {
            to_id: answer.from.clone(),
            to_device: Some(answer.device.clone()),
            from_id: None,
            from_device: None,
            signal: Signal::CallConfirm(confirm),
        };
        self.outbound.push(message, proof);
        self.transmit_ready();
    }
}

/// What arrives: a signature is checked, and what was received after it waits for that.
impl Verifier {
    fn receive(&mut self, message: Incoming, wall: UnixTime) {
        let is_preferred = self.policy.is_pinned(&message.from) || self.is_with(&message.from);
        self.inbound.push(message, is_preferred);
        self.process_inbound(wall);
    }

    fn receive_direct(&mut self, call: CallKey, confirm: CallConfirm, wall: UnixTime) {
        if confirm.call_id != call.call_id {
            return;
        }
        let handshake = self.handshakes.get(&call.peer, &call.call_id);
        if let Some(device) = handshake.and_then(Handshake::remote_device).cloned() {
            let message = Incoming {
                from: call.peer,
                device,
                to_this_device: true,
                signal: Signal::CallConfirm(confirm),
            };
            self.receive(message, wall);
        }
    }

    fn signature_checked(&mut self, request: RequestId, valid: bool, wall: UnixTime) {
        if let Some(check) = self.inbound.end_check(request) {
            self.resolve(check.message, check.unverified, valid, wall);
            self.process_inbound(wall);
        }
    }

    fn process_inbound(&mut self, wall: UnixTime) {
        while let Some(message) = self.inbound.pop() {
            match self.inspect(&message, wall) {
                Ok(Inspection::Deliver) => self.deliver(message, wall),
                Ok(Inspection::Ignore) => {}
                Ok(Inspection::Verify(unverified)) => self.check(message, unverified, wall),
                Err(error) => self.reject_message(&message, error),
            }
        }
    }

    fn inspect(&mut self, message: &Incoming, wall: UnixTime) -> Result<Inspection, VerifyError> {
        let from = &message.from;
        match &message.signal {
            Signal::CallOffer(offer) => {
                let received = proved_fields::of_offer(from, offer);
                match self.handshakes.get_mut(from, &offer.call_id) {
                    Some(handshake) => handshake.inspect_offer(&received, wall),
                    // Of a call that is over, or was never here; it cannot ring.
                    None if is_within_a_call(offer) => {
                        self.outputs
                            .push_back(Output::RepeatedOffer(message.clone()));
                        Ok(Inspection::Ignore)
                    }
                    None => self.inspect_first_offer(from, offer, wall),
                }
            }
            Signal::CallAnswer(answer) => {
                let received = proved_fields::of_answer(from, answer);
                let is_current = self.is_current(from, &answer.call_id);
                match self.handshakes.get_mut(from, &answer.call_id) {
                    Some(handshake) => {
                        let again = handshake.confirm_again(&received, wall);
                        let inspection =
                            handshake.inspect_answer(&received, &message.device, wall)?;
                        if let Some(proof) = again {
                            let proof = OutboundProof::Ready(ReadyProof::New(proof));
                            self.push_confirm(message, answer.call_id.clone(), proof);
                        }
                        Ok(inspection)
                    }
                    // The call machine would take it for the answer to a call that has no
                    // handshake.
                    None if is_current => Err(VerifyError::OutOfOrder),
                    // Of a call that is over: the call machine tells them so.
                    None => Ok(Inspection::Deliver),
                }
            }
            Signal::CallConfirm(confirm) => {
                let received = proved_fields::of_confirm(from, confirm);
                match self.handshakes.get(from, &confirm.call_id) {
                    Some(handshake) => handshake.inspect_confirm(&received, wall),
                    None => Ok(Inspection::Ignore),
                }
            }
            Signal::IceCandidate(candidate) => Ok(self.inspect_candidate(from, candidate)),
            // Not signed: a relay can forge them, to end calls but not to get into one.
            Signal::CallReject(_) | Signal::CallRinging(_) | Signal::CallEnd(_) => {
                Ok(Inspection::Deliver)
            }
        }
    }

    /// Somebody calls.
    fn inspect_first_offer(
        &mut self,
        from: &UserId,
        offer: &CallOffer,
        wall: UnixTime,
    ) -> Result<Inspection, VerifyError> {
        let has_room = self.handshakes.has_room_for(from, &self.policy);
        let Some(local) = self.local.as_ref().filter(|_| has_room) else {
            return Ok(Inspection::Ignore);
        };
        if !must_verify(from, offer.sec.as_ref()) {
            let key = CallKey::new(from.clone(), offer.call_id.clone());
            self.handshakes.push(Handshake::unauthenticated(key));
            return Ok(Inspection::Deliver);
        }
        let call = call_context(local, from, offer);
        let received = proved_fields::of_offer(from, offer);
        let unverified = match Callee::receive_offer(call.clone(), &received, wall) {
            Ok(callee) => UnverifiedMessage::FirstOffer(Box::new(callee)),
            // What was held up on its way is no attack.
            Err(VerifyError::Stale) => {
                let held = Callee::receive_held_offer(&call, &received, wall)?;
                UnverifiedMessage::HeldOffer(Box::new(held))
            }
            Err(error) => return Err(error),
        };
        Ok(Inspection::Verify(unverified))
    }

    /// A candidate from a key must name its call, and follow the description that it
    /// belongs to: that is how our page sends it, and the server keeps the order, so that
    /// any other was tampered with.
    fn inspect_candidate(&self, from: &UserId, candidate: &IceCandidate) -> Inspection {
        let handshake = match &candidate.call_id {
            Some(call_id) => self.handshakes.get(from, call_id),
            None => None,
        };
        match handshake {
            Some(handshake) => handshake.inspect_candidate(candidate),
            None if is_key_id(from) => Inspection::Ignore,
            None => Inspection::Deliver,
        }
    }

    fn check(&mut self, message: Incoming, unverified: UnverifiedMessage, wall: UnixTime) {
        let Some(claim) = unverified.claim().cloned() else {
            // A guest signs nothing, so there is nothing to wait for.
            return self.resolve(message, unverified, true, wall);
        };
        let request = self.next_request();
        self.outputs
            .push_back(Output::CheckSignature { request, claim });
        self.inbound.begin_check(SignatureCheck {
            request,
            message,
            unverified,
        });
    }

    fn resolve(
        &mut self,
        message: Incoming,
        unverified: UnverifiedMessage,
        valid: bool,
        wall: UnixTime,
    ) {
        let is_first_offer = matches!(unverified, UnverifiedMessage::FirstOffer(_));
        match self.accept(&message, unverified, valid, wall) {
            Ok(Accepted::Deliver) => self.deliver(message, wall),
            Ok(Accepted::Consumed) => {}
            // The caller has signed it, or is a guest: whoever retransmits it is told how
            // the call ended.
            Err(VerifyError::Replayed) if is_first_offer => {
                self.outputs.push_back(Output::RepeatedOffer(message));
            }
            Err(error) => self.reject_message(&message, error),
        }
    }

    fn accept(
        &mut self,
        message: &Incoming,
        unverified: UnverifiedMessage,
        valid: bool,
        wall: UnixTime,
    ) -> Result<Accepted, VerifyError> {
        let Some(received) = proved_fields::of_signal(&message.from, &message.signal) else {
            return Ok(Accepted::Consumed);
        };
        match unverified {
            UnverifiedMessage::FirstOffer(offer) => {
                let is_known = |value| self.replay_caches.contain(value, wall);
                let is_repeated = offer.value().is_some_and(is_known);
                let cache = self.replay_caches.of(self.policy.is_pinned(&message.from));
                let callee = offer.resolve(valid, cache, wall)?;
                if is_repeated {
                    return Err(VerifyError::Replayed);
                }
                let key = CallKey::new(message.from.clone(), received.call.clone());
                let handshake = Handshake::called(key, callee, &received, &message.device);
                self.handshakes.push(handshake);
                Ok(Accepted::Deliver)
            }
            UnverifiedMessage::HeldOffer(offer) => {
                let at = offer.resolve(valid, &mut self.replay_caches.strangers, wall)?;
                let opens = |check| matches!(check, LinkCheck::Proved(_, LinkState::Open));
                if self.policy.may_ring(&message.from)
                    || self.check_link(message, wall).is_some_and(opens)
                {
                    let message = message.clone();
                    self.outputs.push_back(Output::HeldOffer { message, at });
                }
                Ok(Accepted::Consumed)
            }
            UnverifiedMessage::Next(next) => {
                // The call may be over by now, and its handshake forgotten.
                let Some(handshake) = self.handshakes.get_mut(&message.from, received.call) else {
                    return Ok(Accepted::Consumed);
                };
                if !valid && handshake.may_be_late(&next, wall) {
                    return Ok(Accepted::Consumed);
                }
                let cache = self.replay_caches.of(self.policy.is_pinned(&message.from));
                let confirm =
                    handshake.accept(next, &received, &message.device, valid, cache, wall)?;
                if let Some(confirm) = confirm {
                    self.send_confirm(message, received.call.clone(), confirm);
                }
                Ok(match received.sdp {
                    Some(_) => Accepted::Deliver,
                    // A confirmation says nothing to the call machine.
                    None => Accepted::Consumed,
                })
            }
        }
    }

    fn deliver(&mut self, message: Incoming, wall: UnixTime) {
        let link = self.check_link(&message, wall);
        self.outputs.push_back(Output::Deliver {
            message,
            missed: false,
            link,
        });
    }

    fn reject_message(&mut self, message: &Incoming, error: VerifyError) {
        if let Some(call_id) = proved_fields::call_id(&message.signal) {
            let call = CallKey::new(message.from.clone(), call_id.clone());
            self.reject(call, error);
        }
    }
}

/// Whether an offer is for a call in progress: it has a proof, and no commitment.
fn is_within_a_call(offer: &CallOffer) -> bool {
    let proof = offer.sec.as_ref().map(Proof::parse);
    proof.is_some_and(|proof| proof.is_ok_and(|proof| proof.value.is_none()))
}

/// The call of a first offer, as this side sees it.
fn call_context(local: &LocalIdentity, peer: &UserId, offer: &CallOffer) -> CallContext {
    CallContext {
        id: offer.call_id.clone(),
        call_type: offer.call_type,
        local: local.id.clone(),
        peer: peer.clone(),
    }
}

fn delivers_offer_of(output: &Output, handshake: &Handshake) -> bool {
    match output {
        Output::Deliver { message, .. } => match &message.signal {
            Signal::CallOffer(offer) => handshake.is_for(&message.from, &offer.call_id),
            Signal::CallAnswer(_)
            | Signal::CallConfirm(_)
            | Signal::IceCandidate(_)
            | Signal::CallReject(_)
            | Signal::CallRinging(_)
            | Signal::CallEnd(_) => false,
        },
        Output::Sign { .. }
        | Output::CheckSignature { .. }
        | Output::Transmit(_)
        | Output::RepeatedOffer(_)
        | Output::HeldOffer { .. }
        | Output::CannotSign(_)
        | Output::Rejected { .. } => false,
    }
}
