//! To whom messages may be sent: the push services that browsers use, and those that the host names.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// The longest endpoint that is kept, in bytes; the longest in use have about 400.
pub const ENDPOINT_BYTES: usize = 1024;

/// The hosts of the push services of browsers. One that begins with a point stands for every host
/// below it.
const KNOWN: &[&str] = &[
    // Chromium, Edge on Android, Brave, Opera …
    "fcm.googleapis.com",
    "jmt17.google.com",
    // Firefox.
    "updates.push.services.mozilla.com",
    // Safari.
    ".push.apple.com",
    // Edge.
    ".notify.windows.com",
];

/// A push service that the host of a server lets it send to: a host, with a port if it is not 443.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushService {
    host: String,
    port: u16,
}

/// The push services that a server sends to.
#[derive(Clone, Debug, Default)]
pub struct PushServices {
    more: Vec<PushService>,
}

/// Where a push message is posted to; of a push service that is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    uri: Uri,
    host: String,
    port: u16,
    /// Named by the host of the server, who may well have it in the own network.
    is_own: bool,
}

/// Why nothing is sent there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// It is no https URL of a path at a host's name, or longer than [`ENDPOINT_BYTES`].
    #[error("an endpoint is an https URL")]
    Malformed,
    /// It is of none of the push services that are known.
    #[error("that push service is not known here")]
    Unknown,
}

impl FromStr for PushService {
    type Err = String;

    /// `push.example.org` or `push.example.org:8443`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || "a push service looks like push.example.org or push.example.org:8443".to_owned();
        let authority: http::uri::Authority = text.parse().map_err(|_| wrong())?;
        if text.contains('@') || authority.host().is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(443),
        })
    }
}

impl PushServices {
    /// The known ones and these.
    pub fn and(more: Vec<PushService>) -> Self {
        Self { more }
    }

    /// Reads a `PushSubscription.endpoint`.
    ///
    /// # Errors
    /// [`InvalidEndpoint`].
    pub fn endpoint(&self, text: &str) -> Result<Endpoint, InvalidEndpoint> {
        // What another reader of URLs might take for something else is none.
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#');
        if text.len() > ENDPOINT_BYTES || !text.bytes().all(is_plain) {
            return Err(InvalidEndpoint::Malformed);
        }
        let uri: Uri = text.parse().map_err(|_| InvalidEndpoint::Malformed)?;
        let authority = uri.authority().ok_or(InvalidEndpoint::Malformed)?;
        if uri.scheme_str() != Some("https") || authority.as_str().contains('@') {
            return Err(InvalidEndpoint::Malformed);
        }
        let has_port = authority
            .as_str()
            .rsplit(']')
            .next()
            .is_some_and(|rest| rest.contains(':'));
        let port = match authority.port_u16() {
            Some(port) => port,
            None if has_port => return Err(InvalidEndpoint::Malformed),
            None => 443,
        };
        let host = authority.host().to_ascii_lowercase();
        let is_own = self
            .more
            .iter()
            .any(|it| it.host == host && it.port == port);
        let is_known = port == 443 && KNOWN.iter().any(|known| matches(known, &host));
        if !is_own && !is_known {
            return Err(InvalidEndpoint::Unknown);
        }
        Ok(Endpoint {
            host,
            port,
            uri,
            is_own,
        })
    }
}

fn matches(known: &str, host: &str) -> bool {
    let Some(domain) = known.strip_prefix('.') else {
        return known == host;
    };
    let Some(label) = host
        .strip_suffix(domain)
        .and_then(|it| it.strip_suffix('.'))
    else {
        return false;
    };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    !label.is_empty() && label.bytes().all(is_letter)
}

impl Endpoint {
    /// As `PushSubscription.endpoint` has it.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The name to look up; an address in brackets, if the host of the server has named one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// To connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Named by the host of the server: it may be in the own network.
    pub fn is_own(&self) -> bool {
        self.is_own
    }

    /// Of the push service (RFC 6454): the audience of a VAPID token.
    pub fn origin(&self) -> String {
        match self.port {
            443 => ["https://", &self.host].concat(),
            port => format!("https://{}:{port}", self.host),
        }
    }
}

impl fmt::Debug for Endpoint {
    /// Whoever knows an endpoint can send to it, if they have the server's key too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_push_services_of_browsers_are_known() {
        let services = PushServices::default();
        for endpoint in [
            "https://fcm.googleapis.com/fcm/send/dEf:APA91b",
            "https://FCM.googleapis.com:443/fcm/send/abc",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
            "https://web.push.apple.com/QGuQ",
            "https://wns2-par02p.notify.windows.com/w/?token=BQYA%3d",
        ] {
            let known = services.endpoint(endpoint).unwrap();
            assert_eq!((known.port(), known.is_own()), (443, false), "{endpoint}");
        }
    }

    #[test]
    fn nothing_else_is() {
        let services = PushServices::default();
        for hostile in [
            "",
            "/relative",
            "http://fcm.googleapis.com/fcm/send/abc",
            "https://fcm.googleapis.com:8443/",
            "https://fcm.googleapis.com:99999/",
            "https://fcm.googleapis.com:/",
            "https://fcm.googleapis.com.evil.example/",
            "https://evil.example/fcm.googleapis.com",
            "https://fcm.googleapis.com@evil.example/",
            "https://evil.example@fcm.googleapis.com/",
            "https://evil.example\\@fcm.googleapis.com/",
            "https://evil.example#.push.apple.com/",
            "https://push.apple.com/",
            "https://.push.apple.com/",
            "https://evilpush.apple.com/",
            "https://web.push.apple.com./",
            "https://evil.example%2f.push.apple.com/",
            "https://fcm.googleapis.com\r\nHost: evil/",
            "https://fcm.googleapis.com /",
            "https://fcm。googleapis.com/",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://017700000001/",
            "https://[::1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://169.254.169.254/latest/meta-data/",
            "https://metadata.google.internal/",
            "https://127.0.0.1.nip.io/",
            "file:///etc/passwd",
            "ftp://fcm.googleapis.com/",
            "wss://fcm.googleapis.com/",
        ] {
            assert!(services.endpoint(hostile).is_err(), "{hostile}");
        }
        let long = format!("https://fcm.googleapis.com/{}", "x".repeat(ENDPOINT_BYTES));
        assert_eq!(services.endpoint(&long), Err(InvalidEndpoint::Malformed));
    }

    #[test]
    fn a_host_may_name_more() {
        let more = ["push.example.org:8443", "localhost"].map(|it| it.parse().unwrap());
        let services = PushServices::and(more.to_vec());
        let own = services
            .endpoint("https://push.example.org:8443/p/1")
            .unwrap();
        assert!(own.is_own());
        assert_eq!(own.origin(), "https://push.example.org:8443");
        assert!(services.endpoint("https://push.example.org/p/1").is_err());
        assert!(services.endpoint("https://localhost/p/1").is_ok());
        assert!("a b".parse::<PushService>().is_err());
        assert!("user@host".parse::<PushService>().is_err());
    }

    #[test]
    fn an_endpoint_shows_only_whose_it_is() {
        let to = PushServices::default()
            .endpoint("https://fcm.googleapis.com/secret")
            .unwrap();
        assert!(!format!("{to:?}").contains("secret"));
    }
}
