//! Who somebody is, and that a call is really with them.
//!
//! A person is an Ed25519 key, and their id is its hash, so that whoever has
//! their link has pinned the key. A login and every description of a call are
//! signed. Three messages give both sides seven pictures that are the same only
//! if nobody stands between them. The bytes are in `docs/protocol.md`.
//!
//! ```text
//!  caller                                         callee
//!  Caller::offer ──── call-offer, sec ──────────► Callee::hear_offer
//!                     commitment to a nonce         │ settle: signature, replay
//!                                                 Callee::answer
//!  Caller::hear_answer ◄── call-answer, sec ────────┘
//!    │ settle         the callee's nonce
//!  Caller::confirm ─── call-confirm, sec ───────► Waiting::hear_confirm
//!    │                the caller's nonce            │ settle
//!  Agreed::secure ◄── DTLS's certificate ───────► Agreed::secure
//!    └ Secured: the pictures, and offers within the call ┘
//! ```
//!
//! Nothing here waits or draws lots: time and random bytes are arguments. Nor
//! does it sign or check signatures, since a page does both with WebCrypto and
//! must wait for it. A [`Draft`] says which bytes are to be signed; a
//! [`Pending`] has a [`Claim`], "this key has signed these bytes", and gives out
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
mod refusal;
mod sas;
mod sec;
mod seen;
mod text;
mod transcript;

pub use candidate::check_candidate;
pub use commitment::{Commitment, Nonce};
pub use emoji::{EMOJI, Emoji};
pub use fingerprint::Fingerprint;
pub use handshake::{
    ANSWER_WITHIN_MS, Agreed, Answered, CONFIRM_WITHIN_MS, Call, Callee, Caller, Draft, FRESH_MS,
    Heard, Incoming, Pending, Secured, Waiting, must_verify,
};
pub use key::{Claim, PublicKey, Signature, is_key_id, is_whole_key_id};
pub use login::{Challenge, LoginProof, LoginRefusal, login_message};
pub use refusal::Refusal;
pub use sas::{SAS_BITS, Sas, sas_digest};
pub use sec::Proof;
pub use seen::Seen;
pub use text::Malformed;
pub use transcript::{Kind, MessageHash, Transcript};
