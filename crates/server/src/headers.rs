//! Security headers of the page: Content-Security-Policy (CSP), Permissions-Policy, HSTS.

use axum::response::Response;
use http::HeaderValue;
use http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};

/// The page has no inline script and no inline style. Markup from text, which Leptos makes of
/// what never changes, passes the one policy of Trusted Types (assets/start.js), which
/// refuses whatever could run; scripts from text pass none.
///
/// `'self'` in `connect-src` covers the WebSocket to our own host (CSP level 3, "does url match
/// expression in origin"). What arrives by `srcObject` is not fetched, so that no directive is
/// about it.
const CONTENT_SECURITY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self'; img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; \
     connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types default";

/// Camera, microphone, screen and speaker are what the page is for. Full
/// screen, sharing a link and keeping the screen on keep their default, which
/// is our own origin; the rest is off.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), \
     speaker-selection=(self), accelerometer=(), geolocation=(), gyroscope=(), hid=(), \
     idle-detection=(), magnetometer=(), midi=(), payment=(), \
     publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()";

/// An answer that is part of a page and no page of its own: what only a document heeds is not
/// sent with it, which is half a kilobyte for each file of a first load. A script may be a
/// worker's, which has a policy of its own (CSP level 3, section 4.2.2): not that one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subresource;

/// Heeded with every answer.
const EVERYWHERE: [(HeaderName, HeaderValue); 2] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Heeded with a document.
const OF_A_DOCUMENT: [(HeaderName, HeaderValue); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(PERMISSIONS),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Adds the security headers to an answer; `is_https`: of a page that is reached over https.
pub(crate) fn add_to(response: &mut Response, is_https: bool) {
    let is_document = response.extensions().get::<Subresource>().is_none();
    let headers = response.headers_mut();
    headers.extend(EVERYWHERE);
    if is_document {
        headers.extend(OF_A_DOCUMENT);
    }
    // RFC 6797, section 7.2: not where the page may be served without TLS.
    if is_https {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(STRICT_TRANSPORT_SECURITY, year);
    }
}
