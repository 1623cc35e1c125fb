//! Whole handshakes between simulated people, with everybody who may stand
//! between them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod astray;
mod login;
mod middle;
mod people;
mod rates;
mod relay;
mod time;
mod within;
