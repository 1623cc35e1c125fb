//! Who somebody is, and that a call is really with them.
//!
//! A person is an Ed25519 key, and their id is its hash, so that whoever has
//! their link has pinned the key. A login and every description of a call are
//! signed. Three messages give both sides seven pictures that are the same only
//! if nobody stands between them. The bytes are in `docs/protocol.md`.
//!
//! ```text
//!  caller                                         callee
//!  Caller::offer ──── call-offer, sec ──────────► Callee::receive_offer
//!                     commitment to a nonce         │ resolve: signature, replay
//!                                                 Callee::answer
//!  Caller::receive_answer ◄── call-answer, sec ────────┘
//!    │ resolve         the callee's nonce
//!  Caller::confirm ─── call-confirm, sec ───────► AwaitingConfirm::receive_confirm
//!    │                the caller's nonce            │ resolve
//!  Agreed::secure ◄── DTLS's certificate ───────► Agreed::secure
//!    └ Secured: the pictures, and offers within the call ┘
//! ```
//!
//! Nothing here waits or draws lots: time and random bytes are arguments. Nor
//! does it sign or check signatures, since a page does both with WebCrypto and
//! must wait for it. A [`UnsignedMessage`] says which bytes are to be signed; a
//! [`Unverified`] has a [`SignatureClaim`], "this key has signed these bytes", and gives out
//! what it holds once it is told whether that is so. With the feature `verify`
//! it finds out by itself, for the server and for tests.
//!
//! This crate must not know browsers, sockets, or the states of a call.

mod candidate;
mod commitment;
mod emoji;
mod fingerprint;
mod handshake;
mod key;
mod login;
mod proof;
mod replay_cache;
mod sas;
mod text;
mod transcript;
mod verify_error;

pub use candidate::check_candidate;
pub use commitment::{Commitment, Nonce};
pub use emoji::{EMOJI, Emoji};
pub use fingerprint::Fingerprint;
pub use handshake::{
    ANSWER_WITHIN_MS, Agreed, AwaitingConfirm, CONFIRM_WITHIN_MS, CallContext, Callee, Caller,
    FRESH_MS, ReceivedMessage, RemoteAnswer, RemoteDescription, Secured, UnsignedMessage,
    Unverified, must_verify,
};
pub use key::{PublicKey, Signature, SignatureClaim, is_key_id, is_whole_key_id};
pub use login::{Challenge, LoginProof, LoginProofError, login_message};
pub use proof::Proof;
pub use replay_cache::ReplayCache;
pub use sas::{SAS_BITS, Sas, sas_digest};
pub use text::Malformed;
pub use transcript::{MessageHash, MessageKind, Transcript};
pub use verify_error::VerifyError;
