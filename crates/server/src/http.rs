//! What is at which path.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;

use crate::{App, headers, page, upgrade};

/// `/ws`, `/healthz`, and the page everywhere else.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/ws", get(upgrade::to_websocket))
        .route("/healthz", get(healthz))
        .fallback(file)
        .with_state(app)
        .layer(map_response(secure))
}

async fn healthz() -> Response {
    page::text(StatusCode::OK, "ok\n")
}

async fn file(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    app.page.respond(request.method(), path, request.headers())
}

async fn secure(mut response: Response) -> Response {
    headers::add_to(response.headers_mut());
    response
}
