//! What is at port 80 of a server that serves https: the way there, and the proofs
//! that certificate authorities ask for (RFC 8555, section 8.3).

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION};
use http::uri::Authority;
use http::{HeaderValue, StatusCode};

use crate::config::Domain;
use crate::page;
use crate::tls::CertificateStore;

/// See the module.
#[derive(Clone)]
pub(crate) struct ToHttps {
    pub(crate) store: Arc<CertificateStore>,
    /// The names that this server is known by; none if anything goes.
    pub(crate) domains: Arc<[Domain]>,
    pub(crate) port: u16,
}

pub(crate) fn router(to_https: ToHttps) -> Router {
    Router::new()
        .route("/.well-known/acme-challenge/{token}", get(answer))
        .fallback(redirect)
        .with_state(to_https)
}

async fn answer(State(to_https): State<ToHttps>, Path(token): Path<String>) -> Response {
    let Some(answer) = to_https.store.challenges().http(&token) else {
        return page::text(StatusCode::NOT_FOUND, "Nobody has asked for this.\n");
    };
    let mut response = Response::new(Body::from(answer));
    let headers = response.headers_mut();
    let binary = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, binary);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn redirect(State(to_https): State<ToHttps>, request: Request) -> Response {
    if to_https.store.current().is_none() {
        let text = "This server has no certificate for https yet; its log says why.\n";
        return page::text(StatusCode::SERVICE_UNAVAILABLE, text);
    }
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let location = to_https
        .host(&request)
        .and_then(|host| HeaderValue::from_str(&format!("https://{host}{path}")).ok());
    let Some(location) = location else {
        return page::text(StatusCode::BAD_REQUEST, "One Host header is needed.\n");
    };
    let mut response = page::text(StatusCode::PERMANENT_REDIRECT, "It is at https.\n");
    response.headers_mut().insert(LOCATION, location);
    response
}

impl ToHttps {
    /// Where to send a request: to the name that it was sent to, if it is one of ours.
    fn host(&self, request: &Request) -> Option<String> {
        let host = request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok());
        let authority: Option<Authority> = host.and_then(|host| host.parse().ok());
        let asked = authority
            .as_ref()
            .map(|authority| authority.host().to_ascii_lowercase());
        let is_ours = |name: &String| self.domains.iter().any(|domain| domain.as_str() == name);
        let name = match self.domains.first() {
            None => asked?,
            Some(first) => asked.filter(is_ours).unwrap_or_else(|| first.to_string()),
        };
        Some(match self.port {
            443 => name,
            port => format!("{name}:{port}"),
        })
    }
}
