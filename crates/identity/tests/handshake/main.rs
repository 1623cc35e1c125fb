//! Whole handshakes between simulated users, with every attacker that may be in the
//! middle.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod commitment;
mod in_the_middle;
mod login;
mod misdirection;
mod renegotiation;
mod scenario;
mod tampering;
mod timing;
