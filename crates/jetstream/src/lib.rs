//! What several servers keep together: the store's trait, and large things, on NATS JetStream.
//!
//! [`JetStreamStore`] has a key-value bucket for each table, with one key for each owner: all of an
//! owner's entries are read, and written if nobody else has meanwhile, in one round trip each. So
//! the bounds of an owner hold whichever server writes, and nobody lists or watches keys.
//! [`Shelf`] is an object store, for what is too large to be an entry.
//!
//! Its connection lives on a thread of its own: the trait's functions wait for answers, and are called
//! from wherever a disk might be waited for. What comes over NATS is checked; what is no entry of ours
//! is none.

mod connection;
mod owned;
mod shelf;
mod store;

pub use connection::JetStreamOptions;
pub use shelf::{Shelf, Shelved};
pub use store::JetStreamStore;
