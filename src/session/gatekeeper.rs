//! The guard: the verifier of `wimpex-verification`, with the browser's keys and clock.
//! Loaded with the first call (`crate::lazy`); the session knows it as a [`Guard`].

use std::sync::Arc;

use futures_channel::mpsc::UnboundedSender;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_identity::{Nonce, PublicKey, Signature, SignatureClaim};
use wimpex_protocol::UserId;
use wimpex_sansio::{Machine, Now, UnixTime};
use wimpex_verification::{
    Assurance, CallKey, Input, LocalIdentity, Output, PeerPolicy, RemoteCertificate, RequestId,
    Verifier, Verify,
};

use super::event::Event;
use super::guard::{Guard, Pair, Verdict, Word};
use super::identity::Identity;
use super::people;
use super::view::{Contact, View};
use crate::browser::peer::{self, Certificate};
use crate::browser::{clock, crypto, random};

pub(crate) struct Gatekeeper {
    verifier: Verifier,
    identity: Option<Arc<Identity>>,
    view: View,
    inbox: UnboundedSender<Event>,
}

impl Gatekeeper {
    pub(crate) fn new(
        identity: Option<Arc<Identity>>,
        view: View,
        inbox: UnboundedSender<Event>,
    ) -> Self {
        Self {
            verifier: Verifier::default(),
            identity,
            view,
            inbox,
        }
    }

    fn local(&self, id: UserId) -> LocalIdentity {
        let owner = self.identity.as_ref().filter(|owner| owner.user == id);
        let key = owner.and_then(|owner| PublicKey::parse(&owner.public).ok());
        LocalIdentity { id, key }
    }

    /// Sets a timer for the verifier's deadline; one too many does no harm.
    fn arm(&self) {
        let Some(at) = self.verifier.poll_timeout() else {
            return;
        };
        // Rounded up: a timer that comes a little early would find nothing due.
        let millis = at.since(now()).as_millis() + 1;
        let inbox = self.inbox.clone();
        Timeout::new(u32::try_from(millis).unwrap_or(u32::MAX), move || {
            // The inbox lives as long as the page.
            let _ = inbox.unbounded_send(Event::Guarded(Word::Timeout));
        })
        .forget();
    }

    fn sign(&self, request: RequestId, message: Vec<u8>) {
        let (identity, inbox) = (self.identity.clone(), self.inbox.clone());
        spawn_local(async move {
            let signature = match identity {
                Some(identity) => identity.sign(&message).await.ok(),
                None => None,
            };
            let _ = inbox.unbounded_send(Event::Guarded(Word::Signed(request, signature)));
        });
    }

    fn check(&self, request: RequestId, claim: SignatureClaim) {
        let inbox = self.inbox.clone();
        spawn_local(async move {
            let checked = crypto::verify(
                claim.key.as_bytes(),
                claim.signature.as_bytes(),
                &claim.message,
            );
            // A browser that cannot tell has not said yes.
            let valid = checked.await.unwrap_or(false);
            let _ = inbox.unbounded_send(Event::Guarded(Word::Checked(request, valid)));
        });
    }

    fn policy(&self) -> PeerPolicy {
        let people = self.view.people;
        let pinned = |it: &&Contact| it.is_pinned();
        let id = |it: &Contact| it.user.clone();
        let opened = people.with_untracked(|it| it.iter().filter(pinned).map(id).collect());
        let (blocked, contacts): (Vec<_>, Vec<_>) = people::book().with_untracked(|book| {
            let contacts = book.contacts().into_iter();
            let contacts = contacts.map(|it| (it.is_blocked, it.id.clone()));
            contacts.partition(|(is_blocked, _)| *is_blocked)
        });
        let ids = |contacts: Vec<(bool, UserId)>| contacts.into_iter().map(|it| it.1).collect();
        PeerPolicy {
            contacts: ids(contacts),
            blocked: ids(blocked),
            opened,
            contacts_only: people::contacts_only(),
        }
    }
}

impl Guard for Gatekeeper {
    fn take(&mut self, word: Word) {
        let (now, wall) = (now(), UnixTime::from_millis(clock::wall_millis()));
        let is_timed = matches!(word, Word::Connected(..) | Word::Timeout);
        let input = match word {
            Word::Am(id) => Input::LoggedIn(self.local(id)),
            Word::Send(message) => {
                // A browser without random numbers makes no connections either.
                let Ok(nonce) = random::bytes() else { return };
                let nonce = Nonce::from_bytes(nonce);
                Input::Send {
                    message,
                    nonce,
                    wall,
                }
            }
            Word::Hear(message) => Input::Receive { message, wall },
            Word::Direct((peer, call), confirm) => Input::ReceiveDirect {
                call: CallKey::new(peer, call),
                confirm,
                wall,
            },
            Word::Signed(request, signature) => Input::Signed {
                request,
                signature: signature.map(Signature::from_bytes),
            },
            Word::Checked(request, valid) => Input::SignatureChecked {
                request,
                valid,
                wall,
            },
            Word::Connected((peer, call), connection) => {
                let certificate = peer::certificate(&connection).map(|it| match it {
                    Certificate::Der(der) => RemoteCertificate::Der(der),
                    Certificate::Description(sdp) => RemoteCertificate::Description(sdp),
                });
                Input::Connected {
                    call: CallKey::new(peer, call),
                    certificate,
                }
            }
            Word::Timeout => Input::Timeout,
            Word::Keep(call) => Input::CurrentCall(call.map(|(peer, id)| CallKey::new(peer, id))),
        };
        let policy = Input::PeerPolicy(self.policy());
        self.verifier.handle(policy, now);
        self.verifier.handle(input, now);
        if is_timed {
            self.arm();
        }
    }

    fn next(&mut self) -> Option<Verdict> {
        loop {
            match self.verifier.poll_output()? {
                Output::Sign { request, message } => self.sign(request, message),
                Output::CheckSignature { request, claim } => self.check(request, claim),
                Output::Transmit(message) => return Some(Verdict::Transmit(message)),
                Output::Deliver { message, missed } => {
                    if missed {
                        people::missed(&message);
                    }
                    return Some(Verdict::Deliver(message));
                }
                Output::RepeatedOffer(message) => return Some(Verdict::Repeated(message)),
                Output::CannotSign(call) => {
                    return Some(Verdict::Unsaid((call.peer, call.call_id)));
                }
                Output::Rejected { call, error, alert } => {
                    return Some(Verdict::Refused {
                        call: (call.peer, call.call_id),
                        refusal: error,
                        alarms: alert,
                    });
                }
            }
        }
    }

    fn assurance(&self, (peer, call): &Pair) -> Assurance {
        let call = CallKey::new(peer.clone(), call.clone());
        self.verifier.assurance(&call)
    }
}

fn now() -> Now {
    let millis = clock::now().as_millis();
    Now::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}
