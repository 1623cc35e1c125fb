//! The guard: the gate of `wimpex-gate`, with the browser's keys and clock. Loaded with
//! the first call (`super::lazy`); the session knows it as a [`Guard`].

use std::sync::Arc;

use futures_channel::mpsc::UnboundedSender;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::RtcPeerConnection;
use wimpex_gate::{Assurance, Gate, Incoming, Me, Step};
use wimpex_identity::{Claim, Fingerprint, Nonce, PublicKey, Refusal, Signature};
use wimpex_protocol::{Signal, UserId};

use super::event::Event;
use super::guard::{Guard, Pair, Verdict, Word};
use super::identity::Identity;
use super::people;
use super::view::{Contact, View};
use crate::browser::rtc_dtls_transport::{Certificate, remote_certificate};
use crate::browser::{clock, random, web_crypto};

/// In milliseconds: so long after the connection the handshake is complete, or it never
/// will be. Its last message was sent before the connection was made.
const OVERDUE: u32 = 10_000;

pub(crate) struct Gatekeeper {
    gate: Gate,
    identity: Option<Arc<Identity>>,
    view: View,
    inbox: UnboundedSender<Event>,
    current: Option<Pair>,
}

impl Gatekeeper {
    pub(crate) fn new(
        identity: Option<Arc<Identity>>,
        view: View,
        inbox: UnboundedSender<Event>,
    ) -> Self {
        Self {
            gate: Gate::default(),
            identity,
            view,
            inbox,
            current: None,
        }
    }

    fn log_in(&mut self, id: UserId) {
        let owner = self.identity.as_ref().filter(|owner| owner.user == id);
        let key = owner.and_then(|owner| PublicKey::parse(&owner.public).ok());
        self.gate.log_in(Me { id, key });
    }

    fn connected(&mut self, (peer, call): Pair, connection: &RtcPeerConnection) {
        let used = match remote_certificate(connection) {
            Some(Certificate::Der(der)) => Some(Fingerprint::of_certificate(&der)),
            Some(Certificate::Description(sdp)) => Fingerprint::of_description(&sdp).ok(),
            None => None,
        };
        if let Some(used) = used {
            self.gate.uses(&peer, &call, used);
        }
        let inbox = self.inbox.clone();
        let overdue = move || {
            // The inbox lives as long as the page.
            let _ = inbox.unbounded_send(Event::Guarded(Word::Overdue((peer, call))));
        };
        Timeout::new(OVERDUE, overdue).forget();
    }

    /// Who may not ring is not heard at all: to them nobody is there.
    fn hear(&mut self, incoming: Incoming, now: u64) {
        let peer = self.current.as_ref().map(|(peer, _)| peer);
        let is_offer = matches!(incoming.signal, Signal::CallOffer(_));
        if is_offer && peer != Some(&incoming.from) && !people::may_call(&incoming.from) {
            return;
        }
        self.gate.hear(incoming, now);
    }

    fn sign(&self, ticket: u64, message: Vec<u8>) {
        let (identity, inbox) = (self.identity.clone(), self.inbox.clone());
        spawn_local(async move {
            let signature = match identity {
                Some(identity) => identity.sign(&message).await.ok(),
                None => None,
            };
            let _ = inbox.unbounded_send(Event::Guarded(Word::Signed(ticket, signature)));
        });
    }

    fn check(&self, ticket: u64, claim: Claim) {
        let inbox = self.inbox.clone();
        spawn_local(async move {
            let checked = web_crypto::verify(
                claim.key.as_bytes(),
                claim.signature.as_bytes(),
                &claim.message,
            );
            // A browser that cannot tell has not said yes.
            let holds = checked.await.unwrap_or(false);
            let _ = inbox.unbounded_send(Event::Guarded(Word::Checked(ticket, holds)));
        });
    }

    /// Whether the person has to know. What came a second time, or too late, of a call
    /// that is not the present one does nobody any harm; and a stranger who cannot prove
    /// to be that stranger is nobody, or anybody could frighten people.
    fn alarms(&self, call: &Pair, refusal: Refusal) -> bool {
        if self.current.as_ref() == Some(call) {
            return true;
        }
        let is_pinned = self.view.people.with_untracked(|people| {
            let known = people.iter().find(|it| it.user == call.0);
            known.is_some_and(Contact::is_pinned)
        });
        is_pinned
            && !matches!(
                refusal,
                Refusal::Replayed | Refusal::Late | Refusal::OutOfOrder | Refusal::Unasked
            )
    }

    /// An offer that holds comes while there is a call with somebody else: it is missed.
    fn notes(&self, incoming: &Incoming) {
        let is_busy = self
            .current
            .as_ref()
            .is_some_and(|(peer, _)| *peer != incoming.from);
        if is_busy && matches!(incoming.signal, Signal::CallOffer(_)) {
            people::missed(incoming);
        }
    }
}

impl Guard for Gatekeeper {
    fn take(&mut self, word: Word) {
        let now = clock::wall_millis();
        match word {
            Word::Am(id) => self.log_in(id),
            Word::Send(relayed) => {
                // A browser without random numbers makes no connections either.
                if let Ok(nonce) = random::bytes() {
                    self.gate.send(relayed, Nonce::from_bytes(nonce), now);
                }
            }
            Word::Hear(incoming) => self.hear(incoming, now),
            Word::Direct((peer, call), confirm) if confirm.call_id == call => {
                self.gate.hear_direct(peer, confirm, now);
            }
            Word::Direct(..) => {}
            Word::Signed(ticket, signature) => {
                let signature = signature.map(Signature::from_bytes);
                self.gate.signed(ticket, signature);
            }
            Word::Checked(ticket, holds) => self.gate.checked(ticket, holds, now),
            Word::Connected(call, connection) => self.connected(call, &connection),
            Word::Overdue((peer, call)) => self.gate.overdue(&peer, &call),
            Word::Keep(call) => {
                let kept = call.as_ref().map(|(peer, call)| (peer, call));
                self.gate.keep_only(kept);
                self.current = call;
            }
        }
    }

    fn next(&mut self) -> Option<Verdict> {
        loop {
            match self.gate.poll_step()? {
                Step::Sign { ticket, message } => self.sign(ticket, message),
                Step::Check { ticket, claim } => self.check(ticket, claim),
                Step::Transmit(relayed) => return Some(Verdict::Transmit(relayed)),
                Step::Deliver(incoming) => {
                    self.notes(&incoming);
                    return Some(Verdict::Deliver(incoming));
                }
                Step::Repeated(incoming) => return Some(Verdict::Repeated(incoming)),
                Step::Unsaid { peer, call } => return Some(Verdict::Unsaid((peer, call))),
                Step::Refused {
                    peer,
                    call,
                    refusal,
                } => {
                    let call = (peer, call);
                    return Some(Verdict::Refused {
                        alarms: self.alarms(&call, refusal),
                        call,
                        refusal,
                    });
                }
            }
        }
    }

    fn assurance(&self, (peer, call): &Pair) -> Assurance {
        self.gate.assurance(peer, call)
    }
}
