//! Forgetting the user: what waits at the server, and all that is here.

use std::pin::pin;

use futures_util::future::select;
use gloo_timers::future::TimeoutFuture;

use super::{database, receive};
use crate::browser::BrowserError;

/// Nobody waits longer for a server that is away; what is sealed for a key that is gone opens
/// nowhere, and is deleted after a week.
const PATIENCE: u32 = 3_000;

/// To be called while the key is there.
///
/// # Errors
/// Where the browser cannot write.
pub(crate) async fn forget() -> Result<(), BrowserError> {
    // Who never had one has nothing there.
    let told = pin!(receive::take_none());
    let _ = select(told, TimeoutFuture::new(PATIENCE)).await;
    database::clear().await
}
