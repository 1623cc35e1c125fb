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

mod assurance;
mod call_key;
mod inbound;
mod incoming;
mod input;
mod outbound;
mod output;
mod peer_policy;
mod request_id;
mod session;
mod verifier;
mod verify;

pub use assurance::Assurance;
pub use call_key::CallKey;
pub use incoming::Incoming;
pub use input::{Input, LocalIdentity, RemoteCertificate};
pub use output::Output;
pub use peer_policy::PeerPolicy;
pub use request_id::RequestId;
pub use verifier::{HANDSHAKE_TIMEOUT, Verifier};
pub use verify::Verify;

use std::collections::VecDeque;

use wimpex_identity::{
    Fingerprint, PublicKey, ReplayCache, SignatureClaim, VerifyError, is_key_id,
};
use wimpex_protocol::{CallId, Relayed, Signal, UserId};

use inbound::Checking;
use outbound::Leaving;
use session::Session;

/// Who this page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// The id that the server gave, or that is the key's.
    pub id: UserId,
    /// Its key; a guest has none.
    pub key: Option<PublicKey>,
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
        claim: SignatureClaim,
    },
    /// Send it.
    Transmit(Relayed),
    /// Give it to the machine.
    Deliver(Incoming),
    /// An offer that has come before, of a call that is not known here any more. It must
    /// not ring; whoever knows how that call ended says so.
    Repeated(Incoming),
    /// A description of this call cannot be signed, so that it cannot be said.
    Unsaid {
        /// To whom.
        peer: UserId,
        /// The call.
        call: CallId,
    },
    /// A message of this call does not hold; the call must not go on.
    Refused {
        /// Who it came from, after the server.
        peer: UserId,
        /// The call.
        call: CallId,
        /// Why.
        refusal: VerifyError,
    },
}

impl Step {
    fn brings_offer_of(&self, session: &Session) -> bool {
        match self {
            Self::Deliver(Incoming {
                from,
                signal: Signal::CallOffer(offer),
                ..
            }) => session.is(from, &offer.call_id),
            Self::Deliver(_)
            | Self::Sign { .. }
            | Self::Check { .. }
            | Self::Transmit(_)
            | Self::Repeated(_)
            | Self::Unsaid { .. }
            | Self::Refused { .. } => false,
        }
    }
}

/// Signs and checks the signals of all calls.
#[derive(Debug, Default)]
pub struct Gate {
    me: Option<Me>,
    replay_cache: ReplayCache,
    sessions: Vec<Session>,
    /// The one call that the machine has.
    kept: Option<(UserId, CallId)>,
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

impl Gate {
    /// Who this page is from now on. Calls that go on were made as who one was before,
    /// and are not forgotten: without its handshake a peer with a key would count as one
    /// without.
    pub fn log_in(&mut self, me: Me) {
        self.me = Some(me);
    }

    /// The next thing to do.
    pub fn poll_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// Forgets all calls but this one, and those whose offers the machine has not been
    /// given yet.
    pub fn keep_only(&mut self, call: Option<(&UserId, &CallId)>) {
        self.kept = call.map(|(peer, id)| (peer.clone(), id.clone()));
        let steps = &self.steps;
        self.sessions.retain(|session| {
            call.is_some_and(|(peer, id)| session.is(peer, id))
                || steps.iter().any(|step| step.brings_offer_of(session))
        });
    }

    /// How sure it is that this call is with who it says.
    pub fn assurance(&self, peer: &UserId, call: &CallId) -> Assurance {
        let session = self.sessions.iter().find(|session| session.is(peer, call));
        session.map_or(Assurance::Unverified, Session::assurance)
    }

    /// The certificate that DTLS has really used in this call.
    pub fn uses(&mut self, peer: &UserId, call: &CallId, certificate: Fingerprint) {
        if let Some(session) = self.session(peer, call) {
            session.uses(certificate);
        }
        self.secure(peer, call);
    }

    /// The call has been up for so long that its handshake must be complete. With a key
    /// at the other end a call without is refused: somebody keeps its proof back. A
    /// guest proves nothing until it does.
    pub fn overdue(&mut self, peer: &UserId, call: &CallId) {
        if self.assurance(peer, call) != Assurance::Pending {
            return;
        }
        if is_key_id(peer) {
            self.steps.push_back(Step::Refused {
                peer: peer.clone(),
                call: call.clone(),
                refusal: VerifyError::Late,
            });
        } else if let Some(session) = self.session(peer, call) {
            session.overdue();
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
}
