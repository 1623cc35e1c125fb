//! Readings that are made up, and readings of real calls.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

mod broken_codec;
mod diagnostics;
mod golden;
mod grades;
mod interval;
mod loss_based_control;
mod sequences;
mod synthetic;
