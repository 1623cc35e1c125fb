//! The body of a request that is small, and is read at once.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use bytes::Bytes;
use tokio::time::timeout;

/// `None` for one that is longer, is cut off, or does not come in time: who waits for it for ever
/// holds a connection for nothing.
pub(crate) async fn whole_body(request: Request, most: usize, limit: Duration) -> Option<Bytes> {
    let body = timeout(limit, to_bytes(request.into_body(), most)).await;
    body.ok()?.ok()
}
