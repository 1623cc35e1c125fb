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
use crate::below_path::below;
use crate::body::whole_body;
use crate::{mailbox_http, page, push_http, reports, upgrade};

/// `/ws`, `/push`, `/messages`, `/healthz`, and the page everywhere else; all of it below the base
/// path too.
pub(crate) fn router(app: Arc<App>) -> Router {
    let shown = Arc::clone(&app);
    let mut router = Router::new()
        .route("/ws", get(upgrade::to_websocket))
        .route("/healthz", get(healthz))
        .route("/push", get(push_http::key).post(push_http::decide))
        .route(
            "/messages",
            post(mailbox_http::ask).put(mailbox_http::leave),
        );
    if app.config.operation.reports {
        router = router.route(reports::PATH, post(take_reports));
    }
    let base = app.config.base_path.clone();
    below(base, router.fallback(file).with_state(app))
        .layer(from_fn(with_one_host))
        .layer(map_response_with_state(shown, secure))
}

/// RFC 9112, section 3.2: anything but one Host is a bad request. What a request
/// is for must not depend on who reads it.
async fn with_one_host(request: Request, next: Next) -> Response {
    if request.headers().get_all(HOST).iter().count() != 1 {
        return page::text(StatusCode::BAD_REQUEST, "One Host header is needed.\n");
    }
    next.run(request).await
}

/// A page whose WebSocket is refused asks with its own origin whether that is why: RFC 9110,
/// section 15.5.20.
async fn healthz(State(app): State<Arc<App>>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let mut asked = form_urlencoded::parse(query.as_bytes());
    match asked.find(|(name, _)| name == "origin") {
        Some((_, origin)) if !app.origins.serves(&origin, request.headers()) => page::text(
            StatusCode::MISDIRECTED_REQUEST,
            "This server does not know itself by this name.\n",
        ),
        Some(_) | None => page::text(StatusCode::OK, "ok\n"),
    }
}

/// What a browser tells of, if the host wants to hear of it.
async fn take_reports(State(app): State<Arc<App>>, request: Request) -> Response {
    let limit = app.config.timing.http_head;
    let Some(bytes) = whole_body(request, reports::BYTES, limit).await else {
        return page::text(StatusCode::PAYLOAD_TOO_LARGE, "That is too much.\n");
    };
    let Ok(reports) = reports::read(&bytes) else {
        return page::text(StatusCode::BAD_REQUEST, "That is no report.\n");
    };
    for (kind, detail) in reports {
        app.metrics.reported(kind, detail);
        app.reports.tell(kind, detail, app.clock.now());
    }
    page::text(StatusCode::NO_CONTENT, "")
}

async fn file(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    let shown = app.shown();
    shown
        .page
        .respond(request.method(), path, request.headers())
}

async fn secure(State(app): State<Arc<App>>, mut response: Response) -> Response {
    app.shown().headers.add_to(&mut response);
    response
}
