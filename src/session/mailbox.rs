//! Messages for who did not answer: recorded, sealed and left; fetched, checked, kept and played.
//! Loaded when it is wanted.

mod database;
mod forget;
mod leave;
mod receive;
mod recording;
mod seal;
mod server;

pub(crate) use database::{Entry, delete, entries, mark_played};
pub(crate) use forget::forget;
pub(crate) use leave::{ReceiverKey, leave, receiver_key};
pub(crate) use receive::{AcceptedSenders, fetch, open, publish, take_none};
pub(crate) use recording::{Recorded, Recording, StartError, can_record};
pub(crate) use server::ServerRefusal;
