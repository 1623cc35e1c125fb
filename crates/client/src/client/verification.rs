//! Verification: what leaves is signed, what arrives is verified.

use wimpex_call::{Standing, State};
use wimpex_protocol::{CallEndReason, DirectMessage, Envelope, Signal, UserId};
use wimpex_sansio::{Machine, Now};
use wimpex_verification::{CallKey, Incoming, Input, PeerPolicy};

use super::Client;
use crate::contact_store::Loading;
use crate::host::Host;
use crate::io::{Loaded, Output};
use crate::signaling::SignalingInput;
use crate::trust::Alert;
use crate::verifier_slot::{LoadFailure, Queued};
use crate::view::Part;

impl<H: Host> Client<H> {
    pub(super) fn verify(&mut self, input: Input, now: Now) {
        let stranger = match &input {
            Input::Receive { message, .. } => Some(&message.from)
                .filter(|from| self.standing(from) == Standing::Stranger)
                .cloned(),
            Input::Send { .. }
            | Input::Restore(_)
            | Input::LoggedIn(_)
            | Input::PeerPolicy(_)
            | Input::CurrentCalls(_)
            | Input::ReceiveDirect { .. }
            | Input::Connected { .. }
            | Input::Signed { .. }
            | Input::SignatureChecked { .. }
            | Input::Timeout => None,
        };
        match self.verifier.handle(input, stranger, now) {
            Queued::Done => {}
            Queued::Load => self.load_calls(),
        }
    }

    /// Loads what a first call needs.
    fn load_calls(&mut self) {
        self.load_contacts();
        self.emit(Output::LoadCalls);
    }

    /// A call that has begun waits for what runs it.
    pub(super) fn demand_calls(&mut self) {
        if self.call.is_awaited() && self.verifier.demand() {
            self.load_calls();
        }
    }

    pub(super) fn calls_loaded(&mut self, loaded: Loaded<H::Verifier, H::Calls>, now: Now) {
        if let Some(start) = self.call.load(loaded.calls, now) {
            self.call_command(start, now);
            self.tell_callees_devices(now);
        }
        self.verifier.keep(loaded.verifier);
        self.start_verifier(now);
    }

    /// As soon as the verifier is loaded, the contacts, who say who may ring, are read, and
    /// it is known with which key to sign: unsigned, a call would look like a forgery.
    pub(super) fn start_verifier(&mut self, now: Now) {
        if self.contact_store.loading != Loading::Done || self.identity.is_pending() {
            return;
        }
        let Some(queue) = self.verifier.start() else {
            return;
        };
        if let Some(me) = self.view.me.clone() {
            let identity = self.local_identity(me);
            self.verify(Input::LoggedIn(identity), now);
        }
        let policy = self.peer_policy();
        self.verify(Input::PeerPolicy(policy), now);
        for input in queue {
            self.verify(input, now);
        }
        let current = self.call_keys();
        self.verify(Input::CurrentCalls(current), now);
    }

    /// Whom the user knows, and whom they want to hear from.
    pub(super) fn peer_policy(&self) -> PeerPolicy {
        let (contacts, peers) = (self.view.contacts.contacts(), &self.view.peers);
        let with = |blocked: bool| {
            let some = contacts.iter().filter(|it| it.is_blocked == blocked);
            some.map(|it| it.id.clone()).collect()
        };
        let strangers = self.view.contacts.blocked_strangers();
        let mut blocked: Vec<UserId> = with(true);
        blocked.extend(strangers.map(|it| it.id.clone()));
        PeerPolicy {
            contacts: with(false),
            blocked,
            opened: peers
                .iter()
                .filter(|it| it.opened)
                .map(|it| it.user.clone())
                .collect(),
            contacts_only: self.view.contacts_only,
            links: self.view.contacts.issued_links(),
            given_links: peers
                .iter()
                .filter_map(|it| Some((it.user.clone(), it.link.clone()?)))
                .collect(),
        }
    }

    pub(super) fn calls_unavailable(&mut self, now: Now) {
        self.note("what runs calls could not be loaded", now);
        self.part_is_missing();
        match self.verifier.on_load_failure(now) {
            LoadFailure::Retry => {}
            LoadFailure::GiveUpCall => {
                self.call.give_up();
                if self.call.state() == State::Calling
                    && let Some(call) = self.call_keys().first()
                {
                    self.cannot_set_up(call, now);
                }
            }
        }
    }

    pub(super) fn on_verification(&mut self, output: wimpex_verification::Output, now: Now) {
        use wimpex_verification::Output as Verification;
        match output {
            Verification::Sign { request, message } => {
                self.emit(Output::Sign { request, message });
            }
            Verification::CheckSignature { request, claim } => {
                self.emit(Output::CheckSignature { request, claim });
            }
            Verification::Transmit(relayed) => self.transmit(relayed, now),
            Verification::Deliver {
                message,
                missed,
                link,
            } => {
                let offer = match &message.signal {
                    Signal::CallOffer(offer) if missed => {
                        Some((message.from.clone(), offer.clone()))
                    }
                    _ => None,
                };
                self.receive(message, link, now);
                if let Some((from, offer)) = offer {
                    self.record_unless_ringing(&from, &offer, now);
                }
            }
            Verification::HeldOffer { message, at } => {
                self.note("an offer was held up", now);
                self.record_held_call(&message, at, now);
            }
            Verification::RepeatedOffer(message) => {
                self.note("rejected: replayed", now);
                // It never rings a second time; who still calls is told how it ended.
                if let Signal::CallOffer(offer) = &message.signal
                    && self.call.is_over(&message.from, &offer.call_id)
                {
                    self.deliver(message, now);
                }
            }
            Verification::CannotSign(call) => {
                self.note("a description cannot be signed", now);
                if self.current_calls.contains(&call) {
                    self.cannot_set_up(&call, now);
                }
            }
            Verification::Rejected { call, error, alert } => {
                self.note(&["rejected: ", error.code()].concat(), now);
                if alert {
                    // The first that was not read yet stays.
                    self.view.trust.alert.get_or_insert(Alert {
                        peer: call.peer.clone(),
                        error,
                    });
                    self.changed(Part::Trust);
                }
                if self.current_calls.contains(&call) {
                    self.view.trust.stopped = Some(call.call_id.clone());
                    self.changed(Part::Trust);
                    self.end_call(&call, now);
                }
            }
        }
    }

    pub(super) fn transmit(&mut self, relayed: Envelope, now: Now) {
        self.note(&["sent ", relayed.signal.type_name()].concat(), now);
        // Of what leaves with its page, the socket may lose what it was given last.
        let direct = match &relayed.signal {
            Signal::CallConfirm(confirm) => Some(&confirm.call_id),
            Signal::CallEnd(end) if end.reason == CallEndReason::MayReturn => Some(&end.call_id),
            Signal::CallEnd(_)
            | Signal::CallOffer(_)
            | Signal::CallAnswer(_)
            | Signal::IceCandidate(_)
            | Signal::CallReject(_)
            | Signal::CallRinging(_) => None,
        };
        if let Some(call_id) = direct {
            let call = CallKey::new(relayed.to_id.clone(), call_id.clone());
            self.say_directly(call, DirectMessage::Signal(relayed.signal.clone()), now);
        }
        self.signaling.handle(SignalingInput::Send(relayed), now);
    }

    pub(super) fn deliver(&mut self, message: Incoming, now: Now) {
        self.note(&["received ", message.signal.type_name()].concat(), now);
        let is_offer = matches!(message.signal, Signal::CallOffer(_));
        let standing = self.standing(&message.from);
        let input = wimpex_call::Input::Signal {
            from: message.from,
            device: message.device,
            to_this_device: message.to_this_device,
            standing,
            signal: message.signal,
        };
        self.call_input(input, now);
        if is_offer {
            self.forget_other_handshakes(now);
        }
    }

    /// Whoever is told that we are busy is nobody to remember.
    pub(super) fn forget_other_handshakes(&mut self, now: Now) {
        let current = self.call_keys();
        self.verify(Input::CurrentCalls(current), now);
    }

    /// The call cannot be proved, so that nobody would take it.
    pub(super) fn cannot_set_up(&mut self, call: &CallKey, now: Now) {
        match self.call.connection_of(&call.peer, &call.call_id) {
            Some(connection) => {
                self.call_input(
                    wimpex_call::Input::LocalDescriptionFailed { connection },
                    now,
                );
            }
            None => self.end_call(call, now),
        }
    }
}
