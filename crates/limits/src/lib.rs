//! Limiters: of a rate, of concurrency, of bytes held.
//!
//! - [`TokenBucket`]: so much per second, with bursts.
//! - [`PerNetworkLimiter`]: so many at a time for each network and in all; a
//!   [`Permit`] gives its place back when it is dropped.
//! - [`Budget`]: so many bytes or messages that wait at the same time.
//!
//! In all of them a limit of 0 means that there is none. Time is an argument.
//! This crate must not know sockets or messages.

mod budget;
mod network;
mod permit;
mod token_bucket;

pub use budget::Budget;
pub use network::Network;
pub use permit::{PerNetworkLimiter, Permit};
pub use token_bucket::TokenBucket;
