//! What this browser keeps of files that others send: the bytes in the origin private file system,
//! and beside them, in a database, what they are.

use wimpex_files::{FileId, Partial, limits};
use wimpex_protocol::UserId;
use wimpex_sansio::UnixTime;

use crate::browser::indexed_db::Database;
use crate::browser::{BrowserError, file_pick, file_store};

/// One entry for each file, by its key.
const FILES: &str = "files";
const STORES: [&str; 1] = [FILES];

/// Where their bytes are.
pub(super) fn folder() -> String {
    file_store::own_folder("wimpex-files")
}

/// What is kept of this person's files, with the bytes that are there; nothing where the browser
/// cannot read.
pub(super) async fn of(peer: &UserId) -> Vec<(Partial, u64)> {
    let mut found = Vec::new();
    for partial in all().await.unwrap_or_default() {
        if partial.from == peer.as_str() {
            let file = file_store::file([&folder(), &partial.key.encode()]).await;
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a length"
            )]
            let bytes = file.map_or(0, |file| file.size() as u64);
            let whole = bytes == partial.size;
            found.push((
                partial,
                if whole {
                    bytes
                } else {
                    bytes / limits::BLOCK * limits::BLOCK
                },
            ));
        }
    }
    found
}

/// Deletes what has waited long enough, what nobody knows any more, and the oldest of too many.
pub(super) async fn clean(now: UnixTime) {
    let Ok(mut all) = all().await else { return };
    all.sort_by_key(|partial| partial.at);
    let too_many = all.len().saturating_sub(limits::PARTIALS);
    let mut known = Vec::new();
    for (at, partial) in all.into_iter().enumerate() {
        if at < too_many || partial.is_over(now) {
            // It may be open in another tab.
            let _ = delete(partial.key).await;
        } else {
            known.push(partial.key.encode());
        }
    }
    let folder = folder();
    for name in file_store::names(&folder).await {
        if !known.contains(&name) {
            let _ = file_store::delete([&folder, &name]).await;
        }
    }
}

/// Files that have arrived as a whole, the newest first.
pub async fn received_files() -> Vec<Partial> {
    let mut all = all().await.unwrap_or_default();
    all.retain(|partial| partial.is_complete);
    all.sort_by_key(|partial| std::cmp::Reverse(partial.at));
    all
}

/// Saves one of them.
///
/// # Errors
/// `NotFoundError` and others where the browser has lost it.
pub async fn save_received(file: &Partial) -> Result<(), BrowserError> {
    let kept = file_store::file([&folder(), &file.key.encode()]).await?;
    file_pick::save(&kept, &file.name.saved())
}

/// Deletes one of them.
///
/// # Errors
/// Where the browser cannot write.
pub async fn delete_received(key: FileId) -> Result<(), BrowserError> {
    delete(key).await
}

async fn all() -> Result<Vec<Partial>, BrowserError> {
    let kept = database().await?.all(FILES).await?;
    let texts = kept.iter().filter_map(wasm_bindgen::JsValue::as_string);
    Ok(texts.filter_map(|text| Partial::decode(&text)).collect())
}

/// Remembers what a file is.
///
/// # Errors
/// Where the browser cannot write.
pub(super) async fn remember(partial: &Partial) -> Result<(), BrowserError> {
    let text = partial.encode().into();
    let database = database().await?;
    database.put(FILES, &partial.key.encode(), &text).await
}

/// Remembers it no more; its bytes are deleted too, unless they are open.
///
/// # Errors
/// Where the browser cannot write.
pub(super) async fn delete(key: FileId) -> Result<(), BrowserError> {
    let name = key.encode();
    database().await?.delete(FILES, &name).await?;
    let deleted = file_store::delete([&folder(), &name]).await;
    // Of some nothing was ever kept.
    deleted.or_else(|error| match &error.name[..] {
        "NotFoundError" => Ok(()),
        _ => Err(error),
    })
}

/// Keeps nothing of anybody's.
///
/// # Errors
/// Where the browser cannot write.
pub(super) async fn forget() -> Result<(), BrowserError> {
    database().await?.clear(FILES).await?;
    file_store::clear(&folder()).await
}

async fn database() -> Result<Database, BrowserError> {
    Database::open("wimpex-files", 1, &STORES).await
}
