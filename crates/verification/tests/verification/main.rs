//! Two verifiers, and whatever is in the middle.

mod attacks;
mod calls;
mod candidates;
mod connection;
mod floods;
mod long_calls;
mod page_return;
mod peer;
mod policy;
mod relay;
