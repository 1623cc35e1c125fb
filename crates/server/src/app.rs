//! What all connections share.

use std::sync::Arc;

use tokio_util::task::TaskTracker;
use wimpex_limits::PerNetworkLimiter;
use wimpex_relay::clock::Clock;

use crate::config::Config;
use crate::ice::Ice;
use crate::origin::Origins;
use crate::page::Page;
use crate::registry::SessionRegistry;
use crate::token::Tokens;

/// See the module.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) registry: SessionRegistry,
    pub(crate) tokens: Tokens,
    pub(crate) ice: Arc<Ice>,
    pub(crate) origins: Origins,
    pub(crate) page: Page,
    /// WebSockets by client network.
    pub(crate) connections: Arc<PerNetworkLimiter>,
    pub(crate) tasks: TaskTracker,
}
