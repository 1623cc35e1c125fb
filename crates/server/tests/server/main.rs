//! The running server, seen from outside: over real TCP and real WebSockets on
//! loopback, in this process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod attacks;
mod bad_input;
mod contract;
mod http;
mod identity;
mod lifecycle;
mod limits;
mod login;
mod numbering;
mod page;
mod presence;
mod program;
mod relay;
mod relay_access;
mod sessions;
mod support;
mod turn;
