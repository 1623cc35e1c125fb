//! What there is to be known about files, and what the screens show of them.

use std::sync::Arc;

use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::RwSignal;
use web_sys::File;
use wimpex_call::PeerConnectionId;
use wimpex_files::{Digest, FileId, FileView, Partial};
use wimpex_protocol::UserId;

use super::event::Event;
use crate::browser::BrowserError;
use crate::browser::file_store::StoreEvent;

/// Something about files.
pub enum FilesEvent {
    /// A screen shows them in this signal from now on.
    Show(RwSignal<Arc<FilesView>>),
    /// It is time to show what has changed.
    Refresh,
    /// So much may still be kept on this device.
    Room(Option<u64>),
    /// The user sends these to whom they saw when they began to choose.
    Send(UserId, Vec<File>),
    /// The user sends once more what did not arrive.
    Again(FileId),
    /// The user wants what is offered.
    Accept(FileId),
    /// The user does not want it, or no more of it.
    Cancel(FileId),
    /// The user stops it for a while, or goes on.
    Pause(FileId, bool),
    /// The user wants to see no more of it.
    Remove(FileId),
    /// The user saves what has arrived.
    Save(FileId),
    /// The browser has handed it out, or not.
    Saved(FileId, Result<(), BrowserError>),
    /// The channel of this connection is open.
    Opened(PeerConnectionId),
    /// This text came over it.
    Text(PeerConnectionId, String),
    /// These bytes did.
    Bytes(PeerConnectionId, ArrayBuffer),
    /// Its buffer runs low.
    Low(PeerConnectionId),
    /// The time has come that this person's machine named.
    Timeout(UserId),
    /// What is kept of this person's files, and how much.
    Kept(UserId, Vec<(Partial, u64)>),
    /// A block was read and hashed, or cannot be.
    Read {
        /// Of which file.
        file: FileId,
        /// Where it begins.
        at: u64,
        /// Its bytes and their hash.
        read: Result<(Uint8Array, Digest), BrowserError>,
    },
    /// The first bytes of a file were hashed.
    Compared {
        /// Of which file.
        file: FileId,
        /// How many.
        bytes: u64,
        /// Whether they are what they should be.
        is_same: Result<bool, BrowserError>,
    },
    /// The worker reports.
    Store(StoreEvent),
}

impl From<FilesEvent> for Event {
    fn from(event: FilesEvent) -> Self {
        Self::Later(Box::new(event))
    }
}

/// The files of the person whom the user sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesView {
    /// Whom the user sees; `None` before the first call. What is chosen goes to who it is then.
    pub peer: Option<UserId>,
    /// Both pages can, and are connected.
    pub is_offered: bool,
    /// What there is, and whether the user has saved it.
    pub files: Vec<(FileView, bool)>,
    /// Bytes that may still be kept on this device, as far as the browser says.
    pub room: Option<u64>,
    /// What the browser could not save, by the error's name.
    pub save_error: Option<String>,
}
