//! The host's hand on a running server: `wimpex-server admin …` over a Unix socket in the state
//! folder, which only its owner and root can open.
//!
//! A request is one line of JSON, and so is the answer; then the connection ends. Whoever can open
//! the socket may do all of it.

mod backup;
mod client;
mod socket;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use client::default_folder;
pub use client::{AdminArgs, perform};
pub(crate) use socket::{answer, bind};

/// In the state folder.
const SOCKET: &str = "admin.sock";
/// The store, and a copy of it, in the state folder.
const STORE: &str = "store.redb";
const SNAPSHOT: &str = "store.redb.snapshot";

/// What the host wants of the running server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
enum Request {
    Status,
    Sessions {
        limit: usize,
    },
    Kick {
        user: String,
    },
    Block {
        user: String,
    },
    Unblock {
        user: String,
    },
    Invite {
        uses: u32,
        seconds: u64,
    },
    Invitations,
    Revoke {
        id: String,
        with_people: bool,
    },
    Turn,
    Certificates,
    Drain {
        on: bool,
    },
    Reload,
    /// Write what the store holds at this moment into a file of its own in the state folder.
    Snapshot,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Done(Value),
    Refused(String),
    /// Another process is taking the place of the one that was asked: it has done nothing.
    AskAgain,
}
