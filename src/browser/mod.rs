//! One thin adapter for each Web API that the page uses.
//!
//! An adapter turns callbacks into events and `JsValue`s into typed errors, and
//! its Drop gives back whatever it took. None of them may know what a call is,
//! what goes over the wire, or how anything looks.

pub mod channel;
pub mod clock;
pub mod crypto;
pub mod database;
pub mod error;
mod listener;
pub mod media;
pub mod notice;
pub mod peer;
pub mod probe;
pub mod random;
pub mod scanner;
pub mod socket;
pub mod stats;
pub mod storage;
pub mod tone;
pub mod window;

pub use error::BrowserError;
pub use listener::Listener;
