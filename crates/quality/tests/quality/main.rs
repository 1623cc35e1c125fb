//! Readings that are made up, and readings of real calls.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

mod counted;
mod golden;
mod graded;
mod limited;
mod reports;
mod sequences;
