//! Hosting below a path, behind a proxy that leaves it in what it asks for, or one that takes it away:
//! both are answered alike.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode, Uri};

use crate::config::BasePath;
use crate::page;

/// What is at a path there is below the base path too.
pub(crate) fn below(base: BasePath, router: Router) -> Router {
    if base.is_root() {
        return router;
    }
    Router::new()
        .fallback_service(router)
        .layer(from_fn_with_state(base, without_base))
}

async fn without_base(State(base): State<BasePath>, mut request: Request, next: Next) -> Response {
    let uri = request.uri();
    match uri.path().strip_prefix(base.as_str()) {
        // What is next to the page is found relative to a folder, and its service worker has one.
        Some("") => to_folder(&base, uri.query()),
        Some(rest) if rest.starts_with('/') => {
            if let Some(below) = with_path(uri, rest) {
                *request.uri_mut() = below;
            }
            next.run(request).await
        }
        // Of another path that begins alike, or of a proxy that has taken the base path away.
        Some(_) | None => next.run(request).await,
    }
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let query = uri.query().map(|query| format!("?{query}"));
    let target = [path, &query.unwrap_or_default()].concat();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.parse().ok()?);
    Uri::from_parts(parts).ok()
}

fn to_folder(base: &BasePath, query: Option<&str>) -> Response {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let mut response = page::text(
        StatusCode::PERMANENT_REDIRECT,
        "The page is one slash further.\n",
    );
    if let Ok(folder) = HeaderValue::try_from(format!("{}/{query}", base.as_str())) {
        response.headers_mut().insert(LOCATION, folder);
    }
    response
}
