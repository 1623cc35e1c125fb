//! Whole calls: real browsers, the real server, peers driven by WebDriver commands.
//!
//! A scenario (`tests/`) is written with [`Scenario`], [`Peer`] and [`BarePeer`]
//! and reads like what two people do; [`Harness`] is what all scenarios share:
//!
//! ```ignore
//! let alice = scenario.peer("Alice").await;
//! let bob = scenario.peer("Bob").await;
//! alice.call(&bob.link().await, CallKind::Video).await;
//! bob.accept().await;
//! alice.sees_and_hears().await;
//! ```
//!
//! Things on the page are found by their role and accessible name only, as a
//! person with a screen reader finds them: those names are an interface. This
//! library must not know how the page is built, and uses none of its code; tests use the
//! crates of the call only to read what a page has saved or sent.
//!
//! Everything waits for conditions with a generous deadline, and what goes wrong
//! is a panic; the runner then adds what every page showed at that moment.

mod aiortc;
mod autopush;
mod bare_peer;
mod bare_system;
mod browser;
mod browser_options;
mod capabilities;
mod command;
mod device;
mod input;
mod nats;
mod net_lab;
mod nginx;
mod page;
mod page_build;
mod peer;
mod probe;
mod process;
mod proxy;
mod push_service;
mod relay_process;
mod resources;
mod runner;
mod scenario;
mod server;
mod sound_server;
mod test_authority;
mod wait;

pub use aiortc::AiortcPeer;
pub use bare_peer::{BarePeer, BareSite};
pub use bare_system::{BareSystem, NAME as INSTALLED_NAME};
pub use browser::Browser;
pub use browser_options::{BrowserKind, BrowserOptions};

pub use nats::Nats;
pub use net_lab::{Capture, Home, NetLab, PUBLIC_V4, PUBLIC_V6, PacketCounts, TURN_PORT, Uplink};
pub use nginx::Nginx;
pub use page::{Page, Role};
pub use page_build::{another_build, build_without_webrtc};
pub use peer::{CallKind, Peer};
pub use probe::{
    FrameGaps, MediaKind, MediaTotals, Milestones, Prompt, ReceivedFrame, Route, SentFrame,
    Snapshot,
};
pub use proxy::{TcpProxy, Traffic};
pub use push_service::{PushMessage, PushService};
pub use relay_process::Relay;
pub use resources::{MainThreadTime, Resources};
pub use runner::{Needs, TestCase, main, soaks, times};
pub use scenario::{Harness, Scenario};
pub use server::{Server, ServerOptions};
pub use sound_server::{Played, PluggedDevice, SoundServer};
pub use test_authority::TestAuthority;
pub use wait::{WAIT_TIMEOUT, holds_for, now_millis, wait_until, wait_until_within};
