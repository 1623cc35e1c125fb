//! Where the server keeps what it keeps of people. A file of its own, which one process has at a time,
//! and lets go of for the one that takes its place; or what several servers keep together, in NATS.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tracing::{debug, warn};
use wimpex_jetstream::JetStreamStore;
use wimpex_protocol::UserId;
use wimpex_store::{EmbeddedStore, Entry, Store, StoreError, Table};

use crate::config::Config;
use crate::secret;

/// For another process to let go of it: it does before it says anything.
pub(crate) const STORE_PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether the other process has let go of it.
const LOOK: Duration = Duration::from_millis(20);
/// Between two sweeps of what has expired.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// What NATS has said of somebody who is called is used for so long: until the call is missed.
const AT_HAND: Duration = Duration::from_secs(120);
/// Of so many.
const MOST_AT_HAND: usize = 10_000;
/// What is wanted at hand.
const TABLES_AT_HAND: [Table; 2] = [Table::PushSubscriptions, Table::MessageReceivers];

/// See the module. It is opened when it is first used.
pub(crate) struct StoreFile {
    /// In place of the file.
    shared: Option<JetStreamStore>,
    at_hand: Mutex<AtHand>,
    path: Option<PathBuf>,
    state: RwLock<State>,
}

/// Of whom, when it was asked for, and what there is in each table.
type AtHand = HashMap<UserId, (Instant, Vec<(Table, Vec<Entry>)>)>;

enum State {
    Unopened,
    Open(EmbeddedStore),
    /// The disk has failed, perhaps for want of room. It is opened again when it is next used.
    Failed,
    /// It could not be had: nothing outlives this process.
    Memory(EmbeddedStore),
    /// It is another process's.
    Released,
}

impl StoreFile {
    /// In the state folder; without one, beside the secret file.
    pub(crate) fn new(config: &Config, shared: Option<JetStreamStore>) -> Self {
        let beside_secret = || Some(config.secret_file.as_ref()?.parent()?.to_owned());
        let folder = config.state_dir().or_else(beside_secret);
        let folder = folder.or_else(secret::state_dir);
        Self {
            shared,
            at_hand: Mutex::default(),
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
        if self.shared.is_none() && !matches!(*state, State::Open(_) | State::Memory(_)) {
            *state = open(self.path.as_deref(), patience)?;
        }
        Ok(())
    }

    /// Where it is, if it is this process's: for what is too large to be in it.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        if self.shared.is_some() {
            return None;
        }
        // Opens it, if nobody has yet.
        let _ = self.with(|_| Ok(()));
        let is_ours = matches!(*self.read(), State::Open(_));
        let folder = self.path.as_ref().filter(|_| is_ours)?.parent()?;
        Some(folder.to_owned())
    }

    /// What several servers keep together, if they do.
    pub(crate) fn shared(&self) -> Option<&JetStreamStore> {
        self.shared.as_ref()
    }

    /// What there is of somebody, without waiting for other machines: where several servers keep it
    /// together, what [`StoreFile::fetch_soon`] has brought lately.
    ///
    /// # Errors
    /// Whatever the disk says, and that nothing was brought.
    pub(crate) fn at_hand(&self, table: Table, user: &UserId) -> Result<Vec<Entry>, StoreError> {
        if self.shared.is_none() {
            return self.of(table, user.as_str().as_bytes(), millis());
        }
        let at_hand = self.lock_at_hand();
        let known = at_hand.get(user).filter(|(at, _)| at.elapsed() < AT_HAND);
        let entries = known.and_then(|(_, all)| all.iter().find(|(of, _)| *of == table));
        let unknown = || StoreError::from(std::io::Error::other("NATS has not said it in time"));
        entries.map(|(_, all)| all.clone()).ok_or_else(unknown)
    }

    /// Brings at hand what there is of somebody who is called, perhaps in vain.
    pub(crate) fn fetch_soon(self: &Arc<Self>, user: &UserId) {
        if self.shared.is_none() {
            return;
        }
        let (store, user) = (Arc::clone(self), user.clone());
        tokio::task::spawn_blocking(move || {
            let asked = Instant::now();
            let of = |table| Ok((table, store.of(table, user.as_str().as_bytes(), millis())?));
            let brought: Result<Vec<_>, StoreError> = TABLES_AT_HAND.map(of).into_iter().collect();
            match brought {
                Ok(brought) => {
                    let mut at_hand = store.lock_at_hand();
                    at_hand.retain(|_, (at, _)| at.elapsed() < AT_HAND);
                    if at_hand.len() >= MOST_AT_HAND {
                        let oldest = at_hand.iter().min_by_key(|(_, (at, _))| *at);
                        if let Some(oldest) = oldest.map(|(user, _)| user.clone()) {
                            at_hand.remove(&oldest);
                        }
                    }
                    at_hand.insert(user, (asked, brought));
                }
                Err(error) => warn!(%error, "cannot read what is kept of somebody"),
            }
        });
    }

    fn lock_at_hand(&self) -> MutexGuard<'_, AtHand> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody has used it.
    pub(crate) fn is_open(&self) -> bool {
        self.shared.is_some() || matches!(*self.read(), State::Open(_) | State::Memory(_))
    }

    /// Whether it has been let go of, for another process.
    pub(crate) fn is_released(&self) -> bool {
        matches!(*self.read(), State::Released)
    }

    /// Lets go of it, when whatever is being written is written. From then on nothing can be kept
    /// or found until it is opened again. What several keep together nobody lets go of.
    pub(crate) fn release(&self) {
        if self.shared.is_none() {
            *self.write() = State::Released;
        }
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
        run: impl FnOnce(&dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(shared) = &self.shared {
            return run(shared);
        }
        let state = self.read();
        match &*state {
            State::Open(store) | State::Memory(store) => {
                let done = run(store);
                drop(state);
                if let Err(error) = &done
                    && error.is_of_disk()
                {
                    self.fail(error);
                }
                return done;
            }
            State::Failed => {
                drop(state);
                self.open_again()?;
                return match &*self.read() {
                    State::Open(store) | State::Memory(store) => run(store),
                    State::Unopened | State::Failed | State::Released => Err(StoreError::InUse),
                };
            }
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
            State::Unopened | State::Failed | State::Released => Err(StoreError::InUse),
        }
    }

    /// What is in the file is as it was before what has failed.
    fn fail(&self, error: &StoreError) {
        let mut state = self.write();
        if matches!(*state, State::Open(_)) {
            warn!(%error, "the disk of the store has failed; it is tried again");
            *state = State::Failed;
        }
    }

    /// Never in memory: what is in the file would be missing.
    fn open_again(&self) -> Result<(), StoreError> {
        let mut state = self.write();
        if let (State::Failed, Some(path)) = (&*state, &self.path) {
            *state = State::Open(EmbeddedStore::open(path)?);
        }
        Ok(())
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
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};

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
        StoreFile::new(&config, None)
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

    /// A disk that takes nothing any more.
    #[derive(Debug)]
    struct Full(redb::backends::InMemoryBackend, Arc<AtomicBool>);

    impl Full {
        fn checked(&self) -> io::Result<()> {
            match self.1.load(Ordering::Relaxed) {
                true => Err(io::ErrorKind::StorageFull.into()),
                false => Ok(()),
            }
        }
    }

    impl redb::StorageBackend for Full {
        fn len(&self) -> io::Result<u64> {
            self.0.len()
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.0.read(offset, out)
        }

        fn set_len(&self, len: u64) -> io::Result<()> {
            self.checked()?;
            self.0.set_len(len)
        }

        fn sync_data(&self) -> io::Result<()> {
            self.0.sync_data()
        }

        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.checked()?;
            self.0.write(offset, data)
        }
    }

    #[test]
    fn a_disk_that_was_full_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let before = file(folder.path());
        before.put(TABLE, b"a", &entry(), 0).unwrap();
        drop(before);
        let full = Arc::new(AtomicBool::new(false));
        let disk = Full(redb::backends::InMemoryBackend::new(), Arc::clone(&full));
        let store = file(folder.path());
        *store.write() = State::Open(EmbeddedStore::on(disk).unwrap());
        full.store(true, Ordering::Relaxed);
        assert!(
            store
                .put(TABLE, b"b", &entry(), 0)
                .unwrap_err()
                .is_of_disk()
        );
        // There is room again, and what was kept is there.
        store.put(TABLE, b"b", &entry(), 0).unwrap();
        assert_eq!(store.of(TABLE, b"a", 0).unwrap(), [entry()]);
        drop(store);
        assert_eq!(file(folder.path()).of(TABLE, b"b", 0).unwrap(), [entry()]);
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
