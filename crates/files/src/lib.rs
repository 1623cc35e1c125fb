//! Files that the two pages of a call send each other, over a data channel of their own and without
//! the server.
//!
//! Nothing is received that its user has not asked for. A file goes in blocks, each with its
//! SHA-256; whoever receives says how far it is kept, so that the sender never runs far ahead, and
//! another connection, or another call, goes on from there. What is kept is checked against the
//! sender's file before: by one hash over all blocks so far ([`Chain`]). docs/protocol.md, "The
//! files channel", is the specification, and [`limits`] has the bounds.
//!
//! Bytes are never here: whoever drives [`Files`] reads, hashes, sends and stores them as it is
//! told.

mod digest;
mod end_reason;
mod file_id;
mod file_name;
mod frame;
mod image;
mod incoming;
pub mod limits;
mod machine;
mod meter;
mod outgoing;
mod pace;
mod partial;
mod view;

pub use digest::{Chain, Digest};
pub use end_reason::EndReason;
pub use file_id::FileId;
pub use file_name::{FileName, NamePart, NameWarning};
pub use frame::{Frame, Offer, Unreadable};
pub use image::image_size;
pub use machine::{Files, Input, NewFile, Output, StoreError};
pub use pace::PathSample;
pub use partial::Partial;
pub use view::{Direction, FileView, Progress};
