//! A restart that nobody notices: a new process takes the place of the one that runs.
//!
//! ```text
//!  new process                                      old process
//!  Succession::begin ── Hello ────────────────────► Endpoint
//!                    ◄── Answer, open sockets ─────    (serves on)
//!  reads its configuration, opens what is missing;
//!  whatever is wrong now harms nobody
//!  Succession::complete ── ready ─────────────────►  gives up its sessions
//!                       ◄── SavedState ────────────
//!  goes on with them ───── serving ───────────────►  serves relayed calls to their end
//! ```
//!
//! They meet at a Unix socket in the state folder, which takes no one but the same user and root.
//! Open sockets go over it as what they are (unix(7), `SCM_RIGHTS`), so that no connection is ever
//! refused; the relay's part is in [`wimpex_relay::Handle::retire`]. Where something fails before
//! the new process says that it serves, the old one goes on, with all of its sessions.

mod endpoint;
mod succession;
mod wire;

pub use endpoint::Endpoint;
pub(crate) use endpoint::Visitor;
pub use succession::{Succession, SuccessionError};
