//! From an HTTP request to a WebSocket, or to the reason why not.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{RETRY_AFTER, UPGRADE};
use http::{HeaderValue, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tracing::debug;

use crate::app::App;
use crate::tcp_client::TcpClient;
use crate::{connection, page};

/// `GET /ws`.
pub(crate) async fn to_websocket(
    State(app): State<Arc<App>>,
    Extension(tcp): Extension<Arc<TcpClient>>,
    mut request: Request,
) -> Response {
    if !app.origins.allow(request.headers()) {
        app.refused_origin(request.headers());
        let text = "This origin is not allowed here; see --allow-origin.\n";
        return page::text(StatusCode::FORBIDDEN, text);
    }
    if app.is_draining() {
        app.metrics.refused_connection("draining");
        let text = "This server is about to stop and lets nobody new in.\n";
        let mut response = page::text(StatusCode::SERVICE_UNAVAILABLE, text);
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("30"));
        return response;
    }
    let Ok(response) = create_response_with_body(&request, Body::empty) else {
        let text = "This is for WebSockets (RFC 6455, version 13).\n";
        let mut response = page::text(StatusCode::UPGRADE_REQUIRED, text);
        let websocket = HeaderValue::from_static("websocket");
        response.headers_mut().insert(UPGRADE, websocket);
        return response;
    };
    let permit = app.admit(tcp.peer, request.headers());
    let origins = app.origins.signable(request.headers());
    let upgrade = hyper::upgrade::on(&mut request);
    let tasks = app.tasks.clone();
    tasks.spawn(async move {
        let io = match upgrade.await {
            Ok(io) => TokioIo::new(io),
            Err(error) => return debug!(%error, "upgrade failed"),
        };
        match permit {
            Some(permit) => {
                connection::serve(io, app, permit.network(), origins).await;
                drop(permit);
            }
            // In words, because a browser hides the status of a refused upgrade.
            None => connection::refuse_connection(io, app).await,
        }
        drop(tcp);
    });
    response
}
