//! Whole clients, their browsers, the links between them and a server, all in virtual
//! time: whatever happens on a link (delay, loss, a break that nobody is told of), and
//! whoever crashes, the clients' own code decides what comes of it.

#![allow(unused_imports, reason = "each test file uses its own part")]
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod browser;
mod clients;
pub mod crypto;
mod effects;
mod flight;
mod people;
mod rng;
pub mod server;

pub use clients::{EPOCH, World};
pub use people::{ALICE, BOB, CAROL, name, public_key, user};
pub use rng::Rng;
