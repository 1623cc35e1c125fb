//! Indexed Database API (<https://www.w3.org/TR/IndexedDB/>).
//!
//! A browser may refuse it, as some do in private windows.

use std::fmt;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    EventTarget, IdbDatabase, IdbObjectStore, IdbRequest, IdbTransaction, IdbTransactionMode,
};

use super::{BrowserError, Listener, location, window};

/// An open database; it is closed when it is dropped, and when another tab needs it closed to
/// open a later version of it, or to delete it. What is asked of it after that fails with
/// `InvalidStateError`.
pub struct Database {
    database: IdbDatabase,
    _version_change: Listener,
}

impl Database {
    /// Opens the database of that name, and creates it or those of its object stores that
    /// are missing. `version` grows whenever `stores` does.
    ///
    /// Takes as long as the browser does: while another tab holds an older version open
    /// (`blocked`), until that tab closes it or is closed. Whoever waits is told so by whoever
    /// counts the seconds, for a browser that is slow says nothing at all.
    ///
    /// # Errors
    /// `NotSupportedError` where the browser has no databases; `SecurityError`,
    /// `InvalidStateError`, `QuotaExceededError` where it refuses; `VersionError` if a newer
    /// version of the page has opened it.
    pub async fn open(
        name: &str,
        version: u32,
        stores: &'static [&str],
    ) -> Result<Self, BrowserError> {
        let factory = window::window()
            .indexed_db()?
            .ok_or_else(|| BrowserError::named("NotSupportedError"))?;
        let request = factory.open_with_u32(&location::own(name), version)?;
        let opening: IdbRequest = request.clone().unchecked_into();
        let upgrade = Listener::new(&request, "upgradeneeded", move |_| {
            let Ok(Ok(database)) = opening.result().map(JsCast::dyn_into::<IdbDatabase>) else {
                return;
            };
            let known = database.object_store_names();
            for store in stores {
                if !known.contains(store) {
                    // Fails only if it is there.
                    let _ = database.create_object_store(store);
                }
            }
        });
        let database: IdbDatabase = done(&request).await?.unchecked_into();
        drop(upgrade);
        let closing = database.clone();
        let version_change = Listener::new(&database, "versionchange", move |_| closing.close());
        Ok(Self {
            database,
            _version_change: version_change,
        })
    }

    /// The value under the key; `undefined` if there is none.
    ///
    /// # Errors
    /// `UnknownError` and others where the browser cannot read.
    pub async fn get(&self, store: &str, key: &str) -> Result<JsValue, BrowserError> {
        let (_, store) = self.store(store, IdbTransactionMode::Readonly)?;
        done(&store.get(&key.into())?).await
    }

    /// Every value in the store, in the order of the keys.
    ///
    /// # Errors
    /// As [`Database::get`].
    pub async fn all(&self, store: &str) -> Result<Vec<JsValue>, BrowserError> {
        let (_, store) = self.store(store, IdbTransactionMode::Readonly)?;
        let all: Array = done(&store.get_all()?).await?.unchecked_into();
        Ok(all.to_vec())
    }

    /// Every key in the store that is a text.
    ///
    /// # Errors
    /// As [`Database::get`].
    pub async fn keys(&self, store: &str) -> Result<Vec<String>, BrowserError> {
        let (_, store) = self.store(store, IdbTransactionMode::Readonly)?;
        let all: Array = done(&store.get_all_keys()?).await?.unchecked_into();
        Ok(all.iter().filter_map(|key| key.as_string()).collect())
    }

    /// Stores a value under the key, in place of what was there. It is kept when this returns:
    /// the transaction is complete.
    ///
    /// # Errors
    /// `QuotaExceededError`, `AbortError` and others where the browser cannot write, or cannot
    /// keep what was written.
    pub async fn put(&self, store: &str, key: &str, value: &JsValue) -> Result<(), BrowserError> {
        let (transaction, store) = self.store(store, IdbTransactionMode::Readwrite)?;
        store.put_with_key(value, &key.into())?;
        completed(&transaction).await
    }

    /// Stores a value under the key, unless there is one; returns the one that is there.
    /// Of two tabs that do it at once, both get the same.
    ///
    /// # Errors
    /// As [`Database::put`].
    pub async fn put_first(
        &self,
        store: &str,
        key: &str,
        value: &JsValue,
    ) -> Result<JsValue, BrowserError> {
        let (transaction, writing) = self.store(store, IdbTransactionMode::Readwrite)?;
        writing.add_with_key(value, &key.into())?;
        // `ConstraintError` if there is one.
        match completed(&transaction).await {
            Ok(()) => Ok(value.clone()),
            Err(error) if error.name == "ConstraintError" => self.get(store, key).await,
            Err(error) => Err(error),
        }
    }

    /// Deletes the value under the key, if there is one.
    ///
    /// # Errors
    /// As [`Database::put`].
    pub async fn delete(&self, store: &str, key: &str) -> Result<(), BrowserError> {
        let (transaction, store) = self.store(store, IdbTransactionMode::Readwrite)?;
        store.delete(&key.into())?;
        completed(&transaction).await
    }

    /// Deletes everything in the store.
    ///
    /// # Errors
    /// As [`Database::put`].
    pub async fn clear(&self, store: &str) -> Result<(), BrowserError> {
        let (transaction, store) = self.store(store, IdbTransactionMode::Readwrite)?;
        store.clear()?;
        completed(&transaction).await
    }

    fn store(
        &self,
        name: &str,
        mode: IdbTransactionMode,
    ) -> Result<(IdbTransaction, IdbObjectStore), BrowserError> {
        let transaction = self.database.transaction_with_str_and_mode(name, mode)?;
        let store = transaction.object_store(name)?;
        Ok((transaction, store))
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.database).finish()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.database.close();
    }
}

/// The result of a request.
async fn done(request: &IdbRequest) -> Result<JsValue, BrowserError> {
    if fires(request, ["success", "error"]).await {
        return Ok(request.result()?);
    }
    let error = request.error().ok().flatten();
    Err(BrowserError {
        name: error.map_or_else(|| "UnknownError".to_owned(), |error| error.name()),
    })
}

/// Waits until what was written is kept. A request's `success` is less: the commit that comes
/// after it may fail, as on a full disk, and takes everything back (section 5.4 of the API).
async fn completed(transaction: &IdbTransaction) -> Result<(), BrowserError> {
    if fires(transaction, ["complete", "abort"]).await {
        return Ok(());
    }
    // None where the page itself, or the closing of the database, has aborted it.
    let error = transaction.error();
    Err(BrowserError {
        name: error.map_or_else(|| "AbortError".to_owned(), |error| error.name()),
    })
}

/// Waits for either event; whether it is the first one.
async fn fires(target: &EventTarget, [good, bad]: [&'static str; 2]) -> bool {
    let mut listeners = None;
    let promise = Promise::new(&mut |resolve, reject| {
        let settle = |event, settle: Function| {
            Listener::new(target, event, move |_| {
                let _ = settle.call0(&JsValue::NULL);
            })
        };
        listeners = Some([settle(good, resolve), settle(bad, reject)]);
    });
    let fired = JsFuture::from(promise).await;
    drop(listeners);
    fired.is_ok()
}
