//! Which pages may open a WebSocket here.
//!
//! Browsers let any page try, and say in `Origin` which one it was (RFC 6455,
//! section 10.2). Programs that are no browsers send no `Origin`, or whatever
//! they like: this protects people from pages, not the server from programs.

use http::header::{HOST, ORIGIN};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Uri};

/// The origins that are allowed beside our own.
pub(crate) struct Origins {
    allowed: Vec<Origin>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origins {
    /// # Errors
    /// The first text that is no origin.
    pub(crate) fn new(allowed: &[String]) -> Result<Self, String> {
        let parse = |text: &String| {
            let text = text.trim_end_matches('/');
            Origin::parse(text).ok_or_else(|| text.to_owned())
        };
        let allowed = allowed.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { allowed })
    }

    /// Whether a request with these headers may become a WebSocket.
    pub(crate) fn allow(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        let (origin, another) = (origins.next(), origins.next());
        let Some(origin) = origin else {
            return true;
        };
        let origin = origin.to_str().ok().and_then(Origin::parse);
        match (origin, another) {
            (Some(origin), None) => self.allowed.contains(&origin) || origin.is_host_of(headers),
            _ => false,
        }
    }
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let https = match uri.scheme()? {
            scheme if *scheme == Scheme::HTTPS => true,
            scheme if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        // An origin ends after the port.
        if !text.ends_with(authority.as_str()) || authority.as_str().contains('@') {
            return None;
        }
        Some(Self {
            https,
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(default_port(https)),
        })
    }

    /// Our own origin has the host and port that the request was sent to. The
    /// scheme is unknown to a server behind a proxy that ends TLS.
    fn is_host_of(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let Some(host) = host.and_then(|host| host.parse::<Authority>().ok()) else {
            return false;
        };
        let port = host.port_u16().unwrap_or(default_port(self.https));
        host.host().eq_ignore_ascii_case(&self.host) && port == self.port
    }
}

fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(allow: &[&str], origin: Option<&str>, host: &str) -> bool {
        let allow: Vec<String> = allow.iter().map(|&text| text.to_owned()).collect();
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        Origins::new(&allow).unwrap().allow(&headers)
    }

    #[test]
    fn our_own_page_and_programs_are_allowed() {
        assert!(allowed(&[], None, "127.0.0.1:8080"));
        assert!(allowed(
            &[],
            Some("http://127.0.0.1:8080"),
            "127.0.0.1:8080"
        ));
        assert!(allowed(&[], Some("http://[::1]:8080"), "[::1]:8080"));
        assert!(allowed(
            &[],
            Some("https://call.example.org"),
            "call.example.org"
        ));
        assert!(allowed(
            &[],
            Some("https://call.example.org"),
            "Call.Example.org:443"
        ));
    }

    #[test]
    fn other_pages_are_not() {
        for origin in [
            "null",
            "http://127.0.0.1:8081",
            "http://localhost:8080",
            "http://127.0.0.1",
            "http://127.0.0.1:8080.evil.example",
            "http://127.0.0.1:8080@evil.example",
            "http://evil.example/127.0.0.1:8080",
            "http://127.0.0.1:8080/",
            "file://127.0.0.1:8080",
            "127.0.0.1:8080",
            "",
        ] {
            assert!(!allowed(&[], Some(origin), "127.0.0.1:8080"), "{origin}");
        }
    }

    #[test]
    fn a_listed_origin_is_allowed_as_a_whole() {
        let list = ["https://one.example", "http://127.0.0.1:8081/"];
        assert!(allowed(&list, Some("https://one.example"), "two.example"));
        assert!(allowed(
            &list,
            Some("http://127.0.0.1:8081"),
            "127.0.0.1:8080"
        ));
        assert!(!allowed(&list, Some("http://one.example"), "two.example"));
        assert!(!allowed(
            &list,
            Some("https://one.example:444"),
            "two.example"
        ));
    }

    #[test]
    fn two_origins_are_none() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "a.example".parse().unwrap());
        headers.append(ORIGIN, "http://a.example".parse().unwrap());
        headers.append(ORIGIN, "http://a.example".parse().unwrap());
        assert!(!Origins::new(&[]).unwrap().allow(&headers));
    }

    #[test]
    fn a_text_that_is_no_origin_cannot_be_listed() {
        for text in [
            "*",
            "example.org",
            "ftp://example.org",
            "https://example.org/path",
        ] {
            assert!(Origins::new(&[text.to_owned()]).is_err(), "{text}");
        }
    }
}
