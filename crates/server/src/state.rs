//! Where the server keeps what outlives it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::warn;
use wimpex_store::{EmbeddedStore, Store};

use crate::config::Config;
use crate::secret;

/// The store, and the folder that it is in.
pub(crate) struct State {
    pub(crate) store: Arc<dyn Store>,
    /// `None` if everything is gone with the program.
    pub(crate) folder: Option<PathBuf>,
}

impl State {
    /// Beside the secret file; if that cannot be, in memory: everything works until the server ends.
    pub(crate) fn open(config: &Config) -> Self {
        let beside_secret = || Some(config.secret_file.as_ref()?.parent()?.to_owned());
        let folder = config.operation.state_dir.clone();
        let folder = folder.or_else(beside_secret).or_else(secret::state_dir);
        let opened = folder
            .as_ref()
            .map(|folder| EmbeddedStore::open(&folder.join("store.redb")));
        match opened {
            Some(Ok(store)) => {
                return Self {
                    store: Arc::new(store),
                    folder,
                };
            }
            Some(Err(error)) => {
                warn!(%error, "cannot use the store: what people ask for is forgotten at a restart")
            }
            None => warn!("no folder for the store: what people ask for is forgotten at a restart"),
        }
        Self {
            store: Arc::new(
                EmbeddedStore::in_memory().expect("memory is a storage that does not fail"),
            ),
            folder: None,
        }
    }
}

/// Milliseconds since 1970.
pub(crate) fn millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
