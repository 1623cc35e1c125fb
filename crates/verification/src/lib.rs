//! Verification: signs what the call machine sends, and verifies what it receives.
//!
//! The call machine knows nothing of keys, and the server that relays its signals is not
//! trusted. So every signal passes a [`Verifier`], in either direction. Signatures are
//! made and checked by the browser, asynchronously; signals keep their order meanwhile.
//!
//! ```text
//!              Send ──► Sign ──► Signed ──► Transmit
//! call machine                                      server
//!           Deliver ◄── SignatureChecked ◄── CheckSignature ◄── Receive
//!                            └──► Rejected
//! ```
//!
//! A rejected message never reaches the call machine, and there is no fallback: a peer
//! whose id is that of a key is never treated as a guest. Only a guest's messages may lack
//! a proof, and the call is then [`Assurance::Unverified`].
//!
//! The handshake itself is that of `wimpex-identity`; this crate adds which message belongs
//! to which call, the order, the deadline, and who may ring. [`Input`] and [`Output`] are
//! all that the rest of the page needs to know of it: it can hold a `Box<dyn Verify>`
//! without linking the code that hashes and compares.
//!
//! Both times and random bytes are arguments. This crate must not know browsers, sockets,
//! or the states of a call.

mod assurance;
mod call_key;
mod handshake;
mod handshakes;
mod inbound;
mod incoming;
mod input;
mod kept_handshake;
mod outbound;
mod output;
mod peer_policy;
mod proved_fields;
mod request_id;
mod verifier;
mod verify;

pub use assurance::Assurance;
pub use call_key::CallKey;
pub use handshake::HANDSHAKE_TIMEOUT;
pub use incoming::Incoming;
pub use input::{Input, LocalIdentity, RemoteCertificate};
pub use kept_handshake::KeptHandshake;
pub use output::Output;
pub use peer_policy::PeerPolicy;
pub use request_id::RequestId;
pub use verifier::Verifier;
pub use verify::Verify;
