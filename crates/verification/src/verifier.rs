//! The verifier.

use std::time::Duration;

use wimpex_identity::Fingerprint;
use wimpex_protocol::{CallId, Signal, UserId};
use wimpex_sansio::{Machine, Now};

use crate::{
    Assurance, CallKey, Gate, Input, Me, Output, PeerPolicy, RemoteCertificate, RequestId, Step,
    Verify,
};

/// The time after the connection is up by which the handshake must be complete. Its last
/// message was sent before the connection was made, so that one which is still missing
/// then was lost or is kept back.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Signs and verifies the signals of all calls.
#[derive(Debug, Default)]
pub struct Verifier {
    gate: Gate,
    policy: PeerPolicy,
    current: Option<CallKey>,
    deadlines: Vec<(CallKey, Now)>,
}

impl Machine for Verifier {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, input: Input, now: Now) {
        match input {
            Input::LoggedIn(local) => self.gate.log_in(Me {
                id: local.id,
                key: local.key,
            }),
            Input::PeerPolicy(policy) => self.policy = policy,
            Input::CurrentCall(current) => {
                let kept = current.as_ref().map(|it| (&it.peer, &it.call_id));
                self.gate.keep_only(kept);
                self.current = current;
            }
            Input::Send {
                message,
                nonce,
                wall,
            } => self.gate.send(message, nonce, wall),
            Input::Receive { message, wall } => {
                let peer = self.current.as_ref().map(|call| &call.peer);
                let is_offer = matches!(message.signal, Signal::CallOffer(_));
                // Who may not ring is not heard at all: to them nobody is there.
                if is_offer && peer != Some(&message.from) && !self.policy.may_ring(&message.from) {
                    return;
                }
                self.gate.hear(message, wall);
            }
            Input::ReceiveDirect {
                call,
                confirm,
                wall,
            } => {
                if confirm.call_id == call.call_id {
                    self.gate.hear_direct(call.peer, confirm, wall);
                }
            }
            Input::Connected { call, certificate } => {
                let used = match certificate {
                    Some(RemoteCertificate::Der(der)) => Some(Fingerprint::of_certificate(&der)),
                    Some(RemoteCertificate::Description(sdp)) => {
                        Fingerprint::of_description(&sdp).ok()
                    }
                    None => None,
                };
                if let Some(used) = used {
                    self.gate.uses(&call.peer, &call.call_id, used);
                }
                self.deadlines.push((call, now + HANDSHAKE_TIMEOUT));
            }
            Input::Signed { request, signature } => self.gate.signed(request.get(), signature),
            Input::SignatureChecked {
                request,
                valid,
                wall,
            } => self.gate.checked(request.get(), valid, wall),
            Input::Timeout => {
                let (due, later) = std::mem::take(&mut self.deadlines)
                    .into_iter()
                    .partition(|(_, at)| *at <= now);
                self.deadlines = later;
                for (call, _) in due {
                    self.gate.overdue(&call.peer, &call.call_id);
                }
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        let key = |peer: UserId, call: CallId| CallKey::new(peer, call);
        Some(match self.gate.poll_step()? {
            Step::Sign { ticket, message } => Output::Sign {
                request: RequestId::new(ticket),
                message,
            },
            Step::Check { ticket, claim } => Output::CheckSignature {
                request: RequestId::new(ticket),
                claim,
            },
            Step::Transmit(relayed) => Output::Transmit(relayed),
            Step::Deliver(message) => {
                let current = self.current.as_ref();
                let missed = matches!(message.signal, Signal::CallOffer(_))
                    && current.is_some_and(|call| call.peer != message.from);
                Output::Deliver { message, missed }
            }
            Step::Repeated(message) => Output::RepeatedOffer(message),
            Step::Unsaid { peer, call } => Output::CannotSign(key(peer, call)),
            Step::Refused {
                peer,
                call,
                refusal,
            } => Output::Rejected {
                alert: self.policy.is_pinned(&peer),
                call: key(peer, call),
                error: refusal,
            },
        })
    }

    fn poll_timeout(&self) -> Option<Now> {
        self.deadlines.iter().map(|(_, at)| *at).min()
    }
}

impl Verify for Verifier {
    fn assurance(&self, call: &CallKey) -> Assurance {
        self.gate.assurance(&call.peer, &call.call_id)
    }
}
