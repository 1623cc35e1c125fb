//! The running relay, seen from outside: over real UDP, TCP and TLS on
//! loopback, in this process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod allocations;
mod attacks;
mod basics;
mod client;
mod coturn;
mod credentials;
mod data;
mod hostile;
mod limits;
#[cfg(target_os = "linux")]
mod runs;
mod streams;
mod support;
