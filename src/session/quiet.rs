//! Tells the service worker until when who may not ring: while no page is open it alone can keep a call
//! from ringing, and it reads no `localStorage`.

use wimpex_sansio::UnixTime;

use super::identity::database;

/// Where the service worker looks (assets/service-worker.js).
const STORE: &str = "identity";

/// Who may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    /// Whoever may not always ring: "Do not disturb".
    Everybody,
    /// Whoever is no contact: "Silence strangers for an hour".
    Strangers,
}

/// Keeps that beside the key. A browser that cannot has no key either, and is not woken.
pub async fn tell_service_worker(quiet: Quiet, until: Option<UnixTime>) {
    let key = match quiet {
        Quiet::Everybody => "doNotDisturbUntil",
        Quiet::Strangers => "strangersSilencedUntil",
    };
    let Ok(database) = database().await else {
        return;
    };
    let _ = match until {
        // More than any clock shows is as good as no end.
        Some(until) => {
            let until = until.as_millis() as f64;
            database.put(STORE, key, &until.into()).await
        }
        None => database.delete(STORE, key).await,
    };
}
