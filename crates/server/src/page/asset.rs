//! One file of the page, with its compressed forms and what caches may do.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use super::encoding::{self, Encoding};
use crate::headers::Subresource;

/// See the module.
pub(super) struct Asset {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    content_type: HeaderValue,
    hash: String,
    immutable: bool,
    is_subresource: bool,
}

impl Asset {
    pub(super) fn new(
        name: &str,
        plain: Bytes,
        brotli: Option<Bytes>,
        gzip: Option<Bytes>,
    ) -> Self {
        Self {
            content_type: content_type(name),
            hash: HEXLOWER.encode(&Sha256::digest(&plain)[..12]),
            immutable: has_hash(name),
            is_subresource: is_subresource(name),
            plain,
            brotli,
            gzip,
        }
    }

    /// The file in the form that the request likes best, or word that its copy
    /// is still good.
    pub(super) fn respond(&self, request: &HeaderMap) -> Response {
        let (encoding, bytes) = self.choose(request);
        let etag = format!("\"{}{}\"", self.hash, encoding.suffix());
        let fresh = is_named(request, &etag);
        let mut response = Response::new(if fresh {
            Body::empty()
        } else {
            Body::from(bytes)
        });
        if fresh {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        if self.is_subresource {
            response.extensions_mut().insert(Subresource);
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.content_type.clone());
        let etag = HeaderValue::from_str(&etag).expect("hex digits and quotes");
        headers.insert(ETAG, etag);
        let cache = if self.immutable {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        if self.brotli.is_some() || self.gzip.is_some() {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        if let Some(name) = encoding.name() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        response
    }

    fn choose(&self, request: &HeaderMap) -> (Encoding, Bytes) {
        let available = [
            (Encoding::Brotli, self.brotli.as_ref()),
            (Encoding::Gzip, self.gzip.as_ref()),
            (Encoding::Identity, Some(&self.plain)),
        ];
        let accept = request.get_all(ACCEPT_ENCODING);
        let texts = accept.iter().filter_map(|value| value.to_str().ok());
        let accepted = encoding::Accepted::parse(texts);
        // Of equals the first wins, so the order above is ours.
        let mut best: Option<(u16, Encoding, &Bytes)> = None;
        for (encoding, bytes) in available {
            let quality = accepted.quality(encoding);
            if let Some(bytes) = bytes
                && quality > best.map_or(0, |(best, ..)| best)
            {
                best = Some((quality, encoding, bytes));
            }
        }
        let (_, encoding, bytes) = best.unwrap_or((0, Encoding::Identity, &self.plain));
        (encoding, bytes.clone())
    }
}

/// `If-None-Match`, with the weak comparison of RFC 9110, section 13.1.2.
fn is_named(request: &HeaderMap, etag: &str) -> bool {
    let values = request.get_all(IF_NONE_MATCH).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == etag || tag == "*")
}

fn content_type(name: &str) -> HeaderValue {
    let mime = mime_guess::from_path(name).first_or_octet_stream();
    let charset = if mime.type_() == mime_guess::mime::TEXT {
        "; charset=utf-8"
    } else {
        ""
    };
    HeaderValue::from_str(&format!("{}{charset}", mime.essence_str()))
        .expect("a media type is ASCII")
}

/// Such as `page-0123456789abcdef.js` and `page-0123456789abcdef_bg.wasm`.
fn has_hash(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let Some((stem, _)) = file.split_once('.') else {
        return false;
    };
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    stem.rsplit_once('-')
        .is_some_and(|(_, hash)| hash.len() >= 8 && hash.bytes().all(is_hex))
}

/// Whether a page loads it, and no address bar shows it.
fn is_subresource(name: &str) -> bool {
    let is_type = [".css", ".wasm", ".js"]
        .iter()
        .any(|end| name.ends_with(end));
    has_hash(name) && is_type && !name.contains("worker")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_immutable() {
        for name in [
            "wimpex-0123456789abcdef.js",
            "wimpex-0123456789abcdef_bg.wasm",
            "style/main-01234567.css",
        ] {
            assert!(has_hash(name), "{name}");
        }
        for name in [
            "index.html",
            "wimpex.js",
            "a-0123.js",
            "icon-maskable.png",
            "snippets/wimpex-0123456789abcdef/inline0.js",
            "wimpex-0123456789abcdef",
        ] {
            assert!(!has_hash(name), "{name}");
        }
    }

    #[test]
    fn media_types() {
        for (name, expected) in [
            ("index.html", "text/html; charset=utf-8"),
            ("a.js", "text/javascript; charset=utf-8"),
            ("a.css", "text/css; charset=utf-8"),
            ("a_bg.wasm", "application/wasm"),
            ("a.svg", "image/svg+xml"),
            ("a.webmanifest", "application/manifest+json"),
            ("a.unheard-of", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), expected, "{name}");
        }
    }
}
