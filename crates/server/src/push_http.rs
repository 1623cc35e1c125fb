//! `/push`: the server's key, and what the owners of keys ask for.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tracing::warn;
use wimpex_limits::Network;
use wimpex_store::Table;

use crate::app::App;
use crate::body::whole_body;
use crate::page;
use crate::push::{Invalid, PushWish, Refusal, SignedRequest};
use crate::tcp_client::TcpClient;

/// The longest request: as many callers as may be named.
const REQUEST_BYTES: usize = 24 * 1024;

/// `GET /push`: the key that browsers subscribe with, as text; 204 where there is no push: a
/// page asks for it, and finds nothing wrong.
pub(crate) async fn key(State(app): State<Arc<App>>) -> Response {
    let Some(push) = &app.push else {
        return page::text(StatusCode::NO_CONTENT, "");
    };
    let mut response = Response::new(Body::from(push.public_key()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("text/plain"));
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    response
}

/// `POST /push`.
pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    Extension(tcp): Extension<Arc<TcpClient>>,
    request: Request,
) -> Response {
    let Some(push) = &app.push else {
        return page::text(StatusCode::NOT_FOUND, "There is no web push here.\n");
    };
    let client = app.proxies.client_of(tcp.peer, request.headers());
    let network = Network::of(client.ip);
    if !app.push_limiter.take(network, app.clock.now()) {
        return page::text(StatusCode::TOO_MANY_REQUESTS, "Not so fast.\n");
    }
    let Some(body) = whole_body(request, REQUEST_BYTES, app.config.timing.http_head).await else {
        return page::text(StatusCode::PAYLOAD_TOO_LARGE, "That is too long.\n");
    };
    let SignedRequest { user, wish } = match SignedRequest::read(&body, &push.public_key()) {
        Ok(signed) => signed,
        Err(Invalid::Malformed) => {
            return page::text(StatusCode::BAD_REQUEST, "That makes no sense.\n");
        }
        Err(Invalid::Signature) => {
            return page::text(StatusCode::FORBIDDEN, "The signature does not hold.\n");
        }
    };
    if app.access.admit(&user, None, SystemTime::now()).is_err() {
        return page::text(StatusCode::FORBIDDEN, "You are not let in here.\n");
    }
    if matches!(wish, PushWish::Subscribe(_))
        && !app
            .admits_owner(Table::PushSubscriptions, &user, network)
            .await
    {
        return page::text(StatusCode::TOO_MANY_REQUESTS, "Not so many.\n");
    }
    let done = match wish {
        PushWish::Subscribe(wish) => push.subscribe(user, wish).await,
        PushWish::Unsubscribe { endpoint, time } => push.unsubscribe(user, &endpoint, time).await,
        PushWish::Decline { caller, call } => {
            if !app.registry.decline_anywhere(&user, &caller, &call) {
                return page::text(StatusCode::NOT_FOUND, "Nobody calls.\n");
            }
            Ok(())
        }
    };
    match done {
        Ok(()) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        Err(Refusal::Endpoint(_)) => page::text(
            StatusCode::UNPROCESSABLE_ENTITY,
            "That push service is not known here; see --push-service.\n",
        ),
        Err(Refusal::Keys(_)) => page::text(StatusCode::BAD_REQUEST, "Those are no keys.\n"),
        Err(Refusal::Old) => page::text(StatusCode::CONFLICT, "Something newer is known.\n"),
        Err(Refusal::Store(error)) => {
            warn!(%error, "cannot keep a subscription");
            page::text(StatusCode::SERVICE_UNAVAILABLE, "It cannot be kept now.\n")
        }
    }
}
