//! The headers that tell browsers what the page may do, and nobody else.

use data_encoding::BASE64;
use http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

/// Camera, microphone, screen and speaker are what the page is for. Full
/// screen, sharing a link and keeping the screen on keep their default, which
/// is our own origin; the rest is off.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), \
     speaker-selection=(self), accelerometer=(), geolocation=(), gyroscope=(), hid=(), \
     idle-detection=(), magnetometer=(), midi=(), payment=(), \
     publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()";

/// All of them, made once.
pub(crate) struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    /// For a page with this `index.html`, that people reach over https or perhaps not.
    pub(crate) fn new(index: Option<&str>, is_https: bool) -> Self {
        let policy = HeaderValue::from_str(&content_security_policy(index.unwrap_or_default()))
            .expect("base64 and ASCII words");
        let fixed = HeaderValue::from_static;
        let mut headers = vec![
            (CONTENT_SECURITY_POLICY, policy),
            (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
            (REFERRER_POLICY, fixed("no-referrer")),
            (
                HeaderName::from_static("permissions-policy"),
                fixed(PERMISSIONS),
            ),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                fixed("same-origin"),
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                fixed("same-origin"),
            ),
        ];
        // RFC 6797, section 7.2: not where the page may be served without TLS.
        if is_https {
            headers.push((STRICT_TRANSPORT_SECURITY, fixed("max-age=31536000")));
        }
        Self(headers)
    }

    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name, value.clone());
        }
    }
}

/// `'self'` in `connect-src` covers the WebSocket to our own host (CSP level 3,
/// "does url match expression in origin"). What arrives by `srcObject` is not
/// fetched, so that no directive is about it.
fn content_security_policy(index: &str) -> String {
    let mut scripts = String::from("'self' 'wasm-unsafe-eval'");
    for script in inline_scripts(index) {
        // The browser hashes what its parser made of the text.
        let script = script.replace("\r\n", "\n").replace('\r', "\n");
        let hash = BASE64.encode(&Sha256::digest(script.as_bytes()));
        scripts.push_str(&format!(" 'sha256-{hash}'"));
    }
    format!(
        "default-src 'none'; script-src {scripts}; style-src 'self'; \
         img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; \
         connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The texts of all `<script>` elements without `src`.
fn inline_scripts(html: &str) -> Vec<&str> {
    // Of the same length, byte for byte.
    let lower = html.to_ascii_lowercase();
    let mut scripts = Vec::new();
    let mut from = 0;
    while let Some(start) = lower[from..].find("<script").map(|at| from + at + 7) {
        let Some(tag_end) = tag_end(&lower[start..]).map(|at| start + at) else {
            break;
        };
        let body = tag_end + 1;
        let end = lower[body..]
            .find("</script")
            .map_or(html.len(), |at| body + at);
        let tag = &lower[start..tag_end];
        let is_script = tag.is_empty() || tag.starts_with(|c: char| c.is_whitespace());
        if is_script && !has_src(tag) {
            scripts.push(&html[body..end]);
        }
        from = end;
    }
    scripts
}

/// Where the `>` is that ends a tag; not one in quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

fn has_src(tag: &str) -> bool {
    tag.split_whitespace()
        .any(|word| word == "src" || word.starts_with("src="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_inline_scripts_only() {
        let html = "<head><script type=\"module\" nonce='a>b'>\nimport x;\n</script>\
            <SCRIPT>two</SCRIPT><script src=/a.js></script><script defer src = 'b'></script>\
            <scripture>no</scripture><script>never closed";
        let scripts = inline_scripts(html);
        assert_eq!(scripts, ["\nimport x;\n", "two", "never closed"]);
        assert!(inline_scripts("<script").is_empty());
    }

    #[test]
    fn the_hash_is_the_one_that_browsers_compute() {
        // From the specification's example: alert('Hello, world.');
        let policy = content_security_policy("<script>alert('Hello, world.');</script>");
        let hash = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";
        assert!(policy.contains(hash), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    }

    #[test]
    fn line_ends_are_what_the_parser_makes_of_them() {
        let unix = content_security_policy("<script>\na\nb</script>");
        let windows = content_security_policy("<script>\r\na\r\nb</script>");
        assert_eq!(unix, windows);
    }
}
