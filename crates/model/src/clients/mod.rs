//! Whole clients, checked exhaustively.
//!
//! Two clients of `wimpex-client` run in here unchanged, with all that they are made of
//! (signaling session, verification, call, contacts), each with a browser, and the hub of
//! `wimpex-hub` behind sessions that outlive their sockets. The checker visits every state
//! that can come of what [`ClientsBounds`] allows; [`ClientsRule`] says what must hold.
//!
//! Unlike in [`crate::Calls`], time is measured, since heartbeats, retries and deadlines
//! of one client hang together. It passes when nothing else is about to happen and
//! something is still undecided, to the next timer of any client; so the states stay
//! finite.

mod action;
mod bounds;
mod check;
mod host;
mod model;
mod rule;
mod server;
mod state;
mod steps;
mod summary;
mod tab;

pub use action::ClientsAction;
pub use bounds::{ClientsBounds, clients_configurations, small_clients};
pub use model::Clients;
pub use rule::ClientsRule;
pub use server::Link;
pub use state::ClientsState;
