//! Security headers of the page: Content-Security-Policy (CSP), Permissions-Policy, HSTS.

use axum::response::Response;
use http::HeaderValue;
use http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};

use crate::config::BasePath;
use crate::origin::Origin;
use crate::reports;

/// The page has no inline script and no inline style. Markup from text, which Leptos makes of
/// what never changes, passes the one policy of Trusted Types (assets/start.js), which
/// refuses whatever could run; scripts from text pass none. The other one names the worker that keeps
/// files (src/browser/file_store.rs).
///
/// `'self'` in `connect-src` covers the WebSocket to our own host (CSP level 3, "does url match
/// expression in origin"); for Safari before 15.4, which takes it for https alone
/// (w3c/webappsec-csp #7), it is named too where the host's own origin is known. What arrives by `srcObject` is not fetched, so that no directive is
/// about it.
const CONTENT_SECURITY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self'; img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; \
     connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
     base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types default wimpex-files";

const CONNECT: &str = "connect-src 'self'";

fn connect(own: Option<&Origin>) -> String {
    let own = own.map(Origin::to_string);
    // `https` becomes `wss`, and `http` becomes `ws`.
    let socket = own.as_ref().and_then(|own| own.strip_prefix("http"));
    socket.map_or_else(
        || CONNECT.to_owned(),
        |socket| format!("{CONNECT} ws{socket}"),
    )
}

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
const OF_A_DOCUMENT: [(HeaderName, HeaderValue); 3] = [
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

/// All of them, as this server sends them.
#[derive(Clone, Debug)]
pub(crate) struct PageHeaders {
    everywhere: Vec<(HeaderName, HeaderValue)>,
    of_a_document: Vec<(HeaderName, HeaderValue)>,
}

impl PageHeaders {
    /// For a page that pages of these origins may show in a frame, and nobody else; `own` is the
    /// origin that people reach it by, if it is known. Browsers report, if they are to, to what is
    /// below `reports`.
    pub(crate) fn new(
        frame_ancestors: &[Origin],
        own: Option<&Origin>,
        reports: Option<&BasePath>,
    ) -> Self {
        let ancestors = match frame_ancestors {
            [] => "'none'".to_owned(),
            some => some
                .iter()
                .map(Origin::to_string)
                .collect::<Vec<_>>()
                .join(" "),
        };
        let mut policy = format!(
            "{}; frame-ancestors {ancestors}",
            CONTENT_SECURITY.replace(CONNECT, &connect(own))
        );
        let mut of_a_document = OF_A_DOCUMENT.to_vec();
        if let Some(base) = reports {
            policy.push_str("; report-to default");
            of_a_document.extend(reports::headers(own, base));
        }
        // Origins and our own texts are ASCII.
        let policy = HeaderValue::try_from(policy);
        of_a_document.extend(policy.map(|policy| (CONTENT_SECURITY_POLICY, policy)));
        let mut everywhere = EVERYWHERE.to_vec();
        // RFC 6797, section 7.2: not where the page may be served without TLS.
        if own.is_some_and(Origin::is_https) {
            let year = HeaderValue::from_static("max-age=31536000");
            everywhere.push((STRICT_TRANSPORT_SECURITY, year));
        }
        Self {
            everywhere,
            of_a_document,
        }
    }

    /// Adds them to an answer.
    pub(crate) fn add_to(&self, response: &mut Response) {
        let is_document = response.extensions().get::<Subresource>().is_none();
        let headers = response.headers_mut();
        headers.extend(self.everywhere.iter().cloned());
        if is_document {
            headers.extend(self.of_a_document.iter().cloned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(own: Option<&str>) -> String {
        let own = own.map(|own| Origin::written(own).unwrap());
        let headers = PageHeaders::new(&[], own.as_ref(), None);
        let mut all = headers.of_a_document.iter();
        let (_, policy) = all
            .find(|(name, _)| name == CONTENT_SECURITY_POLICY)
            .unwrap();
        policy.to_str().unwrap().to_owned()
    }

    /// gravitational/teleport PR #7929, w3c/webappsec-csp #7, Pernosco/pernosco #28.
    #[test]
    fn report_33_the_socket_is_named_where_the_origin_is_known() {
        for (own, connect) in [
            (None, "connect-src 'self';"),
            (
                Some("https://call.example.org"),
                "connect-src 'self' wss://call.example.org;",
            ),
            (
                Some("https://call.example.org:8443"),
                "connect-src 'self' wss://call.example.org:8443;",
            ),
            (
                Some("http://localhost:8080"),
                "connect-src 'self' ws://localhost:8080;",
            ),
        ] {
            assert!(policy(own).contains(connect), "{}", policy(own));
        }
    }
}
