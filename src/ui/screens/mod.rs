//! What each screen shows: a plain struct, and a pure function that computes it from what
//! the session knows. Which words, which icon, what is hidden, what is disabled, in which
//! order: all of it is decided here and tested natively. Components render it.
//!
//! Nothing in here may know Leptos, the browser or signals.

pub mod app;
pub mod banner;
pub mod call;
pub mod chat;
pub mod check;
pub mod contacts;
pub mod devices;
pub mod ended;
pub mod files;
pub mod home;
pub mod icon;
pub mod incoming;
pub mod message;
pub mod names;
pub mod notices;
pub mod page_return;
pub mod pause_offer;
pub mod peer_media;
pub mod person;
pub mod pictures;
pub mod push;
pub mod recording;
pub mod ringing;
pub mod self_view;
pub mod share;
pub mod shortcuts;
#[cfg(test)]
mod test_data;
pub mod trust;
pub mod waiting;
pub mod welcome;
pub mod zoom;
