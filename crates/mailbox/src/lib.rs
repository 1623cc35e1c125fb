//! Messages that somebody leaves for who did not answer: what they are made of, who can read them,
//! and which of them are refused.
//!
//! A message is sealed for its receiver by HPKE (RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256, AES-128-GCM), with a key that the receiver has signed ([`MessageKey`]); the sender
//! signs what is sealed ([`Envelope`]), so that nobody in between can hear, change or forge it.
//!
//! ```text
//!  sender                             server                        receiver
//!                                     MessageKey ◄───────────────── signed once
//!  Unsealed::encode                   (whose key it is, sender checks)
//!    │ Draft::info, key_schedule, AES-GCM
//!  Draft::sign ───── Envelope ──────► signature, quota, 7 days ──► Delivery::judge
//!                    + sealed bytes                                  │ claim, hash, key_schedule
//!                                                                  Unsealed::parse
//! ```
//!
//! Curves, AES-GCM and signatures are WebCrypto's business: a page does them where keys cannot be
//! extracted. This crate must not know browsers, sockets, clocks, or the states of a call.

mod captions;
mod draft;
mod envelope;
mod hpke;
mod judge;
pub mod limits;
mod message_id;
mod message_key;
mod reader;
mod unsealed;

pub use captions::Captions;
pub use draft::Draft;
pub use envelope::Envelope;
pub use hpke::{AeadKey, key_schedule};
pub use judge::{Delivery, Refused, Sender};
pub use message_id::{MessageId, MessageName};
pub use message_key::MessageKey;
pub use unsealed::{Kind, Unsealed};
