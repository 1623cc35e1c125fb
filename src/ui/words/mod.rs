//! Every word that the page shows: one file for each screen or topic.
//!
//! Constants that end in `_LABEL`, and the texts of buttons and headings, are accessible
//! names: tests and screen readers find controls by them.
//!
//! Words decide nothing. They are chosen by what a screen has found out.

pub mod banner;
pub mod call;
pub mod captions;
pub mod chat;
pub mod check;
pub mod common;
pub mod contacts;
pub mod devices;
pub mod diagnostics;
pub mod do_not_disturb;
pub mod ended;
pub mod files;
pub mod home;
pub mod incoming;
pub mod install;
pub mod links;
pub mod message;
pub mod notices;
mod number;
pub mod page_return;
pub mod peer_media;
pub mod person;
pub mod place;
pub mod push;
pub mod quality;
pub mod quality_panel;
pub mod recording;
pub mod share;
pub mod shortcuts;
pub mod this_device;
pub mod trust;
pub mod waiting;
pub mod welcome;

pub use number::{decimal, whole};
