//! What is at which path.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, map_response_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use http::header::HOST;

use crate::app::App;
use crate::{headers, mailbox_http, page, push_http, upgrade};

/// `/ws`, `/push`, `/messages`, `/healthz`, and the page everywhere else.
pub(crate) fn router(app: Arc<App>) -> Router {
    let is_https = app.origins.is_https();
    Router::new()
        .route("/ws", get(upgrade::to_websocket))
        .route("/healthz", get(healthz))
        .route("/push", get(push_http::key).post(push_http::decide))
        .route(
            "/messages",
            post(mailbox_http::ask).put(mailbox_http::leave),
        )
        .fallback(file)
        .with_state(app)
        .layer(from_fn(with_one_host))
        .layer(map_response_with_state(is_https, secure))
}

/// RFC 9112, section 3.2: anything but one Host is a bad request. What a request
/// is for must not depend on who reads it.
async fn with_one_host(request: Request, next: Next) -> Response {
    if request.headers().get_all(HOST).iter().count() != 1 {
        return page::text(StatusCode::BAD_REQUEST, "One Host header is needed.\n");
    }
    next.run(request).await
}

async fn healthz() -> Response {
    page::text(StatusCode::OK, "ok\n")
}

async fn file(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    app.page.respond(request.method(), path, request.headers())
}

async fn secure(State(is_https): State<bool>, mut response: Response) -> Response {
    headers::add_to(&mut response, is_https);
    response
}
