//! The running server, seen from outside: over real TCP and real WebSockets on
//! loopback, in this process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod acme;
mod attacks;
mod bad_input;
mod config_file;
mod contract;
mod handover;
mod http;
mod https;
mod identity;
mod lifecycle;
mod limits;
mod login;
mod mailbox;
mod missed_calls;
mod nginx;
mod numbering;
mod observer;
mod own_address;
mod packaging;
mod page;
mod presence;
mod program;
mod proxies;
mod push;
mod relay;
mod relay_access;
mod sessions;
mod setup;
mod support;
mod tls_support;
mod turn;
