//! Keys as identities, and the handshake that authenticates a call.
//!
//! A user is an Ed25519 key, and the user id is its hash, so that everybody who has the
//! user's link has pinned the key. Logins and the descriptions of a call are signed. A
//! handshake of three messages gives both sides a short authentication string (SAS) of
//! seven emoji, which is the same only if nobody is in the middle. The bytes are
//! specified in `docs/protocol.md`.
//!
//! ```text
//!  caller                                         callee
//!  Caller::offer ──── call-offer, sec ──────────► Callee::receive_offer
//!                     commitment to a nonce         │ resolve: signature, replay
//!                                                 Callee::answer
//!  Caller::receive_answer ◄ call-answer, sec ───────┘
//!    │ resolve         the callee's nonce
//!  Caller::confirm ─── call-confirm, sec ───────► AwaitingConfirm::receive_confirm
//!    │                the caller's nonce            │ resolve
//!  Agreed::secure ◄── DTLS's certificate ───────► Agreed::secure
//!    └ Secured: the SAS, and offers within the call ┘
//! ```
//!
//! Time and random bytes are arguments: a time is the wall clock's, as [`UnixTime`].
//! Signatures are neither made nor checked here, since a page does both with WebCrypto,
//! which is asynchronous. An [`UnsignedMessage`] has the bytes to sign; an [`Unverified`]
//! message has a [`SignatureClaim`] to check, and gives out its content once the result
//! is known. With the feature `verify` it checks by itself, for the server and for tests.
//!
//! This crate must not know browsers, sockets, clocks, or the states of a call.
//!
//! [`UnixTime`]: wimpex_sansio::UnixTime

mod call_link;
mod candidate;
mod commitment;
mod emoji;
mod fingerprint;
mod handshake;
mod key;
mod limits;
mod login;
mod proof;
mod replay_cache;
mod sas;
mod text;
mod transcript;
mod unsigned_message;
mod verify_error;

pub use call_link::{CallLink, IssuedLink, LinkCheck, LinkId, LinkState, LinkTerms, check_link};
pub use candidate::check_candidate;
pub use commitment::{Commitment, Nonce};
pub use emoji::{EMOJI, Emoji};
pub use fingerprint::Fingerprint;
pub use handshake::{
    Agreed, AwaitingConfirm, CallContext, Callee, Caller, ReceivedMessage, RemoteAnswer,
    RemoteDescription, Secured, Unverified, must_verify,
};
pub use key::{PublicKey, Signature, SignatureClaim, is_key_id, is_whole_key_id};
pub use limits::{ANSWER_TIMEOUT, CONFIRM_TIMEOUT, FRESHNESS};
pub use login::{Challenge, LoginProof, LoginProofError, login_message};
pub use proof::Proof;
pub use replay_cache::ReplayCache;
pub use sas::{SAS_BITS, Sas, sas_digest};
pub use text::Malformed;
pub use transcript::{MessageHash, MessageKind, Transcript};
pub use unsigned_message::UnsignedMessage;
pub use verify_error::VerifyError;
