//! What this browser keeps of recordings and photos of calls: files in the origin private file
//! system, until the user has saved or discarded them.

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use gloo_timers::future::TimeoutFuture;
use web_sys::File;
use wimpex_recording::{Ending, Kind, WHOLE_BYTES, Webm, is_whole};

use crate::browser::file_store::{self, FileStore, StoreOutcome};
use crate::browser::web_locks::Lock;
use crate::browser::{BrowserError, blob, clock, file_pick};

/// So many bytes are read of a file at once.
const PIECE: u64 = 4 * 1024 * 1024;

/// One that was saved is deleted so long after, in milliseconds: gigabytes are copied.
const DELETED_AFTER: u64 = 3_600_000;

/// How often a lock is asked for, and after how many milliseconds again.
const LOCK_TRIES: u32 = 15;
const LOCK_TRIED_EVERY: u32 = 60;

/// What marks one that was saved.
const SAVED: &str = ".saved";

/// One that is kept, by the name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRecording {
    /// The file's name.
    pub key: String,
    /// When it began, by this device's clock, in milliseconds since the Unix epoch.
    pub at: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// What it is.
    pub kind: Kind,
}

impl KeptRecording {
    fn of(key: &str, bytes: u64) -> Option<Self> {
        let (at, extension) = key.split_once('.')?;
        let (at, _) = at.split_once('-')?;
        Some(Self {
            key: key.to_owned(),
            at: at.parse().ok()?,
            bytes,
            kind: match extension {
                "webm" | "mp4" => Kind::Recording,
                "jpg" => Kind::Photo,
                _ => return None,
            },
        })
    }

    /// What files of its kind end with.
    pub fn extension(&self) -> &str {
        self.key.rsplit('.').next().unwrap_or_default()
    }
}

/// The name of the file of one that begins now. `random` tells two of a moment apart.
pub(super) fn new_key(random: u32, mime_type: &str) -> String {
    let extension = match mime_type.split(';').next().unwrap_or_default() {
        "image/jpeg" => "jpg",
        "video/mp4" | "audio/mp4" => "mp4",
        _ => "webm",
    };
    format!("{}-{random:08x}.{extension}", clock::wall_millis())
}

pub(super) fn folder() -> String {
    file_store::own_folder("wimpex-recordings")
}

/// Whoever makes one, or puts it in order, has it. Browsers give it to the next a moment after it was
/// let go of.
pub(super) async fn lock(key: &str) -> Option<Lock> {
    let name = ["wimpex-recording ", key].concat();
    for _ in 0..LOCK_TRIES {
        if let Some(lock) = Lock::if_available(&name).await {
            return Some(lock);
        }
        TimeoutFuture::new(LOCK_TRIED_EVERY).await;
    }
    None
}

/// Those that were neither saved nor discarded, the newest first; one that is being made is not
/// among them.
pub async fn kept_recordings() -> Vec<KeptRecording> {
    let folder = folder();
    let names = file_store::names(&folder).await;
    let mut kept = Vec::new();
    for name in &names {
        if let Some(saved) = name.strip_suffix(SAVED) {
            clean(&folder, saved, name).await;
            continue;
        }
        if names
            .iter()
            .any(|it| it.strip_suffix(SAVED) == Some(&**name))
        {
            continue;
        }
        if lock(name).await.is_none() {
            continue;
        }
        if let Ok(file) = file_store::file([&folder, name]).await {
            kept.extend(KeptRecording::of(name, size(&file)));
        }
    }
    kept.retain(|it| it.bytes > 0);
    kept.sort_by_key(|it| std::cmp::Reverse(it.at));
    kept
}

async fn clean(folder: &str, saved: &str, mark: &str) {
    let marked = file_store::file([folder, mark]).await;
    let at = marked.map_or(0.0, |file| file.last_modified());
    #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
    let is_over = clock::wall_millis() as f64 - at > DELETED_AFTER as f64;
    if is_over {
        for name in [saved, mark] {
            // Another tab may have been faster.
            let _ = file_store::delete([folder, name]).await;
        }
    }
}

/// Saves one under this name. One that was left by a crash is ended before, so that it can be sought
/// in. The copy here goes some time later.
///
/// # Errors
/// `NotFoundError` and others where the browser has lost it; `QuotaExceededError` where it cannot be
/// ended.
pub async fn save_recording(kept: &KeptRecording, name: &str) -> Result<(), BrowserError> {
    let held = lock(&kept.key).await;
    let _held = held.ok_or_else(|| BrowserError::named("NoModificationAllowedError"))?;
    if kept.extension() == "webm" {
        end_file(&kept.key).await?;
    }
    let file = file_store::file([&folder(), &kept.key]).await?;
    file_pick::save(&file, name)?;
    // Then it is asked for again.
    let _ = file_store::touch([&folder(), &[&kept.key, SAVED].concat()]).await;
    Ok(())
}

/// Deletes one.
///
/// # Errors
/// Where the browser cannot.
pub async fn delete_recording(key: &str) -> Result<(), BrowserError> {
    file_store::delete([&folder(), key]).await?;
    // It is there if it was saved.
    let _ = file_store::delete([&folder(), &[key, SAVED].concat()]).await;
    Ok(())
}

/// Keeps none.
///
/// # Errors
/// Where one is open.
pub(super) async fn forget() -> Result<(), BrowserError> {
    file_store::clear(&folder()).await
}

/// Ends a file that was not; reads it piece by piece.
///
/// # Errors
/// `NotFoundError`; `QuotaExceededError`; `EncodingError` if there is nothing in it to be played.
pub(super) async fn end_file(key: &str) -> Result<(), BrowserError> {
    let file = file_store::file([&folder(), key]).await?;
    let length = size(&file);
    if is_whole(&read(&file, 0, WHOLE_BYTES.min(length)).await?) {
        return Ok(());
    }
    let mut webm = Webm::new();
    let (mut at, mut patches) = (0, Vec::new());
    while at < length {
        let bytes = read(&file, at, PIECE.min(length - at)).await?;
        at += bytes.len() as u64;
        match webm.take(&bytes) {
            Ok(taken) => patches.extend(taken.patches),
            // What comes before it counts.
            Err(_) => break,
        }
    }
    let mut ending = webm
        .end()
        .ok_or_else(|| BrowserError::named("EncodingError"))?;
    patches.append(&mut ending.patches);
    ending.patches = patches;
    let mut writer = Writer::open(key, || ()).await?;
    writer.end(ending).await?;
    writer.close().await
}

async fn read(file: &File, at: u64, bytes: u64) -> Result<Vec<u8>, BrowserError> {
    #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
    let part = file.slice_with_f64_and_f64(at as f64, (at + bytes) as f64)?;
    Ok(blob::bytes(&part).await?.to_vec())
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a length"
)]
fn size(file: &File) -> u64 {
    file.size() as u64
}

/// Writes one file, one step after the other.
pub(super) struct Writer {
    store: FileStore,
    key: String,
    outcomes: UnboundedReceiver<StoreOutcome>,
}

impl Writer {
    /// Opens it; `tick` is called as often as [`Writer::tick`] says.
    ///
    /// # Errors
    /// `NotSupportedError`, `SecurityError` where the browser keeps no files.
    pub(super) async fn open(
        key: &str,
        tick: impl Fn() + Clone + 'static,
    ) -> Result<Self, BrowserError> {
        let (outcome, outcomes) = unbounded();
        let store = FileStore::start(move |event| match event.outcome {
            StoreOutcome::Ticked => tick(),
            done => {
                // Nobody waits for one that is over.
                let _ = outcome.unbounded_send(done);
            }
        })?;
        store.edit(key, [&folder(), key]);
        let mut writer = Self {
            store,
            key: key.to_owned(),
            outcomes,
        };
        writer.done().await?;
        Ok(writer)
    }

    /// Every so many milliseconds.
    pub(super) fn tick(&self, every: u32) {
        self.store.tick(&self.key, every);
    }

    pub(super) async fn append(&mut self, bytes: &[u8]) -> Result<(), BrowserError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.store.append(&self.key, bytes);
        self.done().await
    }

    pub(super) async fn patch(&mut self, at: u64, bytes: &[u8]) -> Result<(), BrowserError> {
        self.store.patch(&self.key, at, bytes);
        self.done().await
    }

    pub(super) async fn end(&mut self, ending: Ending) -> Result<(), BrowserError> {
        self.store.cut(&self.key, ending.keep);
        self.done().await?;
        self.append(&ending.bytes).await?;
        for patch in ending.patches {
            self.patch(patch.at, &patch.bytes).await?;
        }
        Ok(())
    }

    /// Lets go of it.
    pub(super) async fn close(mut self) -> Result<(), BrowserError> {
        self.store.shut(&self.key);
        self.done().await
    }

    async fn done(&mut self) -> Result<(), BrowserError> {
        match self.outcomes.next().await {
            Some(StoreOutcome::Failed(name)) => Err(BrowserError { name }),
            Some(_) => Ok(()),
            None => Err(BrowserError::named("AbortError")),
        }
    }
}
