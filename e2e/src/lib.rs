//! Whole calls: real browsers, the real server, people made of WebDriver commands.
//!
//! A scenario (`tests/`) is written with [`Stage`], [`Person`] and [`BarePerson`]
//! and reads like what two people do:
//!
//! ```ignore
//! let alice = stage.person("Alice").await;
//! let bob = stage.person("Bob").await;
//! alice.call(&bob.link().await, CallKind::Video).await;
//! bob.accept().await;
//! alice.sees_and_hears().await;
//! ```
//!
//! Things on the page are found by their role and accessible name only, as a
//! person with a screen reader finds them: those names are an interface. This
//! crate must not know how the page is built, and uses none of its code.
//!
//! Everything waits for conditions with a generous deadline, and what goes wrong
//! is a panic; the runner then adds what stood on every page at that moment.

mod bare_peer;
mod browser;
mod capabilities;
mod command;
mod input;
mod net_lab;
mod page;
mod peer;
mod probe;
mod process;
mod proxy;
mod relay_process;
mod resources;
mod runner;
mod scenario;
mod server;
mod wait;

pub use bare_peer::{BarePerson, BareSite};
pub use browser::{Browser, BrowserKind, BrowserOptions};
pub use net_lab::{Capture, Home, Lab, PUBLIC_V4, PUBLIC_V6, TURN_PORT, Toll, Uplink};
pub use page::{Page, Role};
pub use peer::{CallKind, Person};
pub use probe::{Kind, Media, Milestones, Pictures, Prompt, Received, Route, Sent, Snapshot};
pub use proxy::{Traffic, Wire};
pub use relay_process::Relay;
pub use resources::{Resources, Work};
pub use runner::{Needs, Scenario, main, soaks, times};
pub use scenario::{Stage, World};
pub use server::{Server, ServerOptions};
pub use wait::{PATIENCE, eventually, eventually_within, holds_for, now_millis};
