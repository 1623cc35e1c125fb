//! Indexed Database API (<https://www.w3.org/TR/IndexedDB/>).
//!
//! A browser may refuse it, as some do in private windows.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbObjectStore, IdbRequest, IdbTransactionMode};

use super::{BrowserError, Listener, window};

/// An open database; it is closed when it is dropped.
#[derive(Debug)]
pub struct Database(IdbDatabase);

impl Database {
    /// Opens the database of that name, and creates it or those of its object stores that
    /// are missing. `version` grows whenever `stores` does.
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
        let request = factory.open_with_u32(name, version)?;
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
        Ok(Self(database))
    }

    /// The value under the key; `undefined` if there is none.
    ///
    /// # Errors
    /// `UnknownError` and others where the browser cannot read.
    pub async fn get(&self, store: &str, key: &str) -> Result<JsValue, BrowserError> {
        let store = self.store(store, IdbTransactionMode::Readonly)?;
        done(&store.get(&key.into())?).await
    }

    /// Every value in the store, in the order of the keys.
    ///
    /// # Errors
    /// As [`Database::get`].
    pub async fn all(&self, store: &str) -> Result<Vec<JsValue>, BrowserError> {
        let store = self.store(store, IdbTransactionMode::Readonly)?;
        let all: Array = done(&store.get_all()?).await?.unchecked_into();
        Ok(all.to_vec())
    }

    /// Stores a value under the key, in place of what was there.
    ///
    /// # Errors
    /// `QuotaExceededError` and others where the browser cannot write.
    pub async fn put(&self, store: &str, key: &str, value: &JsValue) -> Result<(), BrowserError> {
        let store = self.store(store, IdbTransactionMode::Readwrite)?;
        done(&store.put_with_key(value, &key.into())?).await?;
        Ok(())
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
        let writing = self.store(store, IdbTransactionMode::Readwrite)?;
        // `ConstraintError` if there is one.
        match done(&writing.add_with_key(value, &key.into())?).await {
            Ok(_) => Ok(value.clone()),
            Err(error) if error.name == "ConstraintError" => self.get(store, key).await,
            Err(error) => Err(error),
        }
    }

    /// Deletes the value under the key, if there is one.
    ///
    /// # Errors
    /// As [`Database::put`].
    pub async fn delete(&self, store: &str, key: &str) -> Result<(), BrowserError> {
        let store = self.store(store, IdbTransactionMode::Readwrite)?;
        done(&store.delete(&key.into())?).await?;
        Ok(())
    }

    /// Deletes everything in the store.
    ///
    /// # Errors
    /// As [`Database::put`].
    pub async fn clear(&self, store: &str) -> Result<(), BrowserError> {
        let store = self.store(store, IdbTransactionMode::Readwrite)?;
        done(&store.clear()?).await?;
        Ok(())
    }

    fn store(&self, name: &str, mode: IdbTransactionMode) -> Result<IdbObjectStore, BrowserError> {
        let transaction = self.0.transaction_with_str_and_mode(name, mode)?;
        Ok(transaction.object_store(name)?)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The result of a request.
async fn done(request: &IdbRequest) -> Result<JsValue, BrowserError> {
    let mut listeners = None;
    let promise = Promise::new(&mut |resolve, reject| {
        let settle = |event, settle: Function| {
            Listener::new(request, event, move |_| {
                let _ = settle.call0(&JsValue::NULL);
            })
        };
        listeners = Some([settle("success", resolve), settle("error", reject)]);
    });
    let done = JsFuture::from(promise).await;
    drop(listeners);
    match done {
        Ok(_) => Ok(request.result()?),
        Err(_) => {
            let error = request.error().ok().flatten();
            Err(BrowserError {
                name: error.map_or_else(|| "UnknownError".to_owned(), |error| error.name()),
            })
        }
    }
}
