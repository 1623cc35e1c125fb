//! Which pages may open a WebSocket here.
//!
//! Browsers let any page try, and say in `Origin` which one it was (RFC 6455,
//! section 10.2). Programs that are no browsers send no `Origin`, or whatever
//! they like: this protects people from pages, not the server from programs.

use std::fmt;

use http::header::{HOST, ORIGIN};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Uri};

/// Our own origin, and those that are allowed beside it.
pub(crate) struct Origins {
    /// If nobody has said it, it is believed to be what requests are sent to.
    own: Option<Origin>,
    allowed: Vec<Origin>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origins {
    /// # Errors
    /// The first text that is no origin.
    pub(crate) fn new(own: Option<&str>, allowed: &[String]) -> Result<Self, String> {
        let allowed = allowed.iter().map(|text| Origin::written(text));
        Ok(Self {
            allowed: allowed.collect::<Result<_, _>>()?,
            own: own.map(Origin::written).transpose()?,
        })
    }

    /// Whether a request with these headers may become a WebSocket.
    pub(crate) fn allow(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        let (origin, another) = (origins.next(), origins.next());
        let Some(origin) = origin else {
            return true;
        };
        match (origin.to_str(), another) {
            (Ok(origin), None) => self.serves(origin, headers),
            _ => false,
        }
    }

    /// Whether pages of that origin are served here, as such a page asks.
    pub(crate) fn serves(&self, origin: &str, headers: &HeaderMap) -> bool {
        Origin::parse(origin)
            .is_some_and(|origin| self.allowed.contains(&origin) || self.is_own(&origin, headers))
    }

    /// Whose pages would have been let in, for the log.
    pub(crate) fn expected(&self, headers: &HeaderMap) -> Vec<String> {
        let own = match &self.own {
            Some(own) => vec![own.clone()],
            None => Origin::of_host(headers),
        };
        [own, self.allowed.clone()]
            .iter()
            .flatten()
            .map(Origin::to_string)
            .collect()
    }

    /// For which pages a login on such a socket may be signed, as browsers write
    /// their origins (RFC 6454, section 6.2). A browser says which one it is; for
    /// other programs it may be any that is allowed.
    pub(crate) fn signable(&self, headers: &HeaderMap) -> Vec<String> {
        let text = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        let origins = match (text.and_then(Origin::parse), &self.own) {
            (Some(origin), _) => vec![origin],
            (None, Some(own)) => [std::slice::from_ref(own), &self.allowed].concat(),
            (None, None) => [&Origin::of_host(headers)[..], &self.allowed].concat(),
        };
        origins.iter().map(Origin::to_string).collect()
    }

    /// The origin that people are known to reach the page by: `--origin` says so.
    pub(crate) fn own(&self) -> Option<&Origin> {
        self.own.as_ref()
    }

    fn is_own(&self, origin: &Origin, headers: &HeaderMap) -> bool {
        match &self.own {
            Some(own) => own == origin,
            None => Origin::of_host(headers).contains(origin),
        }
    }
}

impl Origin {
    /// As somebody writes it, perhaps with a slash at the end.
    ///
    /// # Errors
    /// The text, if it is none.
    pub(crate) fn written(text: &str) -> Result<Self, String> {
        let text = text.trim_end_matches('/');
        Self::parse(text).ok_or_else(|| text.to_owned())
    }

    /// Whether it is one of https.
    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

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

    /// The origins of the host and port that the request was sent to. The scheme
    /// is unknown to a server behind a proxy that ends TLS.
    fn of_host(headers: &HeaderMap) -> Vec<Self> {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let Some(host) = host.and_then(|host| host.parse::<Authority>().ok()) else {
            return Vec::new();
        };
        let origin = |https| Self {
            https,
            host: host.host().to_ascii_lowercase(),
            port: host.port_u16().unwrap_or(default_port(https)),
        };
        vec![origin(true), origin(false)]
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != default_port(self.https) {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
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
        Origins::new(None, &allow).unwrap().allow(&headers)
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
        assert!(!Origins::new(None, &[]).unwrap().allow(&headers));
    }

    #[test]
    fn a_text_that_is_no_origin_cannot_be_listed() {
        for text in [
            "*",
            "example.org",
            "ftp://example.org",
            "https://example.org/path",
        ] {
            assert!(Origins::new(None, &[text.to_owned()]).is_err(), "{text}");
        }
    }

    fn signable(own: Option<&str>, origin: Option<&str>, host: &str) -> Vec<String> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        let allowed = ["http://Dev.example:80".to_owned()];
        Origins::new(own, &allowed).unwrap().signable(&headers)
    }

    #[test]
    fn a_login_is_signed_for_the_page_that_the_browser_names() {
        let origin = Some("https://a.example");
        assert_eq!(signable(None, origin, "a.example"), ["https://a.example"]);
        let written_otherwise = Some("HTTPS://A.example:443");
        assert_eq!(
            signable(None, written_otherwise, "a.example"),
            ["https://a.example"]
        );
    }

    #[test]
    fn a_program_may_sign_for_any_page_that_is_allowed() {
        assert_eq!(
            signable(None, None, "A.example:8080"),
            [
                "https://a.example:8080",
                "http://a.example:8080",
                "http://dev.example"
            ]
        );
        let own = Some("https://b.example/");
        assert_eq!(
            signable(own, None, "a.example"),
            ["https://b.example", "http://dev.example"]
        );
    }

    #[test]
    fn with_an_origin_of_its_own_the_server_does_not_believe_host() {
        let origins = Origins::new(Some("https://b.example"), &[]).unwrap();
        let allow = |origin: &str, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            headers.insert(ORIGIN, origin.parse().unwrap());
            origins.allow(&headers)
        };
        assert!(allow("https://b.example", "127.0.0.1:8080"));
        assert!(!allow("https://a.example", "a.example"));
        assert!(!allow("http://b.example", "b.example"));
    }
}
