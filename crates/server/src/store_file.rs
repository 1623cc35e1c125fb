//! The file of what the server keeps of people, and whose it is: one process has it at a time, and
//! lets go of it for the one that takes its place.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tracing::{debug, warn};
use wimpex_store::{EmbeddedStore, Entry, Store, StoreError, Table};

use crate::config::Config;
use crate::secret;

/// For another process to let go of it: it does before it says anything.
pub(crate) const STORE_PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether the other process has let go of it.
const LOOK: Duration = Duration::from_millis(20);
/// Between two sweeps of what has expired.
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// See the module. It is opened when it is first used.
pub(crate) struct StoreFile {
    path: Option<PathBuf>,
    state: RwLock<State>,
}

enum State {
    Unopened,
    Open(EmbeddedStore),
    /// It could not be had: nothing outlives this process.
    Memory(EmbeddedStore),
    /// It is another process's.
    Released,
}

impl StoreFile {
    /// In the state folder; without one, beside the secret file.
    pub(crate) fn new(config: &Config) -> Self {
        let beside_secret = || Some(config.secret_file.as_ref()?.parent()?.to_owned());
        let folder = config.state_dir().or_else(beside_secret);
        let folder = folder.or_else(secret::state_dir);
        Self {
            path: folder.map(|folder| folder.join("store.redb")),
            state: RwLock::new(State::Unopened),
        }
    }

    /// Opens it, and waits for so long for another process to let go of it. What cannot be had is
    /// replaced by memory: everything works until the server ends.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if the other has it still, and [`StoreError::Later`].
    pub(crate) fn open(&self, patience: Duration) -> Result<(), StoreError> {
        let mut state = self.write();
        if !matches!(*state, State::Open(_) | State::Memory(_)) {
            *state = open(self.path.as_deref(), patience)?;
        }
        Ok(())
    }

    /// Where it is, if it is this process's: for what is too large to be in it.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        // Opens it, if nobody has yet.
        let _ = self.with(|_| Ok(()));
        let is_ours = matches!(*self.read(), State::Open(_));
        let folder = self.path.as_ref().filter(|_| is_ours)?.parent()?;
        Some(folder.to_owned())
    }

    /// Whether somebody has used it.
    pub(crate) fn is_open(&self) -> bool {
        matches!(*self.read(), State::Open(_) | State::Memory(_))
    }

    /// Lets go of it, when whatever is being written is written. From then on nothing can be kept
    /// or found until it is opened again.
    pub(crate) fn release(&self) {
        *self.write() = State::Released;
    }

    /// Runs this where a disk may take its time.
    ///
    /// # Errors
    /// Whatever it says.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        run: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || run(&*store)).await;
        done.unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
    }

    /// Forgets what has expired, now and then, for as long as it is polled.
    pub(crate) async fn keep(self: Arc<Self>) {
        loop {
            match self.run(|store| store.sweep(millis())).await {
                Ok(swept) => debug!(swept, "forgot what has expired"),
                Err(error) => warn!(%error, "cannot forget what has expired"),
            }
            tokio::time::sleep(SWEEP).await;
        }
    }

    fn with<T>(
        &self,
        run: impl FnOnce(&EmbeddedStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let state = self.read();
        match &*state {
            State::Open(store) | State::Memory(store) => return run(store),
            State::Released => {
                let text = "another process has the store";
                return Err(std::io::Error::other(text).into());
            }
            State::Unopened => {}
        }
        drop(state);
        if let Err(error) = self.open(Duration::ZERO) {
            warn!(%error, "cannot use the store: what is kept is lost with this process");
            let mut state = self.write();
            if matches!(*state, State::Unopened) {
                *state = State::Memory(EmbeddedStore::in_memory()?);
            }
        }
        match &*self.read() {
            State::Open(store) | State::Memory(store) => run(store),
            State::Unopened | State::Released => Err(StoreError::InUse),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(path: Option<&Path>, patience: Duration) -> Result<State, StoreError> {
    let Some(path) = path else {
        warn!("no folder for the store: what is kept is lost with this process");
        return EmbeddedStore::in_memory().map(State::Memory);
    };
    let since = Instant::now();
    loop {
        match EmbeddedStore::open(path) {
            Ok(store) => return Ok(State::Open(store)),
            Err(StoreError::InUse) if since.elapsed() < patience => thread::sleep(LOOK),
            Err(error @ (StoreError::InUse | StoreError::Later { .. })) => return Err(error),
            Err(error) => {
                warn!(path = %path.display(), %error,
                    "cannot use the store: what is kept is lost with this process");
                return EmbeddedStore::in_memory().map(State::Memory);
            }
        }
    }
}

/// Since 1970.
pub(crate) fn millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

impl Store for StoreFile {
    fn put(&self, table: Table, owner: &[u8], entry: &Entry, now: u64) -> Result<(), StoreError> {
        self.with(|store| store.put(table, owner, entry, now))
    }

    fn of(&self, table: Table, owner: &[u8], now: u64) -> Result<Vec<Entry>, StoreError> {
        self.with(|store| store.of(table, owner, now))
    }

    fn delete(&self, table: Table, owner: &[u8], id: &[u8]) -> Result<(), StoreError> {
        self.with(|store| store.delete(table, owner, id))
    }

    fn delete_all(&self, table: Table, owner: &[u8]) -> Result<(), StoreError> {
        self.with(|store| store.delete_all(table, owner))
    }

    fn sweep(&self, now: u64) -> Result<usize, StoreError> {
        self.with(|store| store.sweep(now))
    }

    fn len(&self, table: Table) -> Result<u64, StoreError> {
        self.with(|store| store.len(table))
    }

    fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        self.with(|store| store.back_up(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table::PushSubscriptions;

    fn entry() -> Entry {
        Entry {
            id: b"id".to_vec(),
            value: b"value".to_vec(),
            expires: u64::MAX,
        }
    }

    fn file(folder: &Path) -> StoreFile {
        let mut config = Config::default();
        config.operation.state_dir = Some(folder.to_owned());
        StoreFile::new(&config)
    }

    #[test]
    fn the_next_process_waits_until_it_is_let_go_of() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (file(folder.path()), file(folder.path()));
        old.put(TABLE, b"a", &entry(), 0).unwrap();
        assert!(matches!(new.open(Duration::ZERO), Err(StoreError::InUse)));
        thread::scope(|scope| {
            let opened = scope.spawn(|| new.open(Duration::from_secs(60)));
            old.release();
            opened.join().unwrap().unwrap();
        });
        assert!(old.of(TABLE, b"a", 0).is_err());
        assert_eq!(new.of(TABLE, b"a", 0).unwrap(), [entry()]);
        // It was not taken over after all.
        new.release();
        old.open(Duration::ZERO).unwrap();
        assert_eq!(old.of(TABLE, b"a", 0).unwrap(), [entry()]);
    }

    #[test]
    fn what_another_server_has_is_replaced_by_memory() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (file(folder.path()), file(folder.path()));
        one.put(TABLE, b"a", &entry(), 0).unwrap();
        other.put(TABLE, b"b", &entry(), 0).unwrap();
        assert_eq!(other.of(TABLE, b"b", 0).unwrap(), [entry()]);
        assert_eq!(one.of(TABLE, b"b", 0).unwrap(), []);
    }
}
